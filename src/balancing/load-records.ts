import { type LoadReport, readLoadReport } from '../call/load-report.ts'
import type { Verdict } from '../call/verdict.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Clock } from '../runtime/clock.ts'
import type { LoadMeter, MeterEnd } from './load-meter.ts'

/** Metrics that an endpoint reports: requests in flight, with the one whose reply carries the report. */
export const rifMetric = 'named_metrics.rif'
/** The median latency of late at about that many in flight, measured by the server itself, in milliseconds. */
export const latencyMetric = 'named_metrics.latency_ms'

/** How much one attempt moves the share of failures. */
const failureStep = 0.1
/** From this share on, an endpoint is taken for one that fails: three failures in a row. */
const failingShare = 0.25
/** The time in which the share of failures fades to 37 %. */
const failureFadeMs = 10_000

/** What an endpoint said of itself last, and how it fared. */
export interface LoadRecord {
  readonly endpoint: Endpoint
  /** Monotonic time of the last report; `-Infinity` for never. */
  readonly at: number
  /** Requests in flight there, as far as can be told: as reported, with what this process began and ended since. */
  readonly rif: number
  readonly latencyMs: number
}

class EndpointRecord implements LoadRecord {
  readonly endpoint: Endpoint
  readonly end: MeterEnd
  at = Number.NEGATIVE_INFINITY
  latencyMs = 0
  reportedRif = 0
  inFlightThen = 0
  failureShare = 0
  failuresAt = 0

  constructor(endpoint: Endpoint, records: LoadRecords) {
    this.endpoint = endpoint
    const end: MeterEnd = (verdict) => records.ended(this, verdict)
    end.answered = (verdict, latencyMs, outcome) => {
      if (outcome?.ok !== true || verdict.kind === 'ignored') return
      const report = readLoadReport(outcome.reply)
      if (report !== undefined) records.reported(this, report, latencyMs)
    }
    this.end = end
  }

  get rif(): number {
    return Math.max(0, this.reportedRif + this.endpoint.inFlight - this.inFlightThen)
  }
}

/** Hears every attempt, and keeps what the endpoints report in their replies. */
export class LoadRecords implements LoadMeter {
  readonly name = 'load-records'
  readonly #clock: Clock
  readonly #records = new WeakMap<Endpoint, EndpointRecord>()
  /** How many reports were read. */
  reports = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  load({ inFlight }: Endpoint): number {
    return inFlight
  }

  began(endpoint: Endpoint): MeterEnd {
    return this.#recordOf(endpoint).end
  }

  /** What is known of an endpoint; the same object as long as there is the endpoint. */
  of(endpoint: Endpoint): LoadRecord {
    return this.#recordOf(endpoint)
  }

  /** An endpoint answered a probe. */
  probed(endpoint: Endpoint, rif: number, latencyMs: number, now: number): void {
    const record = this.#recordOf(endpoint)
    record.at = now
    record.reportedRif = rif
    record.latencyMs = latencyMs
    record.inFlightThen = endpoint.inFlight
  }

  /** Whether so much of what was tried there of late has failed that its figures, which may well be excellent, mean nothing. */
  isFailing(endpoint: Endpoint, now: number): boolean {
    const record = this.#records.get(endpoint)
    return record !== undefined && record.failureShare > failingShare && faded(record, now) > failingShare
  }

  reported(record: EndpointRecord, report: LoadReport, measuredMs: number): void {
    const rif = report.get(rifMetric)
    if (rif === undefined) return
    this.reports += 1
    this.probed(record.endpoint, rif, report.get(latencyMetric) ?? measuredMs, this.#clock.now())
  }

  ended(record: EndpointRecord, verdict: Verdict): void {
    if (verdict.kind === 'ignored' || (verdict.kind === 'success' && record.failureShare === 0)) return
    const now = this.#clock.now()
    const share = faded(record, now) * (1 - failureStep) + (verdict.kind === 'failure' ? failureStep : 0)
    record.failureShare = share < 0.001 ? 0 : share
    record.failuresAt = now
  }

  #recordOf(endpoint: Endpoint): EndpointRecord {
    let record = this.#records.get(endpoint)
    if (record === undefined) {
      record = new EndpointRecord(endpoint, this)
      this.#records.set(endpoint, record)
    }
    return record
  }
}

function faded({ failureShare, failuresAt }: EndpointRecord, now: number): number {
  return failureShare * Math.exp((failuresAt - now) / failureFadeMs)
}
