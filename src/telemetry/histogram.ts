/** The upper bounds of the buckets of request durations, in seconds: those of OpenTelemetry's stable semantic conventions for HTTP. */
export const requestDurationBounds: readonly number[] = Object.freeze([
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
])

/** The same for the time that connections are open, as the conventions advise. */
export const connectionDurationBounds: readonly number[] = Object.freeze([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300])

/** Durations, counted by how long they were. */
export interface HistogramSnapshot {
  /** How many there were. */
  readonly count: number
  /** Their sum, in seconds. */
  readonly sum: number
  /** The upper bounds of the buckets, in seconds; what is equal to a bound is within. */
  readonly bounds: readonly number[]
  /** How many fell into each bucket; one more than there are bounds, for what is above the last. */
  readonly counts: readonly number[]
}

/** Counts durations in buckets that never change. */
export class Histogram {
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #sum = 0

  /** @param bounds upper bounds, ascending, in seconds. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = new Array<number>(bounds.length + 1).fill(0)
  }

  /** Adds one, in seconds. */
  record(seconds: number): void {
    const bounds = this.#bounds
    let bucket = 0
    // From below, one after the other: most calls are in the first few, where this is quicker than halving.
    while (bucket < bounds.length && seconds > (bounds[bucket] as number)) bucket += 1
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1
    this.#sum += seconds
  }

  /** What was counted, as plain data. */
  snapshot(): HistogramSnapshot {
    const counts = [...this.#counts]
    return { count: counts.reduce((sum, each) => sum + each, 0), sum: this.#sum, bounds: this.#bounds, counts }
  }
}
