/** The window is kept in so many slices. */
const slices = 6

/** Everything up to here is in the first bucket, in milliseconds. */
const finestMs = 0.05

/** Each bucket is so many times as wide as the one before: what is read is never below the exact value, and at most so much above it. */
export const bucketGrowth = 1.05

const logGrowth = Math.log(bucketGrowth)

/** The last bucket ends beyond an hour; whatever is longer is in it. */
const buckets = Math.ceil(Math.log(3_600_000 / finestMs) / logGrowth) + 1

function bucketOf(ms: number): number {
  if (!(ms > finestMs)) return 0
  return Math.min(buckets - 1, Math.ceil(Math.log(ms / finestMs) / logGrowth - 1e-9))
}

/**
 * Latencies of the last while, for reading a percentile: counts in buckets whose width grows with the latency, one set for each slice of the
 * window, as in HdrHistogram. Memory does not depend on the traffic (about 10 KB), nothing is drawn by chance, and nothing runs in the
 * background: time passes when somebody asks.
 */
export class LatencyWindow {
  readonly #sliceMs: number
  readonly #slices = Array.from({ length: slices }, () => new Uint32Array(buckets))
  readonly #all = new Uint32Array(buckets)
  #count = 0
  #current = Number.NEGATIVE_INFINITY

  /** @param windowMs how long a latency counts, in milliseconds. */
  constructor(windowMs: number) {
    this.#sliceMs = windowMs / (slices - 1)
  }

  /** Latencies in the window, as of the last call of another method. */
  get count(): number {
    return this.#count
  }

  /**
   * Adds a latency.
   *
   * @param at monotonic time, in milliseconds.
   * @param ms the latency, in milliseconds.
   */
  add(at: number, ms: number): void {
    const slice = this.#advance(at)
    const bucket = bucketOf(ms)
    slice[bucket] = (slice[bucket] as number) + 1
    this.#all[bucket] = (this.#all[bucket] as number) + 1
    this.#count += 1
  }

  /**
   * The latency that a share of those in the window do not exceed, by nearest rank.
   *
   * @param at monotonic time, in milliseconds.
   * @param share above 0, at most 1.
   * @returns the upper end of its bucket, in milliseconds; `Infinity` when there are none.
   */
  percentile(at: number, share: number): number {
    this.#advance(at)
    let left = Math.max(1, Math.ceil(share * this.#count - 1e-9))
    for (let bucket = 0; bucket < buckets; bucket += 1) {
      left -= this.#all[bucket] as number
      if (left <= 0) return finestMs * bucketGrowth ** bucket
    }
    return Number.POSITIVE_INFINITY
  }

  #advance(at: number): Uint32Array {
    const slice = Math.floor(at / this.#sliceMs)
    if (slice > this.#current) {
      const forgotten = Math.min(slice - this.#current, slices)
      for (let i = 0; i < forgotten; i += 1) this.#forget(this.#slot(slice - i))
      this.#current = slice
    }
    return this.#slot(this.#current)
  }

  #slot(slice: number): Uint32Array {
    return this.#slices[((slice % slices) + slices) % slices] as Uint32Array
  }

  #forget(slice: Uint32Array): void {
    for (let bucket = 0; bucket < buckets; bucket += 1) {
      const count = slice[bucket] as number
      if (count === 0) continue
      this.#all[bucket] = (this.#all[bucket] as number) - count
      this.#count -= count
      slice[bucket] = 0
    }
  }
}
