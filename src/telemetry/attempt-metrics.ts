import type { Attempt } from '../call/attempt.ts'
import type { SpentAttempt } from '../call/call.ts'
import type { Outcome } from '../call/outcome.ts'
import type { Verdict } from '../call/verdict.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Host } from '../runtime/host.ts'
import { type DurationListeners, tellDuration } from './duration-listeners.ts'
import { errorTypeOf } from './error-type.ts'
import { Histogram, type HistogramSnapshot, requestDurationBounds } from './histogram.ts'
import type { MetricsSettings } from './metrics-options.ts'
import { methodLabel, type ServerAddress, serverOf } from './span-attributes.ts'

/** What the attempts of one series have in common. */
export interface AttemptLabels {
  /** The method; `_OTHER` for one that the standards do not know. */
  readonly method: string
  /** The host that the URL names; `_OTHER` when there are too many. */
  readonly serverAddress: string
  /** Its port; `undefined` for `_OTHER`. */
  readonly serverPort: number | undefined
  /** The status that came back; `undefined` when none did. */
  readonly status: number | undefined
  /** The status from 400 on, or the code of the error; `undefined` when nothing went wrong, and for a caller that left. */
  readonly errorType: string | undefined
  /** The address of the endpoint; only with {@link MetricsOptions.durationsByEndpoint}. */
  readonly endpoint: string | undefined
}

/** Durations of the attempts that have their labels in common, each until the head of the reply or the failure. */
export interface AttemptDurations {
  /** What they have in common. */
  readonly labels: AttemptLabels
  /** How long they took. */
  readonly durations: HistogramSnapshot
}

/** Where hosts, and endpoints, are counted of which there are too many. */
const overflow: ServerAddress = Object.freeze({ address: '_OTHER', port: undefined })

interface Series {
  readonly method: string
  readonly authority: string | undefined
  readonly labels: AttemptLabels
  readonly histogram: Histogram
}

/** By what came back; the series of one result are few. */
type SeriesByResult = Map<number | string, Series[]>

/** Counts the attempts of one service and how long they took: some additions for an attempt, and nothing that is allocated once a series is known. */
export class AttemptMetrics {
  readonly #host: Host
  readonly #service: string | undefined
  readonly #settings: MetricsSettings
  readonly #listeners: DurationListeners<AttemptLabels>
  readonly #known = new Map<Endpoint | undefined, SeriesByResult>()
  readonly #verdicts = { success: 0, failure: 0, ignored: 0 }
  #count = 0
  #last: Series | undefined
  #lastResult: number | string | undefined
  #lastEndpoint: Endpoint | undefined

  /**
   * @param host who hears of a listener that throws.
   * @param service what listeners are told.
   * @param settings see {@link MetricsSettings}.
   * @param listeners those of the mesh.
   */
  constructor(host: Host, service: string | undefined, settings: MetricsSettings, listeners: DurationListeners<AttemptLabels>) {
    this.#host = host
    this.#service = service
    this.#settings = settings
    this.#listeners = listeners
  }

  /** Attempts by how they were judged at the head of their reply. */
  get verdicts(): Readonly<Record<Verdict['kind'], number>> {
    return { ...this.#verdicts }
  }

  /** Every series, as plain data. */
  get durations(): readonly AttemptDurations[] {
    return [...this.#known.values()]
      .flatMap((byResult) => [...byResult.values()].flat())
      .map(({ labels, histogram }) => ({ labels, durations: histogram.snapshot() }))
  }

  /** Hears how routing judged an attempt, which is the last of those that its call has spent. */
  readonly judged = (attempt: Attempt, outcome: Outcome, verdict: Verdict): void => {
    const { call } = attempt
    const seconds = (call.spent[call.spent.length - 1] as SpentAttempt).latencyMs / 1_000
    this.#verdicts[verdict.kind] += 1
    const result = outcome.ok ? outcome.reply.status : outcome.error.code
    const endpoint = this.#settings.durationsByEndpoint ? attempt.endpoint : undefined
    let series = this.#last
    if (
      series === undefined ||
      this.#lastResult !== result ||
      this.#lastEndpoint !== endpoint ||
      series.method !== call.method ||
      series.authority !== call.authority
    ) {
      series = this.#find(attempt, endpoint, result)
      this.#last = series
      this.#lastResult = result
      this.#lastEndpoint = endpoint
    }
    series.histogram.record(seconds)
    const { all } = this.#listeners
    if (all !== undefined) tellDuration(all, this.#host, this.#service, series.labels, seconds)
  }

  /** Forgets the series of all endpoints but these. */
  retain(endpoints: readonly Endpoint[]): void {
    if (!this.#settings.durationsByEndpoint) return
    const kept = new Set<Endpoint | undefined>([undefined, ...endpoints])
    for (const [endpoint, byResult] of this.#known) {
      if (kept.has(endpoint)) continue
      for (const list of byResult.values()) this.#count -= list.length
      this.#known.delete(endpoint)
    }
    // It may be one of those that are gone.
    this.#last = undefined
  }

  #find({ call, endpoint: { protocol } }: Attempt, endpoint: Endpoint | undefined, result: number | string): Series {
    const method = methodLabel(call.method)
    const known = this.#seriesOf(endpoint, result).find((each) => each.method === method && each.authority === call.authority)
    if (known !== undefined) return known
    if (this.#count < this.#settings.mostSeries) {
      this.#count += 1
      return this.#add(this.#seriesOf(endpoint, result), method, call.authority, serverOf(call.authority, protocol), result, endpoint)
    }
    const shared = this.#seriesOf(undefined, result)
    const other = shared.find((each) => each.method === method && each.authority === undefined)
    return other ?? this.#add(shared, method, undefined, overflow, result, undefined)
  }

  #seriesOf(endpoint: Endpoint | undefined, result: number | string): Series[] {
    let byResult = this.#known.get(endpoint)
    if (byResult === undefined) this.#known.set(endpoint, (byResult = new Map()))
    let list = byResult.get(result)
    if (list === undefined) byResult.set(result, (list = []))
    return list
  }

  #add(
    list: Series[],
    method: string,
    authority: string | undefined,
    { address: serverAddress, port: serverPort }: ServerAddress,
    result: number | string,
    endpoint: Endpoint | undefined,
  ): Series {
    const status = typeof result === 'number' ? result : undefined
    const errorType = errorTypeOf(result)
    const labels = Object.freeze({ method, serverAddress, serverPort, status, errorType, endpoint: endpoint?.address })
    const series = { method, authority, labels, histogram: new Histogram(requestDurationBounds) }
    list.push(series)
    return series
  }
}
