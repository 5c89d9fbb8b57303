import { readLoadMetrics } from '../call/load-metrics.ts'
import type { Verdict } from '../call/verdict.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Clock } from '../runtime/clock.ts'
import { EndpointNumbers } from './endpoint-numbers.ts'
import type { InFlightOf } from './in-flight-of.ts'
import type { LoadMeter, MeterEnd } from './load-meter.ts'

/** Metrics that an endpoint reports: requests in flight, with the one whose reply carries the report. */
export const rifMetric = 'named_metrics.rif'
/** The median latency of late at about that many in flight, measured by the server itself, in milliseconds. */
export const latencyMetric = 'named_metrics.latency_ms'

const metrics = [rifMetric, latencyMetric]
/** What was read of the last report. */
const reported = new Float64Array(metrics.length)

/** How much one attempt moves the share of failures. */
const failureStep = 0.1
/** From this share on, an endpoint is taken for one that fails: three failures in a row. */
const failingShare = 0.25
/** The time in which the share of failures fades to 37 %. */
const failureFadeMs = 10_000

/** What an endpoint said of itself last, and how it fared: its numbers, in this order. */
const reportedAt = 0
/** As reported, less what this process had in flight there then. */
const rifOfOthers = 1
const latencyMs = 2
const failureShare = 3
const failuresAt = 4
const width = 8

/** Is told when a reply has brought a report, after it was noted: of whom, how many requests were in flight there, and the monotonic time. */
export type ReportListener = (endpoint: Endpoint, rif: number, now: number) => void

/** Hears every attempt, and keeps what the endpoints report in their replies. */
export class LoadRecords implements LoadMeter {
  readonly name = 'load-records'
  readonly #clock: Clock
  readonly #reportedTo: ReportListener
  readonly #numbers = new EndpointNumbers(width)
  readonly #ends = new WeakMap<Endpoint, MeterEnd>()
  /** From then on, nobody fails any more of those who did so far. */
  #failsUntil = Number.NEGATIVE_INFINITY
  /** How many reports were read. */
  reports = 0

  /**
   * @param clock what reports are dated by.
   * @param reportedTo see {@link ReportListener}.
   */
  constructor(clock: Clock, reportedTo: ReportListener = () => {}) {
    this.#clock = clock
    this.#reportedTo = reportedTo
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

  /**
   * What is known of several, three numbers each: requests in flight there, as far as can be told (as reported, with what this process began and ended
   * since); the latency that the endpoint reported, or had at its last report; and the monotonic time of that, `-Infinity` for never. No read waits
   * for another one, and none for a branch.
   *
   * @param indexes which endpoints of a set.
   * @param count how many they are.
   * @param places where it is noted how each of the set is, see {@link LoadRecords.of}, and one more.
   * @param inFlight what each of the set has in flight.
   * @param into where it is written, in the order of the indexes.
   */
  read(indexes: Int32Array, count: number, places: Int32Array, inFlight: InFlightOf, into: Float64Array): void {
    const { values } = this.#numbers
    const { counts, seats } = inFlight
    for (let i = 0; i < count; i += 1) {
      const index = indexes[i] as number
      const at = (places[index] as number) - 1
      const here = counts === undefined ? inFlight.at(index) : (counts[seats === undefined ? index : (seats[index] as number)] as number)
      const rif = (values[at + rifOfOthers] as number) + here
      // At least 0: whether a server is idle, no processor foresees.
      into[3 * i] = (rif + Math.abs(rif)) / 2
      into[3 * i + 1] = values[at + latencyMs] as number
      into[3 * i + 2] = values[at + reportedAt] as number
    }
  }

  /** Whether the last report of the endpoint is older than a time; there may be none. */
  isOlder(at: number, than: number): boolean {
    return (this.#numbers.values[at + reportedAt] as number) < than
  }

  /** An endpoint answered a probe. */
  probed(endpoint: Endpoint, rif: number, measuredMs: number, now: number): void {
    const at = this.of(endpoint)
    const { values } = this.#numbers
    values[at + reportedAt] = now
    values[at + rifOfOthers] = rif - endpoint.inFlight
    values[at + latencyMs] = measuredMs
  }

  /** Whether anybody may be one of those that fail: nearly always nobody is, and need not be asked about. */
  anyFails(now: number): boolean {
    return now <= this.#failsUntil
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
      readLoadMetrics(outcome.reply, metrics, reported)
      this.#reported(endpoint, measuredMs)
    }
    return end
  }

  #reported(endpoint: Endpoint, measuredMs: number): void {
    const rif = reported[0] as number
    if (Number.isNaN(rif)) return
    this.reports += 1
    const latency = reported[1] as number
    const now = this.#clock.now()
    this.probed(endpoint, rif, Number.isNaN(latency) ? measuredMs : latency, now)
    this.#reportedTo(endpoint, rif, now)
  }

  #ended(endpoint: Endpoint, verdict: Verdict): void {
    const at = this.of(endpoint)
    const { values } = this.#numbers
    if (verdict.kind === 'ignored' || (verdict.kind === 'success' && values[at + failureShare] === 0)) return
    const now = this.#clock.now()
    const share = this.#faded(at, now) * (1 - failureStep) + (verdict.kind === 'failure' ? failureStep : 0)
    values[at + failureShare] = share < 0.001 ? 0 : share
    values[at + failuresAt] = now
    if (share > failingShare) this.#failsUntil = Math.max(this.#failsUntil, now + failureFadeMs * Math.log(share / failingShare))
  }

  #faded(at: number, now: number): number {
    const { values } = this.#numbers
    return (values[at + failureShare] as number) * Math.exp(((values[at + failuresAt] as number) - now) / failureFadeMs)
  }
}
