/** Latencies of a set of calls: exact, from every one of them. */
export class LatencySummary {
  readonly #sorted: Float64Array
  /** The mean, in milliseconds; NaN without calls. */
  readonly meanMs: number

  /** @param latenciesMs in any order. */
  constructor(latenciesMs: readonly number[]) {
    this.#sorted = Float64Array.from(latenciesMs).sort()
    this.meanMs = latenciesMs.reduce((sum, ms) => sum + ms, 0) / latenciesMs.length
  }

  /** How many calls. */
  get count(): number {
    return this.#sorted.length
  }

  /**
   * The latency that a share of the calls did not exceed, in milliseconds.
   *
   * @param share from 0 to 1: 0.5 for the median, 1 for the longest. NaN without calls.
   */
  quantileMs(share: number): number {
    const sorted = this.#sorted
    return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN
  }
}
