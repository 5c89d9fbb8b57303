import { type LoadReport, readLoadReport } from '../call/load-report.ts'
import type { Verdict } from '../call/verdict.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Clock } from '../runtime/clock.ts'
import { EndpointNumbers } from './endpoint-numbers.ts'
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

/** What an endpoint said of itself last, and how it fared: its numbers, in this order. */
const reportedAt = 0
const reportedRif = 1
const inFlightThen = 2
const latencyMs = 3
const failureShare = 4
const failuresAt = 5
const width = 8

/** Hears every attempt, and keeps what the endpoints report in their replies. */
export class LoadRecords implements LoadMeter {
  readonly name = 'load-records'
  readonly #clock: Clock
  readonly #numbers = new EndpointNumbers(width)
  readonly #ends = new WeakMap<Endpoint, MeterEnd>()
  /** How many reports were read. */
  reports = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  load({ inFlight }: Endpoint): number {
    return inFlight
  }

  began(endpoint: Endpoint): MeterEnd {
    let end = this.#ends.get(endpoint)
    if (end === undefined) {
      end = this.#endOf(endpoint)
      this.#ends.set(endpoint, end)
    }
    return end
  }

  /** Where it is noted how an endpoint is: for the questions below. */
  of(endpoint: Endpoint): number {
    const at = this.#numbers.find(endpoint)
    return at < 0 ? this.#add(endpoint) : at
  }

  /** Monotonic time of the last report; `-Infinity` for never. */
  reportedAt(at: number): number {
    return this.#numbers.values[at + reportedAt] as number
  }

  /** Requests in flight there, as far as can be told: as reported, with what this process began and ended since. */
  rif(at: number, inFlight: number): number {
    const { values } = this.#numbers
    return Math.max(0, (values[at + reportedRif] as number) + inFlight - (values[at + inFlightThen] as number))
  }

  /** The latency that the endpoint reported, or had at its last report. */
  latencyMs(at: number): number {
    return this.#numbers.values[at + latencyMs] as number
  }

  /** An endpoint answered a probe. */
  probed(endpoint: Endpoint, rif: number, measuredMs: number, now: number): void {
    const at = this.of(endpoint)
    const { values } = this.#numbers
    values[at + reportedAt] = now
    values[at + reportedRif] = rif
    values[at + inFlightThen] = endpoint.inFlight
    values[at + latencyMs] = measuredMs
  }

  /** Whether so much of what was tried there of late has failed that its figures, which may well be excellent, mean nothing. */
  failsAt(at: number, now: number): boolean {
    return (this.#numbers.values[at + failureShare] as number) > failingShare && this.#faded(at, now) > failingShare
  }

  #add(endpoint: Endpoint): number {
    const at = this.#numbers.add(endpoint)
    this.#numbers.values[at + reportedAt] = Number.NEGATIVE_INFINITY
    return at
  }

  #endOf(endpoint: Endpoint): MeterEnd {
    const end: MeterEnd = (verdict) => this.#ended(endpoint, verdict)
    end.answered = (verdict, measuredMs, outcome) => {
      if (outcome?.ok !== true || verdict.kind === 'ignored') return
      const report = readLoadReport(outcome.reply)
      if (report !== undefined) this.#reported(endpoint, report, measuredMs)
    }
    return end
  }

  #reported(endpoint: Endpoint, report: LoadReport, measuredMs: number): void {
    const rif = report.get(rifMetric)
    if (rif === undefined) return
    this.reports += 1
    this.probed(endpoint, rif, report.get(latencyMetric) ?? measuredMs, this.#clock.now())
  }

  #ended(endpoint: Endpoint, verdict: Verdict): void {
    const at = this.of(endpoint)
    const { values } = this.#numbers
    if (verdict.kind === 'ignored' || (verdict.kind === 'success' && values[at + failureShare] === 0)) return
    const now = this.#clock.now()
    const share = this.#faded(at, now) * (1 - failureStep) + (verdict.kind === 'failure' ? failureStep : 0)
    values[at + failureShare] = share < 0.001 ? 0 : share
    values[at + failuresAt] = now
  }

  #faded(at: number, now: number): number {
    const { values } = this.#numbers
    return (values[at + failureShare] as number) * Math.exp(((values[at + failuresAt] as number) - now) / failureFadeMs)
  }
}
