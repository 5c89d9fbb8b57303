import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Duration } from '../runtime/duration.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import { makesParts } from '../runtime/part-factory.ts'
import type { Random } from '../runtime/random.ts'
import type { Balancer, Picker, PickQuery } from './balancer.ts'
import { drawUnspent } from './draw-unspent.ts'
import { OptionChecks } from './option-checks.ts'
import { type ReportedWeight, ReportedWeights } from './reported-weights.ts'
import { Stride } from './stride.ts'

/** How {@link loadReports} reads reports. Every option has a default, see {@link loadReportsDefaults}. */
export interface LoadReportsOptions {
  /** For how long the first reports of an endpoint do not count yet. Finite. @defaultValue {@link loadReportsDefaults}.blackout */
  readonly blackout?: Duration | undefined
  /** How long a report counts if no other follows. Finite, and more than 0. @defaultValue {@link loadReportsDefaults}.expiration */
  readonly expiration?: Duration | undefined
  /** How often weights are worked out anew; less than 100 ms is 100 ms. Finite. @defaultValue {@link loadReportsDefaults}.update */
  readonly update?: Duration | undefined
  /** How much a share of errors counts as utilization: a number from 0 to 1,000. @defaultValue {@link loadReportsDefaults}.errorPenalty */
  readonly errorPenalty?: number | undefined
  /**
   * Metrics that stand for utilization where an endpoint reports no `application_utilization`, such as `'named_metrics.queue'`; the largest
   * of them counts.
   *
   * @defaultValue none: `cpu_utilization`
   */
  readonly metrics?: readonly string[] | undefined
}

/** The defaults of {@link LoadReportsOptions}; they are gRPC's. */
export const loadReportsDefaults = Object.freeze({
  blackout: '10s',
  expiration: '3m',
  update: '1s',
  errorPenalty: 1,
} as const satisfies LoadReportsOptions)

const leastUpdateMs = 100
/** Weights are kept between this part of their mean and its inverse. */
const leastOfMean = 0.1
/** How often the sequence may name a spent endpoint before chance decides. */
const spentSkips = 8

class ReportedWeightsPicker implements Picker {
  readonly #endpoints: readonly Endpoint[]
  readonly #reported: readonly ReportedWeight[]
  readonly #clock: Clock
  readonly #updateMs: number
  readonly #draws: Random
  readonly #weights: Float64Array
  readonly #stride: Stride
  #updateAt = Number.NEGATIVE_INFINITY

  constructor(endpoints: readonly Endpoint[], meter: ReportedWeights, clock: Clock, updateMs: number, draws: Random) {
    this.#endpoints = endpoints
    this.#reported = endpoints.map((endpoint) => meter.of(endpoint))
    this.#clock = clock
    this.#updateMs = updateMs
    this.#draws = draws
    this.#weights = new Float64Array(endpoints.length).fill(1)
    this.#stride = new Stride(this.#weights, draws)
  }

  pick(query: PickQuery): Endpoint {
    const now = query.at ?? this.#clock.now()
    if (now >= this.#updateAt) this.#update(now)
    for (let skips = 0; skips < spentSkips; skips += 1) {
      const endpoint = this.#endpoints[this.#stride.next()] as Endpoint
      if (!query.isSpent(endpoint)) return endpoint
    }
    return drawUnspent(this.#endpoints, this.#draws, query)
  }

  #update(now: number): void {
    this.#updateAt = now + this.#updateMs
    const weights = this.#weights
    let usable = 0
    let total = 0
    for (let i = 0; i < weights.length; i += 1) {
      const weight = (this.#reported[i] as ReportedWeight).weightAt(now)
      weights[i] = weight
      if (weight > 0) usable += 1
      total += weight
    }
    const mean = total / usable
    for (let i = 0; i < weights.length; i += 1) {
      const weight = weights[i] as number
      // One weight alone says nothing: weights of different kinds of ignorance cannot be compared.
      if (usable < 2) weights[i] = 1
      else weights[i] = weight === 0 ? mean : Math.min(mean / leastOfMean, Math.max(mean * leastOfMean, weight))
    }
    this.#stride.reweigh(weights)
  }
}

/**
 * Weighted round robin whose weights the endpoints report themselves: how many calls a second they serve for the utilization that they have,
 * errors taken off. Machines of different sizes get what they can bear, without anybody writing weights down.
 *
 * The weight of an endpoint is `rps / (utilization + errors per second / rps * errorPenalty)`. Utilization is what the application reports, else the
 * largest of `metrics`, else that of the CPU. Reports come in the header `endpoint-load-metrics` of its replies, as text or JSON (ORCA);
 * `reportLoad` is all that a Node server needs for it.
 *
 * An endpoint without a weight that counts gets the mean of the others; with fewer than two weights in all, calls go round robin. The weights of the
 * resolver are not used.
 *
 * Source: gRPC's client-side weighted round robin (gRFC A58, A114). It begins a new blackout with each connection; here, an endpoint has one when it is new, and
 * after a silence as long as `expiration`.
 *
 * @param options see {@link LoadReportsOptions}.
 * @throws TypeError for an option out of its range.
 * @example
 * ```ts
 * import { dns, loadReports, mesh } from 'proxyless'
 *
 * const net = mesh()
 *   .service('orders', (s) => s.resolve(dns('orders.internal', { port: 8080 })).balance(loadReports({ blackout: '5s' })))
 *   .build()
 * ```
 */
export function loadReports(options?: LoadReportsOptions): DescribedPart<Balancer> {
  const checks = new OptionChecks('loadReports', options, [...Object.keys(loadReportsDefaults), 'metrics'])
  const { metrics = [] } = options ?? {}
  if (!Array.isArray(metrics) || !metrics.every((name) => typeof name === 'string' && name !== '')) {
    checks.refuse('metrics', "a list of names such as 'named_metrics.queue'")
  }
  const settings = {
    blackoutMs: checks.durationMs('blackout', loadReportsDefaults.blackout, false, true),
    expirationMs: checks.durationMs('expiration', loadReportsDefaults.expiration, false),
    penalty: checks.number('errorPenalty', loadReportsDefaults.errorPenalty, 0, 1_000),
    metrics: Object.freeze([...metrics]),
  }
  const updateMs = Math.max(leastUpdateMs, checks.durationMs('update', loadReportsDefaults.update, false, true))
  return part('load-reports', { ...settings, updateMs }, (host) => {
    const meter = new ReportedWeights(settings, host.clock)
    const draws = host.random.fork('load-reports')
    return {
      name: 'load-reports',
      meters: [meter],
      picker: (endpoints) => new ReportedWeightsPicker(endpoints, meter, host.clock, updateMs, draws),
      counts: () => ({ reports: meter.reports }),
    }
  })
}

makesParts(loadReports)
