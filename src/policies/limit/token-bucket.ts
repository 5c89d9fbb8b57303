import type { Bucket } from './bucket.ts'
import { rounding } from './rounding.ts'

/**
 * Permits that grow back at a steady rate, up to a limit: the token bucket, refilled when somebody asks and never by a timer.
 *
 * In any stretch of time `t` at most `burst + permits * t / per` permits are given out. One number says all: when the bucket will be full again.
 * It is counted in permit-milliseconds, so that with whole milliseconds every sum is a whole number and nothing is lost by rounding.
 */
export class TokenBucket implements Bucket {
  readonly #permits: number
  readonly #perMs: number
  readonly #full: number
  #fullAt: number

  /**
   * @param permits how many grow back in `perMs`; greater than 0.
   * @param perMs the time in which they do, in milliseconds; greater than 0.
   * @param burst how many there are at most, and at the beginning.
   * @param now monotonic time, in milliseconds.
   */
  constructor(permits: number, perMs: number, burst: number, now: number) {
    this.#permits = permits
    this.#perMs = perMs
    this.#full = burst * perMs
    this.#fullAt = now * permits
  }

  /**
   * Takes permits, all of them or none.
   *
   * @param now monotonic time, in milliseconds.
   * @param cost how many.
   * @returns 0 when they were taken; else how long it takes until there are so many, in milliseconds, and nothing was taken.
   */
  take(now: number, cost = 1): number {
    const at = now * this.#permits
    const fullAt = (this.#fullAt > at ? this.#fullAt : at) + cost * this.#perMs
    const short = fullAt - at - this.#full
    if (short > rounding * fullAt) return short / this.#permits
    this.#fullAt = fullAt
    return 0
  }

  /** Permits that are there. @param now monotonic time, in milliseconds. */
  left(now: number): number {
    const missing = this.#fullAt - now * this.#permits
    return Math.max(0, missing > 0 ? this.#full - missing : this.#full) / this.#perMs
  }
}
