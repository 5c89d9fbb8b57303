/** How many latencies are kept for each range of requests in flight. */
const kept = 32
/** The median is found anew after so many. */
const perMedian = 8
/** What was measured longer ago does not count if anything newer does. */
const freshMs = 10_000

/** The latencies of late for one range of requests in flight. */
class Range {
  readonly #latencies = new Float64Array(kept)
  readonly #sorted = new Float64Array(kept)
  #count = 0
  #next = 0
  #sinceMedian = 0
  #median = 0
  at = Number.NEGATIVE_INFINITY

  get isEmpty(): boolean {
    return this.#count === 0
  }

  add(latencyMs: number, now: number): void {
    this.#latencies[this.#next] = latencyMs
    this.#next = (this.#next + 1) % kept
    this.#count = Math.min(kept, this.#count + 1)
    this.#sinceMedian += 1
    this.at = now
  }

  get median(): number {
    if (this.#sinceMedian >= Math.min(perMedian, this.#count)) {
      this.#sorted.fill(Number.POSITIVE_INFINITY)
      this.#sorted.set(this.#latencies.subarray(0, this.#count))
      this.#sorted.sort()
      this.#median = this.#sorted[(this.#count - 1) >> 1] as number
      this.#sinceMedian = 0
    }
    return this.#median
  }
}

/**
 * How long requests took of late, by how many were in flight when they came: what one more would take now. Ranges double in size: 1, 2-3, 4-7
 * and so on.
 */
export class LatencyByRif {
  readonly #ranges: Range[] = []

  /** A request took `latencyMs`; with it, `rif` were in flight when it came. */
  add(rif: number, latencyMs: number, now: number): void {
    const index = rangeOf(rif)
    while (this.#ranges.length <= index) this.#ranges.push(new Range())
    ;(this.#ranges[index] as Range).add(latencyMs, now)
  }

  /**
   * The median latency at about `rif` in flight.
   *
   * @returns of the nearest range that was measured of late, else of the nearest one; `undefined` before the first request is over.
   */
  near(rif: number, now: number): number | undefined {
    const wanted = rangeOf(rif)
    let best: Range | undefined
    let bestRank = Number.POSITIVE_INFINITY
    for (let index = 0; index < this.#ranges.length; index += 1) {
      const range = this.#ranges[index] as Range
      const rank = Math.abs(index - wanted) + (now - range.at > freshMs ? this.#ranges.length : 0)
      if (range.isEmpty || rank >= bestRank) continue
      best = range
      bestRank = rank
    }
    return best?.median
  }
}

function rangeOf(rif: number): number {
  return 31 - Math.clz32(Math.max(1, rif))
}
