import type { Call } from '../call/call.ts'
import { callRoute } from '../call/call-route.ts'
import type { Outcome } from '../call/outcome.ts'
import { decidingAttempt } from '../call/side-by-side.ts'
import type { Host } from '../runtime/host.ts'
import { type DurationListeners, tellDuration } from './duration-listeners.ts'
import { errorTypeOf } from './error-type.ts'
import { Histogram, type HistogramSnapshot, requestDurationBounds } from './histogram.ts'

/** What the calls of one series have in common. */
export interface CallLabels {
  /** The name of the route; `undefined` for calls that took none, and `_OTHER` when there are too many series. */
  readonly route: string | undefined
  /** The status that the caller got; `undefined` when it got none. */
  readonly status: number | undefined
  /** The status from 400 on, or the code of the error; `undefined` when nothing went wrong, and for a caller that left. */
  readonly errorType: string | undefined
}

/** Durations of the calls that have their labels in common, each until the head of the reply or the failure, with all attempts and waits. */
export interface CallDurations {
  /** What they have in common. */
  readonly labels: CallLabels
  /** How long they took. */
  readonly durations: HistogramSnapshot
}

interface Series {
  readonly labels: CallLabels
  readonly histogram: Histogram
}

/** How long the calls of one service took: some additions for a call, and nothing that is allocated once a series is known. */
export class CallMetrics {
  readonly #host: Host
  readonly #service: string | undefined
  readonly #mostSeries: number
  readonly #listeners: DurationListeners<CallLabels>
  /** By route, then by what the caller got. */
  readonly #known = new Map<string | undefined, Map<number | string, Series>>()
  #count = 0
  #last: Series | undefined
  #lastRoute: string | undefined
  #lastResult: number | string | undefined

  /**
   * @param host time, and who hears of a listener that throws.
   * @param service what listeners are told.
   * @param mostSeries how many are told apart.
   * @param listeners those of the mesh.
   */
  constructor(host: Host, service: string | undefined, mostSeries: number, listeners: DurationListeners<CallLabels>) {
    this.#host = host
    this.#service = service
    this.#mostSeries = mostSeries
    this.#listeners = listeners
  }

  /** Every series, as plain data. */
  get durations(): readonly CallDurations[] {
    return [...this.#known.values()]
      .flatMap((byResult) => [...byResult.values()])
      .map(({ labels, histogram }) => ({ labels, durations: histogram.snapshot() }))
  }

  /** A call has an outcome: the head of a reply, or an error. */
  answered(call: Call, outcome: Outcome): void {
    const { spent } = call
    const decided = outcome.ok ? (spent.length === 1 ? spent[0] : decidingAttempt(call)) : undefined
    // The attempt that gave the reply was timed already. An error may have come long after the last attempt: a back-off, a deadline.
    const endedAt = decided === undefined ? this.#host.clock.now() : decided.startedAt + decided.latencyMs
    const seconds = (endedAt - call.startedAt) / 1_000
    const route = call.context.get(callRoute)?.name
    const result = outcome.ok ? outcome.reply.status : outcome.error.code
    let series = this.#last
    if (series === undefined || this.#lastResult !== result || this.#lastRoute !== route) {
      series = this.#find(route, result)
      this.#last = series
      this.#lastRoute = route
      this.#lastResult = result
    }
    series.histogram.record(seconds)
    const { all } = this.#listeners
    if (all !== undefined) tellDuration(all, this.#host, this.#service, series.labels, seconds)
  }

  #find(route: string | undefined, result: number | string): Series {
    const known = this.#known.get(route)?.get(result)
    if (known !== undefined) return known
    if (this.#count >= this.#mostSeries && route !== '_OTHER') return this.#find('_OTHER', result)
    this.#count += 1
    const status = typeof result === 'number' ? result : undefined
    const labels = Object.freeze({ route, status, errorType: errorTypeOf(result) })
    const series = { labels, histogram: new Histogram(requestDurationBounds) }
    let byResult = this.#known.get(route)
    if (byResult === undefined) this.#known.set(route, (byResult = new Map()))
    byResult.set(result, series)
    return series
  }
}
