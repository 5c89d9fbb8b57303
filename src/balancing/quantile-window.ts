/** The largest value that is told apart from larger ones. */
const largest = 4_095

/** A quantile of the last values, in a few steps for each new one: counts by value, and a place that follows the quantile. */
export class QuantileWindow {
  readonly #quantile: number
  readonly #values: Uint16Array
  readonly #counts = new Uint16Array(largest + 1)
  #size = 0
  /** How many values must be at the place or below it. */
  #wanted = 1
  #next = 0
  #at = 0
  /** How many values are at the place or below it. */
  #upTo = 0

  /**
   * @param size how many values count.
   * @param quantile a number from 0 to 1.
   */
  constructor(size: number, quantile: number) {
    this.#values = new Uint16Array(size)
    this.#quantile = quantile
  }

  /** Takes a value in; it is rounded to a whole number. */
  add(value: number): void {
    const values = this.#values
    if (this.#size === values.length) this.#remove(values[this.#next] as number)
    else {
      this.#size += 1
      this.#wanted = Math.max(1, Math.ceil(this.#quantile * this.#size))
    }
    const rounded = Math.min(largest, Math.max(0, Math.round(value)))
    values[this.#next] = rounded
    this.#next = this.#next + 1 === values.length ? 0 : this.#next + 1
    this.#counts[rounded] = (this.#counts[rounded] as number) + 1
    if (rounded <= this.#at) this.#upTo += 1
    this.#follow()
  }

  /** The quantile: the least value that at least that part of all values does not exceed. 0 before the first one. */
  get value(): number {
    return this.#at
  }

  #remove(value: number): void {
    this.#counts[value] = (this.#counts[value] as number) - 1
    if (value <= this.#at) this.#upTo -= 1
  }

  #follow(): void {
    const wanted = this.#wanted
    while (this.#upTo < wanted) {
      this.#at += 1
      this.#upTo += this.#counts[this.#at] as number
    }
    while (this.#at > 0 && this.#upTo - (this.#counts[this.#at] as number) >= wanted) {
      this.#upTo -= this.#counts[this.#at] as number
      this.#at -= 1
    }
  }
}
