import type { CancelListener, Cancellation } from '../call/cancellation.ts'
import type { Clock } from '../runtime/clock.ts'
import { TurnShare } from '../runtime/turn-share.ts'

/** Those who wait for the first word about a service. */
export class WaitingRoom {
  readonly #waiting = new Set<() => void>()
  /** Those who may go, and wait for a turn of the event loop in which they do. */
  readonly #leaving = new Set<() => void>()
  readonly #share: TurnShare

  /** @param clock where turns of the event loop come from. */
  constructor(clock: Clock) {
    this.#share = new TurnShare(clock, () => this.#letGo())
  }

  /** Resolves after {@link release}, or when `cancellation` is cancelled; never rejects, and leaves nothing behind. */
  wait(cancellation: Cancellation): Promise<void> {
    if (cancellation.reason !== undefined) return Promise.resolve()
    return new Promise((resolve) => {
      const end = (): void => {
        this.#waiting.delete(end)
        this.#leaving.delete(end)
        cancellation.remove(listener)
        resolve()
      }
      const listener: CancelListener = { cancelled: end }
      cancellation.add(listener)
      this.#waiting.add(end)
    })
  }

  /** Lets everyone go who waits now, in the order in which they came, and so many in a turn of the event loop. */
  release(): void {
    // Whoever comes to wait from here on waits for another word.
    for (const end of this.#waiting) this.#leaving.add(end)
    this.#waiting.clear()
    if (!this.#share.paused) this.#letGo()
  }

  #letGo(): void {
    for (const end of this.#leaving) {
      if (!this.#share.take(this.#leaving.size)) return
      end()
    }
  }
}
