import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Duration } from '../runtime/duration.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import { makesParts } from '../runtime/part-factory.ts'
import type { Random } from '../runtime/random.ts'
import type { Balancer, BalancerPart, Picker, PickQuery } from './balancer.ts'
import { checkInner, innerDuties, makeInner } from './make-inner.ts'
import { OptionChecks } from './option-checks.ts'

/** How a {@link slowStart} balancer brings new endpoints in. Every option has a default, see {@link slowStartDefaults}. */
export interface SlowStartOptions {
  /** How long an endpoint is new. Finite, and more than 0. @defaultValue {@link slowStartDefaults}.window */
  readonly window?: Duration | undefined
  /** The least part of its weight that a new endpoint has: a number from 0.001 to 1. @defaultValue {@link slowStartDefaults}.minWeight */
  readonly minWeight?: number | undefined
  /**
   * The shape of the curve: 1 is a straight line, more lets the weight grow faster at first. A number from 0.1 to 100.
   *
   * @defaultValue {@link slowStartDefaults}.aggression
   */
  readonly aggression?: number | undefined
}

/** The defaults of {@link SlowStartOptions}; least weight and aggression are Envoy's. */
export const slowStartDefaults = Object.freeze({ window: '30s', minWeight: 0.1, aggression: 1 } as const satisfies SlowStartOptions)

/** How many choices may be refused before the next one counts, whatever it is. */
const mostRefusals = 32

/** How new each endpoint of a service is. */
class Newcomers {
  readonly #clock: Clock
  readonly #windowMs: number
  readonly #minWeight: number
  readonly #exponent: number
  readonly #newSince = new WeakMap<Endpoint, number>()
  readonly #unfit = new WeakSet<Endpoint>()
  #begun = false
  /** Another number whenever somebody is new. */
  version = 0

  constructor(clock: Clock, windowMs: number, minWeight: number, aggression: number) {
    this.#clock = clock
    this.#windowMs = windowMs
    this.#minWeight = minWeight
    this.#exponent = 1 / aggression
  }

  noticed(endpoints: readonly Endpoint[], isFit: (endpoint: Endpoint) => boolean): void {
    const now = this.#clock.now()
    for (const endpoint of endpoints) {
      const fit = isFit(endpoint)
      // In the very first set nobody is newer than the others.
      if (!this.#newSince.has(endpoint)) this.#begins(endpoint, this.#begun ? now : Number.NEGATIVE_INFINITY)
      else if (fit && this.#unfit.has(endpoint)) this.#begins(endpoint, now)
      if (fit) this.#unfit.delete(endpoint)
      else this.#unfit.add(endpoint)
    }
    this.#begun = true
  }

  #begins(endpoint: Endpoint, at: number): void {
    this.#newSince.set(endpoint, at)
    this.version += 1
  }

  /** When an endpoint will be new no longer; `-Infinity` for one that never was. */
  settledAt(endpoint: Endpoint): number {
    return (this.#newSince.get(endpoint) ?? Number.NEGATIVE_INFINITY) + this.#windowMs
  }

  now(): number {
    return this.#clock.now()
  }

  /** The part of its weight that an endpoint has which will be settled at `settledAt`. */
  factor(settledAt: number, now: number): number {
    const newForMs = now - settledAt + this.#windowMs
    if (newForMs >= this.#windowMs) return 1
    return Math.max(this.#minWeight, (Math.max(1, newForMs) / this.#windowMs) ** this.#exponent)
  }
}

/** Chooses among endpoints of which some are new, and by the plain picker when none is any more. */
class SlowStartPicker implements Picker {
  readonly #inner: Balancer
  readonly #endpoints: readonly Endpoint[]
  readonly #plain: Picker
  readonly #newcomers: Newcomers
  readonly #draws: Random
  /** Follows the weights by itself, if it can. */
  #weighted: Picker | undefined
  /** When all are settled; `-Infinity` when they are. */
  #settledAt = Number.NEGATIVE_INFINITY
  /** When the one is settled that is so last, and the one that is so first. */
  #lastSettledAt = Number.NaN
  #firstSettledAt = Number.NaN
  /** What is known of newcomers: somebody may be new among the same endpoints, in a subset that had no calls while it was out. */
  #version: number

  constructor(inner: Balancer, endpoints: readonly Endpoint[], newcomers: Newcomers, draws: Random) {
    this.#inner = inner
    this.#endpoints = endpoints
    this.#plain = inner.picker(endpoints)
    this.#newcomers = newcomers
    this.#draws = draws
    this.#version = newcomers.version
    this.#look()
  }

  pick(query: PickQuery): Endpoint | undefined {
    if (this.#version !== this.#newcomers.version) this.#look()
    if (this.#settledAt === Number.NEGATIVE_INFINITY) return this.#plain.pick(query)
    const now = this.#newcomers.now()
    if (now >= this.#settledAt) {
      this.#settledAt = Number.NEGATIVE_INFINITY
      this.#weighted = undefined
      return this.#plain.pick(query)
    }
    return this.#weighted === undefined ? this.#thinned(query, now) : this.#weighted.pick(query)
  }

  /** Who is new? */
  #look(): void {
    const newcomers = this.#newcomers
    this.#version = newcomers.version
    let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (const endpoint of this.#endpoints) {
      const at = newcomers.settledAt(endpoint)
      last = Math.max(last, at)
      first = Math.min(first, at)
    }
    if (first === this.#firstSettledAt && last === this.#lastSettledAt) return
    this.#firstSettledAt = first
    this.#lastSettledAt = last
    const settled = newcomers.now() >= last || first === last
    this.#settledAt = settled ? Number.NEGATIVE_INFINITY : last
    this.#weighted = settled ? undefined : this.#inner.weightedPicker?.(this.#endpoints, this.#weightOf)
  }

  readonly #weightOf = (endpoint: Endpoint): number => endpoint.weight * this.#factorOf(endpoint, this.#newcomers.now())

  preparing(): Promise<void> | undefined {
    return this.#plain.preparing?.()
  }

  /** Choices of a new endpoint are refused as often as its weight falls short: what is left has the shares that the weights say. */
  #thinned(query: PickQuery, now: number): Endpoint | undefined {
    for (let refusals = 0; refusals < mostRefusals; refusals += 1) {
      const endpoint = this.#plain.pick(query)
      if (endpoint === undefined || query.isSpent(endpoint)) return endpoint
      const factor = this.#factorOf(endpoint, now)
      if (factor >= 1 || this.#draws.next() < factor) return endpoint
    }
    return this.#plain.pick(query)
  }

  /** Where all are new, the oldest of them has its whole weight: only proportions mean anything. */
  #factorOf(endpoint: Endpoint, now: number): number {
    const newcomers = this.#newcomers
    return newcomers.factor(newcomers.settledAt(endpoint), now) / newcomers.factor(this.#firstSettledAt, now)
  }
}

/**
 * Another balancer, but an endpoint that is new, or fit again after it was not, begins with a part of its weight and has all of it after a
 * while: caches fill, and code is compiled, before the full load comes.
 *
 * After the time t its weight is `weight * max(minWeight, (t / window) ^ (1 / aggression))`. Nobody is new in the set that the service begins
 * with, and endpoints that are all equally new share as usual.
 *
 * Shares are exact in the long run with `roundRobin`, `weightedRoundRobin`, `random`, `weightedRandom`, `loadReports`, and with `leastRequest`, which
 * goes by weights as long as somebody is new. With `powerOfTwo`, a new endpoint has that part of the choices that it would win. Hashed keys
 * of a new endpoint move to it at once or not at all, so there is no use in wrapping a hash; nor
 * `primaryBackup`, whose new primary has every call at once.
 *
 * Source: Envoy's slow start mode.
 *
 * @param balancer the balancer inside.
 * @param options see {@link SlowStartOptions}.
 * @throws TypeError for an option out of its range.
 * @example
 * ```ts
 * import { dns, leastRequest, mesh, slowStart } from 'proxyless'
 *
 * const net = mesh()
 *   .service('orders', (s) => s.resolve(dns('orders.internal', { port: 8080 })).balance(slowStart(leastRequest(), { window: '1m' })))
 *   .build()
 * ```
 */
export function slowStart(balancer: BalancerPart, options?: SlowStartOptions): DescribedPart<Balancer> {
  const checks = new OptionChecks('slowStart', options, Object.keys(slowStartDefaults))
  const windowMs = checks.durationMs('window', slowStartDefaults.window, false)
  const minWeight = checks.number('minWeight', slowStartDefaults.minWeight, 0.001, 1)
  const aggression = checks.number('aggression', slowStartDefaults.aggression, 0.1, 100)
  checkInner('slowStart', balancer)
  return part('slow-start', { balancer, windowMs, minWeight, aggression }, (host) => {
    const draws = host.random.fork('slow-start-refusals')
    const inner = makeInner('slow-start', balancer, host)
    const newcomers = new Newcomers(host.clock, windowMs, minWeight, aggression)
    return {
      ...innerDuties(inner),
      name: `slow-start of ${inner.name}`,
      noticed(endpoints, isFit) {
        newcomers.noticed(endpoints, isFit)
        inner.noticed?.(endpoints, isFit)
      },
      picker: (endpoints) => new SlowStartPicker(inner, endpoints, newcomers, draws),
    }
  })
}

makesParts(slowStart)
