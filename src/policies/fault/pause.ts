import type { CancelListener, Cancellation } from '../../call/cancellation.ts'
import type { MeshError } from '../../errors/mesh-error.ts'
import type { Clock, Timer } from '../../runtime/clock.ts'

/** A wait that ends early when nobody waits for the attempt any more. */
class Pause implements CancelListener {
  readonly #cancellation: Cancellation
  readonly #resolve: (reason: MeshError | undefined) => void
  readonly #timer: Timer

  constructor(ms: number, clock: Clock, cancellation: Cancellation, resolve: (reason: MeshError | undefined) => void) {
    this.#cancellation = cancellation
    this.#resolve = resolve
    cancellation.add(this)
    this.#timer = clock.schedule(ms, () => {
      cancellation.remove(this)
      resolve(undefined)
    })
  }

  cancelled(reason: MeshError): void {
    this.#timer.cancel()
    this.#cancellation.remove(this)
    this.#resolve(reason)
  }
}

/**
 * Waits.
 *
 * @param ms how long, in milliseconds.
 * @param clock measures it.
 * @param cancellation ends it early.
 * @returns the reason for which it ended early, or `undefined`.
 */
export function pause(ms: number, clock: Clock, cancellation: Cancellation): Promise<MeshError | undefined> {
  const { reason } = cancellation
  if (reason !== undefined) return Promise.resolve(reason)
  return new Promise((resolve) => new Pause(ms, clock, cancellation, resolve))
}
