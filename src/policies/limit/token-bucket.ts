import type { Bucket } from './bucket.ts'

/**
 * Permits that grow back at a steady rate, up to a limit: the token bucket, refilled when somebody asks and never by a timer.
 *
 * In any stretch of time `t` at most `burst + permits * t / per` permits are given out. The level is counted in permit-milliseconds, so that
 * with whole milliseconds every sum is a whole number and nothing is lost by rounding.
 */
export class TokenBucket implements Bucket {
  readonly #permits: number
  readonly #perMs: number
  readonly #full: number
  #level: number
  #at: number

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
    this.#level = this.#full
    this.#at = now
  }

  /**
   * Takes permits, all of them or none.
   *
   * @param now monotonic time, in milliseconds.
   * @param cost how many.
   * @returns 0 when they were taken; else how long it takes until there are so many, in milliseconds, and nothing was taken.
   */
  take(now: number, cost = 1): number {
    this.#refill(now)
    const price = cost * this.#perMs
    if (price > this.#level) return (price - this.#level) / this.#permits
    this.#level -= price
    return 0
  }

  /** Permits that are there. @param now monotonic time, in milliseconds. */
  left(now: number): number {
    this.#refill(now)
    return this.#level / this.#perMs
  }

  #refill(now: number): void {
    if (now <= this.#at) return
    const level = this.#level + (now - this.#at) * this.#permits
    this.#level = level < this.#full ? level : this.#full
    this.#at = now
  }
}
