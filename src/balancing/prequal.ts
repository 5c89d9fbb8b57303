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
  readonly #drawn: Uint32Array
  /** Of those. */
  readonly #reportedAt: Float64Array
  #query: PickQuery | undefined
  /** Not a number from the beginning: V8 would copy it on the heap whenever it is read. */
  #now: number | undefined = undefined
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
    this.#drawn = new Uint32Array(Math.min(Math.ceil(probes) + 1, endpoints.length))
    this.#reportedAt = new Float64Array(this.#drawn.length)
  }

  pick(query: PickQuery): Endpoint {
    const shared = this.#shared
    const { rifs, settings } = shared
    const before = this.#query
    this.#query = query
    const now = query.at ?? shared.now()
    this.#now = now
    try {
      const unknown = this.#look()
      const chosen = this.#pool.choose(rifs.value, now, this)
      this.#removalsDue += settings.removals
      for (; this.#removalsDue >= 1; this.#removalsDue -= 1) this.#pool.thin(rifs.value)
      if (chosen < 0) return this.#random(query)
      this.#sinceDiscovery += 1
      if (unknown < 0 || this.#sinceDiscovery < callsPerDiscovery) return this.#endpoints[chosen] as Endpoint
      this.#sinceDiscovery = 0
      return this.#endpoints[unknown] as Endpoint
    } finally {
      this.#query = before
    }
  }

  isBarred(index: number): boolean {
    const query = this.#query as PickQuery
    if (query.isFresh !== true && query.isSpent(this.#endpoints[index] as Endpoint)) return true
    return this.#shared.records.failsAt(this.#placeOf(index), this.#now as number)
  }

  /**
   * Looks at a few endpoints drawn by chance: asks them, or takes what they last said.
   *
   * @returns the index of one of which nothing is known, if there is one among them and nobody can be asked; else -1.
   */
  #look(): number {
    const { settings, prober, records } = this.#shared
    this.#probesDue += settings.probes
    const count = Math.min(Math.floor(this.#probesDue), this.#endpoints.length)
    this.#probesDue -= Math.floor(this.#probesDue)
    const drawn = this.#drawn
    const reportedAt = this.#reportedAt
    // All are asked for before one is looked at: what is in no cache comes in the time of one.
    for (let i = 0; i < count; i += 1) {
      const index = this.#draw(i, count)
      if (prober === undefined) reportedAt[i] = records.reportedAt(this.#placeOf(index))
      else prober.send(this.#endpoints[index] as Endpoint, this.#answered)
    }
    let unknown = -1
    if (prober !== undefined) return unknown
    const oldestAt = (this.#now as number) - settings.maxAgeMs
    for (let i = 0; i < count; i += 1) {
      const index = drawn[i] as number
      if ((reportedAt[i] as number) >= oldestAt) this.#admit(index, this.#placeOf(index))
      else if (!this.isBarred(index)) unknown = index
    }
    return unknown
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

  /** Draw number `i` of `count`, no index twice (Floyd's algorithm). */
  #draw(i: number, count: number): number {
    const drawn = this.#drawn
    const highest = this.#endpoints.length - count + i
    const index = drawBelow(this.#shared.draws, highest + 1)
    let place = 0
    while (place < i && drawn[place] !== index) place += 1
    drawn[i] = place < i ? highest : index
    return drawn[i] as number
  }

  readonly #answered = (endpoint: Endpoint, { rif, latencyMs }: { rif: number; latencyMs: number }): void => {
    const { records, now } = this.#shared
    records.probed(endpoint, rif, latencyMs, now())
    this.#admit(this.#endpoints.indexOf(endpoint), records.of(endpoint))
  }

  #admit(index: number, at: number): void {
    const { records, rifs } = this.#shared
    const { news } = this.#pool
    const rif = records.rif(at, this.#inFlight.at(index))
    // Whole, so that it is not a number on the heap.
    rifs.add(Math.round(rif) | 0)
    news[0] = rif
    news[1] = records.latencyMs(at)
    news[2] = records.reportedAt(at)
    this.#pool.admitNews(index)
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
