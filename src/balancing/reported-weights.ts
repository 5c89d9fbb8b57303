import { type LoadReport, readLoadReport } from '../call/load-report.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Clock } from '../runtime/clock.ts'
import type { LoadMeter, MeterEnd } from './load-meter.ts'

/** How reports become weights. */
export interface ReportedWeightsSettings {
  readonly blackoutMs: number
  readonly expirationMs: number
  readonly penalty: number
  readonly metrics: readonly string[]
}

/**
 * The weight that a report gives: how many calls a second its endpoint could serve at full utilization, errors taken off.
 *
 * @param report what the endpoint said.
 * @param penalty how much an error counts as utilization.
 * @param metrics what stands for utilization, the largest of them, if the application does not report its own.
 * @returns 0 when the report says too little.
 */
export function reportedWeight(report: LoadReport, penalty: number, metrics: readonly string[]): number {
  const rate = report.get('rps_fractional') ?? 0
  let utilization = report.get('application_utilization') ?? 0
  if (utilization === 0) for (const name of metrics) utilization = Math.max(utilization, report.get(name) ?? 0)
  if (utilization === 0) utilization = report.get('cpu_utilization') ?? 0
  if (rate === 0 || utilization === 0) return 0
  const weight = rate / (utilization + ((report.get('eps') ?? 0) / rate) * penalty)
  return Number.isFinite(weight) ? weight : 0
}

/** The weight of one endpoint by its reports. */
export class ReportedWeight {
  readonly #settings: ReportedWeightsSettings
  #weight = 0
  #since = Number.POSITIVE_INFINITY
  #at = Number.NEGATIVE_INFINITY

  constructor(settings: ReportedWeightsSettings) {
    this.#settings = settings
  }

  /** Takes a report in; one that says too little is no report. */
  report(report: LoadReport, now: number): void {
    const weight = reportedWeight(report, this.#settings.penalty, this.#settings.metrics)
    if (weight === 0) return
    // After a silence as long as that, the endpoint is as good as new.
    if (now - this.#at >= this.#settings.expirationMs || this.#since === Number.POSITIVE_INFINITY) this.#since = now
    this.#weight = weight
    this.#at = now
  }

  /** The weight now; 0 when there is none that can be relied on. */
  weightAt(now: number): number {
    const { blackoutMs, expirationMs } = this.#settings
    return now - this.#at < expirationMs && now - this.#since >= blackoutMs ? this.#weight : 0
  }
}

/** Hears every attempt, and keeps the weights that endpoints report for themselves. */
export class ReportedWeights implements LoadMeter {
  readonly name = 'reported-weights'
  readonly #settings: ReportedWeightsSettings
  readonly #clock: Clock
  readonly #known = new WeakMap<Endpoint, { readonly weight: ReportedWeight; readonly end: MeterEnd }>()
  /** How many replies carried a report. */
  reports = 0

  constructor(settings: ReportedWeightsSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
  }

  load({ inFlight }: Endpoint): number {
    return inFlight
  }

  began(endpoint: Endpoint): MeterEnd {
    return this.#entryOf(endpoint).end
  }

  /** What is known of an endpoint; the same object as long as there is the endpoint. */
  of(endpoint: Endpoint): ReportedWeight {
    return this.#entryOf(endpoint).weight
  }

  #entryOf(endpoint: Endpoint): { readonly weight: ReportedWeight; readonly end: MeterEnd } {
    let entry = this.#known.get(endpoint)
    if (entry === undefined) {
      entry = this.#newEntry()
      this.#known.set(endpoint, entry)
    }
    return entry
  }

  #newEntry(): { readonly weight: ReportedWeight; readonly end: MeterEnd } {
    const weight = new ReportedWeight(this.#settings)
    const end: MeterEnd = () => {}
    end.answered = (_verdict, _latencyMs, outcome) => {
      const report = outcome?.ok === true ? readLoadReport(outcome.reply) : undefined
      if (report === undefined) return
      this.reports += 1
      weight.report(report, this.#clock.now())
    }
    return { weight, end }
  }
}
