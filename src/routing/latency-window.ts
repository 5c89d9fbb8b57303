/** The window is kept in so many slices. */
const slices = 10
/** Buckets to a doubling: each is 9 % wider than the one before. */
const perDoubling = 8
/** The end of the first bucket, in milliseconds. */
const smallest = 0.05
/** Up to about three and a half minutes. */
const buckets = 22 * perDoubling

/** Latencies of the last while, counted by size, so that any quantile can be told to within 9 %. */
export class LatencyWindow {
  readonly #sliceMs: number
  readonly #counts = new Uint32Array(slices * buckets)
  readonly #all = new Uint32Array(buckets)
  #current = Number.NEGATIVE_INFINITY
  #total = 0

  /** @param windowMs how long they count, in milliseconds. */
  constructor(windowMs: number) {
    this.#sliceMs = windowMs / slices
  }

  /** How many there are. */
  get total(): number {
    return this.#total
  }

  /** Takes one in. */
  add(at: number, latencyMs: number): void {
    this.advance(at)
    const bucket = bucketOf(latencyMs)
    const cell = slotOf(this.#current) + bucket
    this.#counts[cell] = (this.#counts[cell] as number) + 1
    this.#all[bucket] = (this.#all[bucket] as number) + 1
    this.#total += 1
  }

  /** Forgets what fell out of the window. */
  advance(at: number): void {
    const slice = Math.floor(at / this.#sliceMs)
    if (slice <= this.#current) return
    const forgotten = Math.min(slice - this.#current, slices)
    for (let i = 0; i < forgotten; i += 1) this.#forget(slotOf(slice - i))
    this.#current = slice
  }

  /** The end of the bucket in which a quantile lies, in milliseconds; 0 when there is nothing. */
  quantileMs(quantile: number): number {
    const wanted = quantile * this.#total
    let reached = 0
    for (let bucket = 0; bucket < buckets && this.#total > 0; bucket += 1) {
      reached += this.#all[bucket] as number
      if (reached >= wanted) return smallest * 2 ** (bucket / perDoubling)
    }
    return 0
  }

  /** How many are longer than that; those in the same bucket are not. */
  above(latencyMs: number): number {
    let count = 0
    for (let bucket = bucketOf(latencyMs) + 1; bucket < buckets; bucket += 1) count += this.#all[bucket] as number
    return count
  }

  /** Forgets everything. */
  clear(): void {
    this.#counts.fill(0)
    this.#all.fill(0)
    this.#total = 0
  }

  #forget(slot: number): void {
    for (let bucket = 0; bucket < buckets; bucket += 1) {
      const count = this.#counts[slot + bucket] as number
      if (count === 0) continue
      this.#all[bucket] = (this.#all[bucket] as number) - count
      this.#total -= count
      this.#counts[slot + bucket] = 0
    }
  }
}

/** The bucket whose end is the first that is not below a latency. */
function bucketOf(latencyMs: number): number {
  if (!(latencyMs > smallest)) return 0
  // Without the hair, the end of a bucket may come to lie in the next one.
  return Math.min(buckets - 1, Math.ceil(perDoubling * Math.log2(latencyMs / smallest) - 1e-9))
}

/** Where a slice is kept. A clock may begin below 0. */
function slotOf(slice: number): number {
  const rest = slice % slices
  return buckets * (rest < 0 ? rest + slices : rest)
}
