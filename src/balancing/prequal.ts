import type { Duration } from '../runtime/duration.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import { makesParts } from '../runtime/part-factory.ts'
import type { Balancer } from './balancer.ts'
import { LoadProber, type ProbeFunction } from './load-prober.ts'
import { LoadRecords, type ReportListener } from './load-records.ts'
import { OptionChecks } from './option-checks.ts'
import { type Prequal, PrequalPicker } from './prequal-picker.ts'
import { QuantileWindow } from './quantile-window.ts'
import { RecentPickers } from './recent-pickers.ts'

/** How a {@link prequal} balancer chooses. Every option has a default, see {@link prequalDefaults}. */
export interface PrequalOptions {
  /**
   * Asks an endpoint how busy it is. Without it, the reports that ride on replies are all that is known; with it, they count for nothing.
   *
   * @defaultValue none
   */
  readonly probe?: ProbeFunction | undefined
  /** How long a probe may take. Finite, and more than 0. @defaultValue {@link prequalDefaults}.probeTimeout */
  readonly probeTimeout?: Duration | undefined
  /** How many probes may be underway at once; more are skipped, and counted. From 1 to 10,000. @defaultValue {@link prequalDefaults}.mostProbes */
  readonly mostProbes?: number | undefined
  /**
   * How many endpoints drawn by chance are asked for each call, or, without `probe`, looked up: what did they say last? They are looked up four
   * or more at a time. From 0.1 to 16, with a fraction or without.
   *
   * @defaultValue {@link prequalDefaults}.probes; without `probe`, {@link prequalByReports}.probes
   */
  readonly probes?: number | undefined
  /**
   * How many entries are taken out of the pool for each call: a number from 0 to 16.
   *
   * @defaultValue {@link prequalDefaults}.removals; without `probe`, {@link prequalByReports}.removals
   */
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

/**
 * Other defaults of {@link PrequalOptions}, where no `probe` is given: what each reply reports comes into the pool by itself, and the endpoints drawn by
 * chance are only there for those that get no calls to be seen.
 */
export const prequalByReports = Object.freeze({ probes: 0.25, removals: 0.25 } as const satisfies PrequalOptions)

/** So many reports of late say what hot is. */
const quantileWindow = 128

/**
 * The endpoint that says itself that it is least busy. Servers know what no client does: how many requests of all clients they have in flight,
 * and how long they take at that.
 *
 * Of the endpoints that answered last, and some that are drawn by chance, those with unusually many requests in flight are *hot*. The call goes to the cold
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
 * an endpoint says in each reply stands for an answer, and is what the next calls go by. For one drawn by chance it is what it said last, with what this
 * process began and ended there since.
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
  const defaults = probe === undefined ? prequalByReports : prequalDefaults
  const settings = {
    probes: checks.number('probes', defaults.probes, 0.1, 16),
    removals: checks.number('removals', defaults.removals, 0, 16),
    pool: checks.integer('pool', prequalDefaults.pool, 2, 1_024),
    maxAgeMs: checks.durationMs('maxAge', prequalDefaults.maxAge, false),
  }
  return part('prequal', { ...settings, quantile, probeTimeoutMs, mostProbes, ...(probe && { probe }) }, (host) => {
    const pickers = new RecentPickers<PrequalPicker>()
    const rifs = new QuantileWindow(quantileWindow, quantile)
    const heard: ReportListener = (endpoint, rif, now) => {
      rifs.addOne(rif)
      pickers.reported(endpoint, now)
    }
    // Of an endpoint that gets calls there would be fresher news than of one that is asked, and it would get the next call, too.
    const records = new LoadRecords(host.clock, probe === undefined ? heard : undefined)
    const prober = probe && new LoadProber(probe, host, probeTimeoutMs, mostProbes)
    const draws = host.random.fork('prequal')
    const shared: Prequal = { settings, records, rifs, prober, pickers, draws, now: () => host.clock.now(), randomChoices: 0 }
    return {
      name: 'prequal',
      meters: [records],
      picker: (endpoints) => new PrequalPicker(shared, endpoints),
      counts: () => ({ reports: records.reports, randomChoices: shared.randomChoices, ...prober?.counts }),
      close: () => prober?.close(),
    }
  })
}

makesParts(prequal)
