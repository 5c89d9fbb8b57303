import type { Clock } from '../runtime/clock.ts'
import type { Watch } from './resolver.ts'

/** A {@link Watch} with the side that the mesh holds: it can wake the resolver, and end the watch. */
export class ControlledWatch implements Watch {
  readonly #clock: Clock
  readonly #controller = new AbortController()
  readonly #wakers = new Set<() => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  readonly pause = (ms: number): Promise<void> => {
    if (this.#controller.signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = (): void => {
        timer?.cancel()
        this.#wakers.delete(wake)
        resolve()
      }
      // A pause without end has no timer: it ends with a wish for a fresh answer, or with the watch.
      const timer = ms === Number.POSITIVE_INFINITY ? undefined : this.#clock.schedule(ms > 0 ? ms : 0, wake, { background: true })
      this.#wakers.add(wake)
    })
  }

  /** Ends the pauses that the resolver is in, because a fresh answer is wanted. */
  wake(): void {
    for (const wake of [...this.#wakers]) wake()
  }

  /** Ends the watch. */
  end(): void {
    this.#controller.abort()
    this.wake()
  }
}
