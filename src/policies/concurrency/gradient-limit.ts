import { type Duration, durationMs } from '../../runtime/duration.ts'
import type { Host } from '../../runtime/host.ts'
import { type DescribedPart, part } from '../../runtime/part.ts'
import type { Random } from '../../runtime/random.ts'
import { withDefaults } from '../../runtime/with-defaults.ts'
import type { ConcurrencyLimit, ConcurrencySample } from './concurrency-limit.ts'
import { checkBounds, checkNames, integerIn, mostConcurrency, numberIn } from './limit-options.ts'

/** See {@link gradientLimit}. Every option has a default, see {@link gradientDefaults}. */
export interface GradientOptions {
  /** How often the limit is worked out anew. @defaultValue {@link gradientDefaults}.interval */
  readonly interval?: Duration | undefined
  /** Which latency stands for an interval, as a share: 0.5 for the median. @defaultValue {@link gradientDefaults}.percentile */
  readonly percentile?: number | undefined
  /** How much slower than without load is still well, as a share. @defaultValue {@link gradientDefaults}.buffer */
  readonly buffer?: number | undefined
  /** It never says less, and says just this while the latency without load is measured. @defaultValue {@link gradientDefaults}.min */
  readonly min?: number | undefined
  /** It never says more. @defaultValue {@link gradientDefaults}.max */
  readonly max?: number | undefined
  /** How many answers the latency without load is measured with. @defaultValue {@link gradientDefaults}.quietSamples */
  readonly quietSamples?: number | undefined
  /** How often the latency without load is measured. @defaultValue {@link gradientDefaults}.quietEvery */
  readonly quietEvery?: Duration | undefined
  /** How much later than that at most, as a share, so that many clients do not measure at once. @defaultValue {@link gradientDefaults}.jitter */
  readonly jitter?: number | undefined
}

/** The defaults of {@link GradientOptions}: those of Envoy's adaptive concurrency filter, or of the example in its manual. */
export const gradientDefaults: Readonly<{
  interval: Duration
  percentile: number
  buffer: number
  min: number
  max: number
  quietSamples: number
  quietEvery: Duration
  jitter: number
}> = Object.freeze({
  interval: '100ms',
  percentile: 0.5,
  buffer: 0.25,
  min: 3,
  max: 1_000,
  quietSamples: 50,
  quietEvery: '1m',
  jitter: 0.15,
})

interface GradientSettings {
  readonly intervalMs: number
  readonly percentile: number
  readonly buffer: number
  readonly min: number
  readonly max: number
  readonly quietSamples: number
  readonly quietEveryMs: number
  readonly jitter: number
}

/** So many intervals in a row at the smallest limit mean that the latency without load is not what it was. */
const mostAtMinimum = 5

/**
 * The next limit: how the latency without load relates to the latency now, between a half and two, times the limit, and room for a queue.
 *
 * @param limit the last one.
 * @param ratio latency without load, with its buffer, by latency now.
 */
export function nextGradientLimit(limit: number, ratio: number): number {
  const scaled = limit * Math.min(2, Math.max(0.5, ratio))
  return Math.floor(scaled + Math.sqrt(scaled))
}

class GradientLimit implements ConcurrencyLimit {
  readonly name = 'gradient'
  readonly #settings: GradientSettings
  readonly #draws: Random
  #samples: number[] = []
  #limit: number
  /** The limit to go on with after measuring; `undefined` while it is not measured. */
  #kept: number | undefined
  #since: number
  #measureAt = 0
  #quietMs = 0
  #atMinimum = 0

  constructor(settings: GradientSettings, host: Host) {
    this.#settings = settings
    this.#draws = host.random.fork('gradient')
    this.#limit = settings.min
    this.#kept = settings.min
    this.#since = host.clock.now()
  }

  get limit(): number {
    return this.#limit
  }

  ended({ latencyMs, overloaded, now }: ConcurrencySample): void {
    if (this.#kept !== undefined) {
      // A call that began before the limit was lowered says nothing of the latency without load, and one that was refused nothing at all.
      if (!overloaded && now - latencyMs >= this.#since) this.#samples.push(latencyMs)
      if (this.#samples.length >= this.#settings.quietSamples) this.#measured(this.#kept, now)
      return
    }
    const { intervalMs, buffer, quietSamples } = this.#settings
    // A refusal is quick, and must not pass for a quick answer: it counts as slow enough for the steepest way down.
    this.#samples.push(overloaded ? Math.max(latencyMs, 2 * (1 + buffer) * this.#quietMs) : latencyMs)
    if (now - this.#since >= intervalMs) this.#adapt(now)
    else if (this.#samples.length > 20 * quietSamples + 1_000) this.#samples.splice(0, this.#samples.length >> 1)
  }

  #measured(limit: number, now: number): void {
    const { quietEveryMs, jitter } = this.#settings
    this.#quietMs = this.#percentile()
    this.#limit = limit
    this.#kept = undefined
    this.#atMinimum = 0
    this.#measureAt = now + quietEveryMs * (1 + this.#draws.next() * jitter)
    this.#startOver(now)
  }

  #adapt(now: number): void {
    const { buffer, min, max } = this.#settings
    const latencyMs = this.#percentile()
    const ratio = latencyMs === 0 ? 2 : (this.#quietMs * (1 + buffer)) / latencyMs
    this.#limit = Math.max(min, Math.min(max, nextGradientLimit(this.#limit, ratio)))
    this.#atMinimum = this.#limit === min ? this.#atMinimum + 1 : 0
    this.#startOver(now)
    if (now < this.#measureAt && this.#atMinimum < mostAtMinimum) return
    this.#kept = this.#limit
    this.#limit = min
  }

  #percentile(): number {
    const sorted = this.#samples.sort((a, b) => a - b)
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * this.#settings.percentile))] as number
  }

  #startOver(now: number): void {
    this.#samples = []
    this.#since = now
  }
}

/**
 * A limit that follows how much slower answers are than without load: the gradient controller of Envoy's adaptive concurrency filter. Every
 * interval it is multiplied with that ratio, between a half and two, and gets the square root of itself as room for a queue. The latency without load
 * is measured at the beginning and every now and then, with `min` calls at a time; meanwhile the others wait.
 *
 * Other than in Envoy, a sign of overload (429, 503, no answer in time) counts as a slow answer however quickly it came.
 *
 * @throws TypeError when an option is out of range.
 */
export function gradientLimit(options: GradientOptions = {}): DescribedPart<ConcurrencyLimit> {
  checkNames('gradientLimit', options, Object.keys(gradientDefaults))
  const given = withDefaults(gradientDefaults, options)
  const settings: GradientSettings = {
    intervalMs: numberIn('gradientLimit: interval (in milliseconds)', durationMs(given.interval, 'gradientLimit: interval'), 1),
    percentile: numberIn('gradientLimit: percentile', given.percentile, 0, 1),
    buffer: numberIn('gradientLimit: buffer', given.buffer, 0),
    min: integerIn('gradientLimit: min', given.min, 1, mostConcurrency),
    max: integerIn('gradientLimit: max', given.max, 1, mostConcurrency),
    quietSamples: integerIn('gradientLimit: quietSamples', given.quietSamples, 1, 10_000),
    quietEveryMs: durationMs(given.quietEvery, 'gradientLimit: quietEvery'),
    jitter: numberIn('gradientLimit: jitter', given.jitter, 0, 1),
  }
  checkBounds('gradientLimit', settings.min, settings.max)
  return part<ConcurrencyLimit>('gradient-limit', { ...settings }, (host) => new GradientLimit(settings, host))
}
