import type { ProbeAnswer } from '../call/load-report.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Duration } from '../runtime/duration.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import { drawBelow, type Random } from '../runtime/random.ts'
import type { Balancer, Picker, PickQuery } from './balancer.ts'
import { drawUnspent } from './draw-unspent.ts'
import { InFlightOf } from './in-flight-of.ts'
import { LoadProber, type ProbeFunction } from './load-prober.ts'
import { LoadRecords } from './load-records.ts'
import { OptionChecks } from './option-checks.ts'
import { type EntryFilter, PrequalPool, reuseBudget } from './prequal-pool.ts'
import { QuantileWindow } from './quantile-window.ts'

/** How a {@link prequal} balancer chooses. Every option has a default, see {@link prequalDefaults}. */
export interface PrequalOptions {
  /**
   * Asks an endpoint how busy it is. Without it, the reports that ride on replies are all that is known.
   *
   * @defaultValue none
   */
  readonly probe?: ProbeFunction | undefined
  /** How long a probe may take. Finite, and more than 0. @defaultValue {@link prequalDefaults}.probeTimeout */
  readonly probeTimeout?: Duration | undefined
  /** How many probes may be underway at once; more are skipped, and counted. From 1 to 10,000. @defaultValue {@link prequalDefaults}.mostProbes */
  readonly mostProbes?: number | undefined
  /** How many endpoints are looked at for each call: a number from 0.1 to 16, with a fraction or without. @defaultValue {@link prequalDefaults}.probes */
  readonly probes?: number | undefined
  /** How many entries are taken out of the pool for each call: a number from 0 to 16. @defaultValue {@link prequalDefaults}.removals */
  readonly removals?: number | undefined
  /** How many endpoints are known at once: a whole number from 2 to 1,024. @defaultValue {@link prequalDefaults}.pool */
  readonly pool?: number | undefined
  /** What is older is forgotten. Finite, and more than 0. @defaultValue {@link prequalDefaults}.maxAge */
  readonly maxAge?: Duration | undefined
  /**
   * Where hot begins: above this quantile of the requests in flight that endpoints reported of late. A number from 0 (all that counts is what is in flight)
   * to 1 (all that counts is latency).
   *
   * @defaultValue {@link prequalDefaults}.quantile
   */
  readonly quantile?: number | undefined
}

/** The defaults of {@link PrequalOptions}; all but the timeout and the limit of probes are the paper's. */
export const prequalDefaults = Object.freeze({
  probeTimeout: '100ms',
  mostProbes: 64,
  probes: 3,
  removals: 1,
  pool: 16,
  maxAge: '1s',
  quantile: 2 ** -0.25,
} as const satisfies PrequalOptions)

/** So many reports of late say what hot is. */
const quantileWindow = 128
/** Without probes, one call in so many goes to an endpoint of which nothing is known any more: it would never be known again. */
const callsPerDiscovery = 20
/** How often a failing endpoint is drawn again when chance decides. */
const redraws = 4

/** What the pickers of one balancer share. */
interface Prequal {
  readonly settings: Readonly<Record<'probes' | 'removals' | 'pool' | 'maxAgeMs', number>>
  readonly records: LoadRecords
  readonly rifs: QuantileWindow
  readonly prober: LoadProber | undefined
  readonly draws: Random
  readonly now: () => number
  randomChoices: number
}

class PrequalPicker implements Picker, EntryFilter {
  readonly #shared: Prequal
  readonly #endpoints: readonly Endpoint[]
  readonly #pool: PrequalPool
  readonly #inFlight: InFlightOf
  /** Where it is noted how each of them is, and one more; 0 until it was drawn. It holds as long as there is the endpoint. */
  readonly #places: Int32Array
  /** Those that are looked at, and what is known of them. */
  readonly #drawn: Int32Array
  readonly #news: Float64Array
  /** Who asks, while there is somebody to leave out. */
  #query: PickQuery | undefined
  /** Not a number from the beginning: V8 would copy it on the heap whenever it is read. */
  #now: number | undefined = undefined
  /** One of those drawn of which nothing is known, if there is one and nobody can be asked; else -1. */
  #unknown = -1
  #probesDue = 0
  #removalsDue = 0
  #sinceDiscovery = 0

  constructor(shared: Prequal, endpoints: readonly Endpoint[]) {
    const { pool, maxAgeMs, probes, removals } = shared.settings
    this.#shared = shared
    this.#endpoints = endpoints
    this.#pool = new PrequalPool(endpoints.length, pool, maxAgeMs, reuseBudget(endpoints.length, pool, probes, removals), shared.draws)
    this.#inFlight = new InFlightOf(endpoints)
    this.#places = new Int32Array(endpoints.length)
    const mostDrawn = Math.min(Math.ceil(probes) + 1, endpoints.length)
    this.#drawn = new Int32Array(mostDrawn)
    this.#news = new Float64Array(3 * mostDrawn)
  }

  pick(query: PickQuery): Endpoint {
    const shared = this.#shared
    const now = query.at ?? shared.now()
    this.#now = now
    if (query.isFresh === true && !shared.records.anyFails(now)) return this.#pick(query, undefined)
    const before = this.#query
    this.#query = query
    try {
      return this.#pick(query, this)
    } finally {
      this.#query = before
    }
  }

  #pick(query: PickQuery, filter: EntryFilter | undefined): Endpoint {
    const { rifs, settings } = this.#shared
    this.#unknown = -1
    this.#look(filter)
    const threshold = rifs.value
    const chosen = this.#pool.choose(threshold, this.#now as number, filter)
    this.#removalsDue += settings.removals
    for (; this.#removalsDue >= 1; this.#removalsDue -= 1) this.#pool.thin(threshold)
    if (chosen < 0) return this.#random(query)
    this.#sinceDiscovery += 1
    if (this.#unknown < 0 || this.#sinceDiscovery < callsPerDiscovery) return this.#endpoints[chosen] as Endpoint
    this.#sinceDiscovery = 0
    return this.#endpoints[this.#unknown] as Endpoint
  }

  isBarred(index: number): boolean {
    const query = this.#query as PickQuery
    if (query.isFresh !== true && query.isSpent(this.#endpoints[index] as Endpoint)) return true
    return this.#shared.records.failsAt(this.#placeOf(index), this.#now as number)
  }

  /** Looks at a few endpoints drawn by chance: asks them, or takes what they last said. */
  #look(filter: EntryFilter | undefined): void {
    const { settings, prober } = this.#shared
    this.#probesDue += settings.probes
    const count = Math.min(Math.floor(this.#probesDue), this.#endpoints.length)
    this.#probesDue -= Math.floor(this.#probesDue)
    this.#draw(count)
    if (prober === undefined) {
      this.#shared.records.read(this.#drawn, count, this.#places, this.#inFlight, this.#news)
      this.#admit(this.#recent(count, filter))
    } else {
      for (let i = 0; i < count; i += 1) {
        const index = this.#drawn[i] as number
        prober.send(this.#endpoints[index] as Endpoint, index, this.#answered)
      }
    }
  }

  /** Draws indexes, none twice (Floyd's algorithm). It is known then where it is noted how they are. */
  #draw(count: number): void {
    const drawn = this.#drawn
    const places = this.#places
    const { draws } = this.#shared
    const before = this.#endpoints.length - count
    let areKnown = true
    for (let i = 0; i < count; i += 1) {
      let index = drawBelow(draws, before + i + 1) | 0
      for (let other = 0; other < i; other += 1) if (drawn[other] === index) index = before + i
      drawn[i] = index
      if (places[index] === 0) areKnown = false
    }
    if (!areKnown) for (let i = 0; i < count; i += 1) this.#placeOf(drawn[i] as number)
  }

  /** Leaves out those drawn of which nothing recent is known; one that may be chosen is {@link PrequalPicker.#unknown}. @returns how many are left. */
  #recent(count: number, filter: EntryFilter | undefined): number {
    const since = (this.#now as number) - this.#shared.settings.maxAgeMs
    const news = this.#news
    let recent = 0
    while (recent < count && (news[3 * recent + 2] as number) >= since) recent += 1
    return recent === count ? count : this.#leaveOut(count, filter)
  }

  #leaveOut(count: number, filter: EntryFilter | undefined): number {
    const since = (this.#now as number) - this.#shared.settings.maxAgeMs
    const drawn = this.#drawn
    const news = this.#news
    let recent = 0
    for (let i = 0; i < count; i += 1) {
      const index = drawn[i] as number
      if ((news[3 * i + 2] as number) < since) {
        if (filter?.isBarred(index) !== true) this.#unknown = index
        continue
      }
      drawn[recent] = index
      for (let part = 0; part < 3; part += 1) news[3 * recent + part] = news[3 * i + part] as number
      recent += 1
    }
    return recent
  }

  #admit(count: number): void {
    this.#shared.rifs.add(this.#news, count, 3)
    this.#pool.admit(this.#drawn, this.#news, count)
  }

  #placeOf(index: number): number {
    const place = this.#places[index] as number
    return place === 0 ? this.#lookUp(index) : place - 1
  }

  #lookUp(index: number): number {
    const place = this.#shared.records.of(this.#endpoints[index] as Endpoint)
    this.#places[index] = place + 1
    return place
  }

  readonly #answered = (endpoint: Endpoint, index: number, { rif, latencyMs }: ProbeAnswer): void => {
    const { records, now } = this.#shared
    records.probed(endpoint, rif, latencyMs, now())
    this.#drawn[0] = index
    this.#placeOf(this.#drawn[0] as number)
    records.read(this.#drawn, 1, this.#places, this.#inFlight, this.#news)
    this.#admit(1)
  }

  #random(query: PickQuery): Endpoint {
    const { draws, records } = this.#shared
    this.#shared.randomChoices += 1
    let drawn = drawUnspent(this.#endpoints, draws, query)
    for (let draw = 0; draw < redraws && records.failsAt(records.of(drawn), this.#now as number); draw += 1)
      drawn = drawUnspent(this.#endpoints, draws, query)
    return drawn
  }
}

/**
 * The endpoint that says itself that it is least busy. Servers know what no client does: how many requests of all clients they have in flight,
 * and how long they take at that.
 *
 * Of the endpoints that were looked at for this call and the last ones, those with unusually many requests in flight are *hot*. The call goes to the cold
 * one of least latency; if all are hot, to the one with least in flight. With fewer than two to choose from, chance decides: so it does for
 * all calls as long as no server reports anything.
 *
 * Servers report in their replies, in the header `endpoint-load-metrics`, with the metrics `named_metrics.rif` and
 * `named_metrics.latency_ms`; `reportLoad` is all that a Node server needs for it. A report is good for a second, so a client with few calls
 * knows little: it should `probe`, too. Probes are sent after a choice and for later ones, so that no call waits for one.
 *
 * An endpoint that fails fast has little in flight and low latency. It is left out as long as more than a quarter of what was tried there of late
 * failed, which fades in seconds.
 *
 * Source: Wydrowski et al., "Load is not what you should balance: introducing Prequal". The paper always probes; here, without `probe`, what
 * an endpoint said last stands for its answer, with what this process began and ended there since.
 *
 * @param options see {@link PrequalOptions}.
 * @throws TypeError for an option out of its range.
 * @example
 * ```ts
 * import { dns, mesh, type ProbeAnswer, prequal } from 'proxyless'
 *
 * const net = mesh()
 *   .service('orders', (s) => s.resolve(dns('orders.internal', { port: 8080 })).balance(prequal()))
 *   .service('reports', (s) =>
 *     s.resolve(dns('reports.internal', { port: 8080 })).balance(
 *       prequal({
 *         probe: async (endpoint, signal) => (await (await fetch(`${endpoint.address}/load`, { signal })).json()) as ProbeAnswer,
 *       }),
 *     ),
 *   )
 *   .build()
 * ```
 */
export function prequal(options?: PrequalOptions): DescribedPart<Balancer> {
  const checks = new OptionChecks('prequal', options, [...Object.keys(prequalDefaults), 'probe'])
  const probe = options?.probe
  if (probe !== undefined && typeof probe !== 'function') checks.refuse('probe', 'a function (endpoint, signal) => answer')
  const probeTimeoutMs = checks.durationMs('probeTimeout', prequalDefaults.probeTimeout, false)
  const mostProbes = checks.integer('mostProbes', prequalDefaults.mostProbes, 1, 10_000)
  const quantile = checks.number('quantile', prequalDefaults.quantile, 0, 1)
  const settings = {
    probes: checks.number('probes', prequalDefaults.probes, 0.1, 16),
    removals: checks.number('removals', prequalDefaults.removals, 0, 16),
    pool: checks.integer('pool', prequalDefaults.pool, 2, 1_024),
    maxAgeMs: checks.durationMs('maxAge', prequalDefaults.maxAge, false),
  }
  return part('prequal', { ...settings, quantile, probeTimeoutMs, mostProbes, ...(probe && { probe }) }, (host) => {
    const records = new LoadRecords(host.clock)
    const prober = probe && new LoadProber(probe, host, probeTimeoutMs, mostProbes)
    const draws = host.random.fork('prequal')
    const rifs = new QuantileWindow(quantileWindow, quantile)
    const shared: Prequal = { settings, records, rifs, prober, draws, now: () => host.clock.now(), randomChoices: 0 }
    return {
      name: 'prequal',
      meters: [records],
      picker: (endpoints) => new PrequalPicker(shared, endpoints),
      counts: () => ({ reports: records.reports, randomChoices: shared.randomChoices, ...prober?.counts }),
      close: () => prober?.close(),
    }
  })
}
