/** The largest value that is told apart from larger ones. */
const largest = 4_095

/**
 * A quantile of the last values, in a few steps for each new one: counts by value, and a place that follows the quantile. It follows when somebody
 * asks, because most of what comes in leaves it where it is.
 */
export class QuantileWindow {
  readonly #quantile: number
  readonly #ring: Uint16Array
  readonly #counts = new Uint16Array(largest + 1)
  readonly #one = new Float64Array(1)
  #size = 0
  /** How many values must be at the place or below it; none, before the first one. */
  #wanted = 0
  #next = 0
  #at = 0
  /** How many values are at the place or below it. */
  #upTo = 0

  /**
   * @param size how many values count.
   * @param quantile a number from 0 to 1.
   */
  constructor(size: number, quantile: number) {
    this.#ring = new Uint16Array(size)
    this.#quantile = quantile
  }

  /**
   * Takes values in, rounded to whole numbers.
   *
   * @param values at least 0 each: the first, and those that follow it in steps.
   * @param count how many.
   * @param step from one to the next.
   */
  add(values: Float64Array, count: number, step: number): void {
    const ring = this.#ring
    const counts = this.#counts
    const at = this.#at
    let next = this.#next
    let upTo = this.#upTo
    for (let i = 0; i < count; i += 1) {
      // No processor foresees what is above the quantile and what is not: it is counted with, 1 for true and 0 for false, and not branched on.
      if (this.#size === ring.length) {
        const gone = ring[next] as number
        counts[gone] = (counts[gone] as number) - 1
        upTo -= +(gone <= at)
      } else {
        this.#size += 1
        this.#wanted = Math.max(1, Math.ceil(this.#quantile * this.#size))
      }
      const value = values[i * step] as number
      const rounded = value < largest ? (value + 0.5) | 0 : largest
      ring[next] = rounded
      next = next + 1 === ring.length ? 0 : next + 1
      counts[rounded] = (counts[rounded] as number) + 1
      upTo += +(rounded <= at)
    }
    this.#next = next
    this.#upTo = upTo
  }

  /** Takes one value in, see {@link QuantileWindow.add}. */
  addOne(value: number): void {
    this.#one[0] = value
    this.add(this.#one, 1, 1)
  }

  /** The quantile: the least value that at least that part of all values does not exceed. 0 before the first one. */
  get value(): number {
    const wanted = this.#wanted
    while (this.#upTo < wanted) {
      this.#at += 1
      this.#upTo += this.#counts[this.#at] as number
    }
    while (this.#at > 0 && this.#upTo - (this.#counts[this.#at] as number) >= wanted) {
      this.#upTo -= this.#counts[this.#at] as number
      this.#at -= 1
    }
    return this.#at
  }
}
