import type { Host } from '../../runtime/host.ts'
import { type DescribedPart, part } from '../../runtime/part.ts'
import type { Random } from '../../runtime/random.ts'
import { withDefaults } from '../../runtime/with-defaults.ts'
import type { ConcurrencyLimit, ConcurrencySample } from './concurrency-limit.ts'
import { checkNames, integerIn, mostConcurrency, numberIn } from './limit-options.ts'

/** See {@link vegasLimit}. Every option has a default, see {@link vegasDefaults}. */
export interface VegasOptions {
  /** Where it begins. @defaultValue {@link vegasDefaults}.initial */
  readonly initial?: number | undefined
  /** It never says more. @defaultValue {@link vegasDefaults}.max */
  readonly max?: number | undefined
  /** How much of a change is taken over: more than 0, at most 1. @defaultValue {@link vegasDefaults}.smoothing */
  readonly smoothing?: number | undefined
  /** The latency without load is measured anew after about so many times the limit of answers. @defaultValue {@link vegasDefaults}.probeMultiplier */
  readonly probeMultiplier?: number | undefined
}

interface VegasSettings {
  readonly initial: number
  readonly max: number
  readonly smoothing: number
  readonly probeMultiplier: number
}

/** The defaults of {@link VegasOptions}: those of Netflix's VegasLimit. */
export const vegasDefaults: Readonly<{ initial: number; max: number; smoothing: number; probeMultiplier: number }> = Object.freeze({
  initial: 20,
  max: 1_000,
  smoothing: 1,
  probeMultiplier: 30,
})

class VegasLimit implements ConcurrencyLimit {
  readonly name = 'vegas'
  readonly #settings: VegasSettings
  readonly #draws: Random
  #limit: number
  #quietMs = 0
  #probeJitter: number
  #sinceProbe = 0

  constructor(settings: VegasSettings, host: Host) {
    this.#settings = settings
    this.#limit = settings.initial
    this.#draws = host.random.fork('vegas')
    this.#probeJitter = this.#jitter()
  }

  get limit(): number {
    return Math.floor(this.#limit)
  }

  ended({ latencyMs, inFlight, overloaded }: ConcurrencySample): void {
    // Less than a clock can tell.
    if (latencyMs <= 0) return
    this.#sinceProbe += 1
    if (this.#sinceProbe >= this.#probeJitter * this.#settings.probeMultiplier * this.#limit) {
      this.#probeJitter = this.#jitter()
      this.#sinceProbe = 0
      this.#quietMs = latencyMs
      return
    }
    if (this.#quietMs === 0 || (latencyMs < this.#quietMs && !overloaded)) {
      this.#quietMs = latencyMs
      return
    }
    this.#adapt(latencyMs, inFlight, overloaded)
  }

  #adapt(latencyMs: number, inFlight: number, overloaded: boolean): void {
    const limit = this.#limit
    const step = Math.max(1, Math.floor(Math.log10(limit)))
    const queue = Math.ceil(limit * (1 - this.#quietMs / latencyMs))
    let next: number
    if (overloaded) next = limit - step
    else if (inFlight * 2 < limit) return
    else if (queue <= step) next = limit + 6 * step
    else if (queue < 3 * step) next = limit + step
    else if (queue > 6 * step) next = limit - step
    else return
    const { max, smoothing } = this.#settings
    this.#limit = (1 - smoothing) * limit + smoothing * Math.max(1, Math.min(max, next))
  }

  #jitter(): number {
    return 0.5 + this.#draws.next() / 2
  }
}

/**
 * A limit that estimates how many calls wait in the server's queue, from how much longer they take than the fastest, and keeps that between 3 and 6 times
 * the logarithm of the limit: TCP Vegas, as in Netflix's concurrency-limits. A sign of overload takes one step back.
 *
 * It suits servers whose answers all take about the same time; among very uneven ones the fastest is a poor measure: see {@link gradientLimit}.
 *
 * @throws TypeError when an option is out of range.
 */
export function vegasLimit(options: VegasOptions = {}): DescribedPart<ConcurrencyLimit> {
  checkNames('vegasLimit', options, Object.keys(vegasDefaults))
  const given = withDefaults(vegasDefaults, options)
  const max = integerIn('vegasLimit: max', given.max, 1, mostConcurrency)
  const settings = {
    initial: integerIn('vegasLimit: initial', given.initial, 1, max),
    max,
    smoothing: numberIn('vegasLimit: smoothing', given.smoothing, 0.01, 1),
    probeMultiplier: numberIn('vegasLimit: probeMultiplier', given.probeMultiplier, 1),
  }
  return part<ConcurrencyLimit>('vegas-limit', settings, (host) => new VegasLimit(settings, host))
}
