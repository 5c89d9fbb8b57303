/** How long attempts took lately, in a few words. */
export interface LatencySummary {
  /** Attempts that were counted. */
  readonly samples: number
  /** Half of them took no longer, in milliseconds. */
  readonly p50Ms: number
  /** 99 of 100 took no longer, in milliseconds. */
  readonly p99Ms: number
}

/** How long one set of counts is written before the next one begins. What is read covers the one before as well. */
export const latencySpanMs = 10_000

/** Latencies are counted in units of 1/64 ms, in buckets that are an eighth of their octave wide. */
const unitsPerMs = 64
const bucketBits = 3
const bucketsPerOctave = 1 << bucketBits
/** The last bucket begins beyond four minutes; whatever is longer is in it. */
const longestUnits = 2 ** 24 - 1
const buckets = bucketOf(longestUnits) + 1

function bucketOf(units: number): number {
  if (units < bucketsPerOctave) return units
  const octave = 31 - Math.clz32(units) - bucketBits
  return (octave << bucketBits) + (units >> octave)
}

/** Where a bucket begins, in milliseconds. */
function startOf(bucket: number): number {
  const octave = Math.max(0, (bucket >> bucketBits) - 1)
  return ((bucket - (octave << bucketBits)) * 2 ** octave) / unitsPerMs
}

/**
 * Latencies of one endpoint in the last 10 to 20 seconds, in the way of HdrHistogram: what is read is at most an eighth off. To add one is an
 * increment, without a timer and without an allocation, except when 10 seconds are over.
 */
export class RecentLatencies {
  #now = new Uint32Array(buckets)
  #before = new Uint32Array(buckets)
  #beganAt: number

  /** @param now monotonic time, in milliseconds. */
  constructor(now: number) {
    this.#beganAt = now
  }

  /**
   * Counts an attempt.
   *
   * @param latencyMs how long it took, in milliseconds.
   * @param now monotonic time, in milliseconds.
   */
  add(latencyMs: number, now: number): void {
    if (now - this.#beganAt >= latencySpanMs) this.#turn(now)
    const units = latencyMs * unitsPerMs
    const bucket = bucketOf(units < longestUnits ? units | 0 : longestUnits)
    this.#now[bucket] = (this.#now[bucket] as number) + 1
  }

  /** What was counted lately; `undefined` when that is nothing. `now` is monotonic, in milliseconds. */
  summary(now: number): LatencySummary | undefined {
    return summarize([this], now)
  }

  /** Adds what was counted lately to other counts; answers how many attempts that were. */
  addTo(counts: Uint32Array, now: number): number {
    const age = now - this.#beganAt
    if (age >= 2 * latencySpanMs) return 0
    return addCounts(counts, this.#now) + (age < latencySpanMs ? addCounts(counts, this.#before) : 0)
  }

  #turn(now: number): void {
    const spent = this.#before
    this.#before = this.#now
    this.#now = spent.fill(0)
    // Nobody called for a while: what was counted then is older than what is read.
    if (now - this.#beganAt >= 2 * latencySpanMs) this.#before.fill(0)
    this.#beganAt = now
  }
}

/** Adds counts to those of several endpoints; answers how many there were. */
function addCounts(counts: Uint32Array, more: Uint32Array): number {
  let sum = 0
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    const count = more[bucket] as number
    if (count === 0) continue
    counts[bucket] = (counts[bucket] as number) + count
    sum += count
  }
  return sum
}

const scratch = new Uint32Array(buckets)

/** Several endpoints taken together; `undefined` when nothing was counted lately. `now` is monotonic, in milliseconds. */
export function summarize(all: Iterable<RecentLatencies>, now: number): LatencySummary | undefined {
  let samples = 0
  for (const latencies of all) samples += latencies.addTo(scratch, now)
  if (samples === 0) return undefined
  const summary = { samples, p50Ms: quantile(samples, 0.5), p99Ms: quantile(samples, 0.99) }
  scratch.fill(0)
  return summary
}

/** The latency that a share of the attempts did not exceed: the middle of its bucket. */
function quantile(samples: number, share: number): number {
  let left = Math.ceil(samples * share)
  let bucket = 0
  while (bucket < buckets && (left -= scratch[bucket] as number) > 0) bucket += 1
  return (startOf(bucket) + startOf(bucket + 1)) / 2
}
