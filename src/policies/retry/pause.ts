import type { CancelListener, Cancellation } from '../../call/cancellation.ts'
import type { Clock, Timer } from '../../runtime/clock.ts'

/** What a call waits for between two attempts. */
export const nextAttempt = 'the next attempt'

/** A wait that somebody may cut short. */
class Pause implements CancelListener {
  readonly #cancellation: Cancellation
  readonly #timer: Timer
  readonly #resolve: () => void

  constructor(clock: Clock, ms: number, cancellation: Cancellation, resolve: () => void) {
    this.#cancellation = cancellation
    this.#resolve = resolve
    this.#timer = clock.schedule(ms, () => {
      cancellation.remove(this)
      resolve()
    })
    cancellation.add(this)
  }

  cancelled(): void {
    this.#cancellation.remove(this)
    this.#timer.cancel()
    this.#resolve()
  }
}

/**
 * Waits, but not longer than somebody waits for us: look at `cancellation.reason` afterwards.
 *
 * @param clock measures the time.
 * @param ms how long, in milliseconds.
 * @param cancellation ends the wait at once.
 */
export function pause(clock: Clock, ms: number, cancellation: Cancellation): Promise<void> {
  if (cancellation.reason !== undefined) return Promise.resolve()
  return new Promise((resolve) => {
    new Pause(clock, ms, cancellation, resolve)
  })
}
