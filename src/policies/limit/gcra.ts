import type { Bucket } from './bucket.ts'
import { rounding } from './rounding.ts'

/**
 * Even spacing, the leaky bucket: the generic cell rate algorithm (ITU-T I.371), one number and no timer.
 *
 * The number is the time at which the next permit is due if all come evenly. A call may come ahead of it by `burst - 1` permits; what it
 * costs moves the time on, so that a costly call is let through as a cheap one is, and those after it wait for longer.
 */
export class Gcra implements Bucket {
  readonly #permits: number
  readonly #perMs: number
  readonly #burst: number
  /** Times are counted in permit-milliseconds, so that with whole milliseconds every sum is a whole number. */
  #due: number

  /**
   * @param permits how many pass in `perMs`; greater than 0.
   * @param perMs that time, in milliseconds; greater than 0.
   * @param burst how many may pass at once; 1 for even spacing.
   * @param now monotonic time, in milliseconds.
   */
  constructor(permits: number, perMs: number, burst: number, now: number) {
    this.#permits = permits
    this.#perMs = perMs
    this.#burst = burst
    this.#due = now * permits
  }

  take(now: number, cost: number): number {
    const at = now * this.#permits
    const due = this.#due > at ? this.#due : at
    const early = due - at - (this.#burst - 1) * this.#perMs
    if (early > rounding * due) return early / this.#permits
    this.#due = due + cost * this.#perMs
    return 0
  }

  left(now: number): number {
    const ahead = Math.max(0, this.#due - now * this.#permits)
    return Math.max(0, this.#burst - ahead / this.#perMs)
  }
}
