/**
 * What a server tells its clients about itself.
 *
 * This room is for the other end: a Node server whose clients balance by what it reports. It never knows who calls, and holds no request up: it
 * counts, measures, and writes one header.
 */
import type { EventEmitter } from 'node:events'
import { loadReportHeader, type ProbeAnswer, writeLoadReport } from '../call/load-report.ts'
import type { Clock } from '../runtime/clock.ts'
import { systemClock } from '../runtime/system-clock.ts'
import { LatencyByRif } from './latency-by-rif.ts'

/** What {@link reportLoad} takes. */
export interface ReportLoadOptions {
  /**
   * How busy the application is, from 0 to 1 and above: reported as `application_utilization`.
   *
   * @defaultValue the processor time that this process takes, reported as `cpu_utilization`
   */
  readonly utilization?: (() => number) | undefined
  /** The source of time. @defaultValue {@link systemClock} */
  readonly clock?: Clock | undefined
}

/** Tells what a server reports. */
export interface LoadReporter {
  /** What `prequal` asks for with a probe. */
  answer(): ProbeAnswer
  /** The metrics by name, as they stand in the header. */
  report(): Readonly<Record<string, number>>
  /** Reports no more. */
  stop(): void
}

/** The part of a response that matters here; `node:http` and `node:http2` have it. */
interface WatchedResponse extends EventEmitter {
  readonly headersSent: boolean
  readonly statusCode: number
  readonly writableFinished?: boolean
  setHeader(name: string, value: string): unknown
  writeHead(...given: never[]): unknown
}

/** Rates are counted over at least so long. */
const rateWindowMs = 1_000

class Reporter implements LoadReporter {
  readonly #server: EventEmitter
  readonly #clock: Clock
  readonly #utilization: (() => number) | undefined
  readonly #latencies = new LatencyByRif()
  #rif = 0
  #requests = 0
  #errors = 0
  #windowAt: number
  #cpuAt = process.cpuUsage()
  #rates: Readonly<Record<string, number>> = {}

  constructor(server: EventEmitter, { utilization, clock = systemClock }: ReportLoadOptions) {
    this.#server = server
    this.#clock = clock
    this.#utilization = utilization
    this.#windowAt = clock.now()
    // First of all listeners: one that answers at once must find the header set.
    server.prependListener('request', this.#watch)
  }

  answer(): ProbeAnswer {
    return { rif: this.#rif, latencyMs: this.#latencies.near(this.#rif, this.#clock.now()) ?? 0 }
  }

  report(): Readonly<Record<string, number>> {
    const now = this.#clock.now()
    if (now - this.#windowAt >= rateWindowMs) this.#measureRates(now)
    const latencyMs = this.#latencies.near(this.#rif, now)
    return {
      ...this.#rates,
      ...(this.#utilization && { application_utilization: rounded(this.#utilization()) }),
      'named_metrics.rif': this.#rif,
      ...(latencyMs !== undefined && { 'named_metrics.latency_ms': rounded(latencyMs) }),
    }
  }

  stop(): void {
    this.#server.removeListener('request', this.#watch)
  }

  readonly #watch = (_request: unknown, response: WatchedResponse): void => {
    this.#rif += 1
    this.#requests += 1
    const rif = this.#rif
    const startedAt = this.#clock.now()
    this.#announce(response)
    response.once('close', () => {
      this.#rif -= 1
      if (response.statusCode >= 500) this.#errors += 1
      if (response.writableFinished !== false) this.#latencies.add(rif, this.#clock.now() - startedAt, this.#clock.now())
    })
  }

  /** Set twice: when the request comes, for a response that goes by another way, and as late as it can be, when the head is written. */
  #announce(response: WatchedResponse): void {
    const set = () => {
      if (!response.headersSent) response.setHeader(loadReportHeader, writeLoadReport(this.report()))
    }
    set()
    const writeHead = response.writeHead
    response.writeHead = function (this: WatchedResponse, ...given: never[]) {
      set()
      return writeHead.apply(this, given)
    }
  }

  #measureRates(now: number): void {
    const seconds = (now - this.#windowAt) / 1_000
    const { user, system } = process.cpuUsage(this.#cpuAt)
    this.#rates = {
      ...(this.#utilization === undefined && { cpu_utilization: rounded((user + system) / 1e6 / seconds) }),
      rps_fractional: rounded(this.#requests / seconds),
      eps: rounded(this.#errors / seconds),
    }
    this.#cpuAt = process.cpuUsage()
    this.#windowAt = now
    this.#requests = 0
    this.#errors = 0
  }
}

/**
 * Lets a server report its load in the header `endpoint-load-metrics` of every reply, as `prequal` and `loadReports` read it: requests in flight,
 * the median latency of late at about that many, utilization, requests and errors a second. The last three come a second after the start, and
 * once a second from then on.
 *
 * @param server of `node:http`, `node:https` or `node:http2`: whatever emits `'request'` with a response.
 * @param options see {@link ReportLoadOptions}.
 * @example
 * ```ts
 * import { createServer } from 'node:http'
 * import { reportLoad } from 'proxyless'
 *
 * const server = createServer((request, response) => {
 *   if (request.url === '/load') response.end(JSON.stringify(load.answer()))
 *   else response.end('hello')
 * })
 * const load = reportLoad(server)
 * ```
 */
export function reportLoad(server: EventEmitter, options: ReportLoadOptions = {}): LoadReporter {
  return new Reporter(server, options)
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000
}
