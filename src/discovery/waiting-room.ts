import type { CancelListener, Cancellation } from '../call/cancellation.ts'

/** Those who wait for the first word about a service. */
export class WaitingRoom {
  readonly #waiting = new Set<() => void>()

  /** Resolves at {@link release}, or when `cancellation` is cancelled; never rejects, and leaves nothing behind. */
  wait(cancellation: Cancellation): Promise<void> {
    if (cancellation.reason !== undefined) return Promise.resolve()
    return new Promise((resolve) => {
      const end = (): void => {
        this.#waiting.delete(end)
        cancellation.remove(listener)
        resolve()
      }
      const listener: CancelListener = { cancelled: end }
      cancellation.add(listener)
      this.#waiting.add(end)
    })
  }

  /** Lets everyone go. */
  release(): void {
    for (const end of [...this.#waiting]) end()
  }
}
