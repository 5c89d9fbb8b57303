import type { Random } from '../runtime/random.ts'

/**
 * How long to wait before a resolver that failed is started again: exponential with full jitter, but never less than half of the first
 * step, so that a source that fails at once cannot be asked in a tight loop. Formula after "Exponential Backoff And Jitter" (AWS, 2015).
 */
export class BackOff {
  readonly #initialMs: number
  readonly #maxMs: number
  readonly #random: Random
  #step = 0

  /**
   * @param initialMs upper end of the first wait, in milliseconds.
   * @param maxMs upper end of every wait, in milliseconds.
   * @param random where the jitter comes from.
   */
  constructor(initialMs: number, maxMs: number, random: Random) {
    this.#initialMs = Math.min(initialMs, maxMs)
    this.#maxMs = maxMs
    this.#random = random
  }

  /** The next wait in milliseconds; waits get longer until {@link reset}. */
  next(): number {
    // Beyond 2 ** 40 the power says nothing new, and far beyond it becomes Infinity, whose product with 0 is not a number.
    const ceiling = Math.min(this.#maxMs, this.#initialMs * 2 ** Math.min(this.#step, 40))
    this.#step += 1
    const floor = this.#initialMs / 2
    return floor + this.#random.next() * (ceiling - floor)
  }

  /** Starts again with short waits. */
  reset(): void {
    this.#step = 0
  }
}
