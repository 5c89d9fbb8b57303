import type { Random } from '../runtime/random.ts'
import type { DecisionRecord } from './decision-record.ts'
import { FairRing } from './fair-ring.ts'
import type { RecordsSettings } from './records-options.ts'
import { SlowestCalls } from './slowest-calls.ts'

/** So many services are remembered, those that have left included; the ones that came first are forgotten first. */
const mostServices = 1_024

/** How many records one service may still have in this second. */
class Allowance {
  readonly #perSecond: number
  #endsAt = Number.NEGATIVE_INFINITY
  #made = 0

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** Takes one, if there is one. @param now monotonic time, in milliseconds. */
  take(now: number): boolean {
    if (now >= this.#endsAt) {
      this.#endsAt = now + 1_000
      this.#made = 0
    }
    if (this.#made >= this.#perSecond) return false
    this.#made += 1
    return true
  }
}

/** What is kept of the calls of one service. */
export class ServiceRecords {
  readonly slowest: SlowestCalls<DecisionRecord>
  readonly #service: string
  readonly #settings: RecordsSettings
  readonly #failed: FairRing<DecisionRecord>
  readonly #draws: Random
  readonly #allowance: Allowance

  constructor(service: string, settings: RecordsSettings, failed: FairRing<DecisionRecord>, draws: Random) {
    this.#service = service
    this.#settings = settings
    this.#failed = failed
    this.#draws = draws
    this.#allowance = new Allowance(settings.perSecond)
    this.slowest = new SlowestCalls(settings.slowest, settings.windowMs)
  }

  /** Whether a record is to be made of a call that failed at this monotonic time. */
  takesFailed(now: number): boolean {
    const { keep, sample } = this.#settings
    if (keep === 0 || (sample < 1 && this.#draws.next() >= sample)) return false
    return this.#allowance.take(now)
  }

  /** Whether a record is to be made of a call that is among the slowest. */
  takesSlow(now: number): boolean {
    return this.#allowance.take(now)
  }

  /** Keeps the record of a call that failed. */
  addFailed(record: DecisionRecord): void {
    this.#failed.add(this.#service, record)
  }
}

/** The records of the failed and the slowest calls of a mesh. They outlive plans and services. */
export class CallRecords {
  readonly #settings: RecordsSettings
  readonly #draws: Random
  readonly #failed: FairRing<DecisionRecord>
  readonly #services = new Map<string, ServiceRecords>()

  /**
   * @param settings see {@link RecordsSettings}.
   * @param random for samples.
   */
  constructor(settings: RecordsSettings, random: Random) {
    this.#settings = settings
    this.#draws = random.fork('records')
    this.#failed = new FairRing(settings.keep)
  }

  /** What is kept of a service. */
  of(service: string): ServiceRecords {
    let known = this.#services.get(service)
    if (known === undefined) {
      known = new ServiceRecords(service, this.#settings, this.#failed, this.#draws)
      if (this.#services.size >= mostServices) for (const first of this.#services.keys()) if (this.#services.delete(first)) break
      this.#services.set(service, known)
    }
    return known
  }

  /** Every record, the newest call first. */
  recent(): readonly DecisionRecord[] {
    const all = [...this.#failed.all()]
    for (const { slowest } of this.#services.values()) all.push(...slowest.all())
    return all.sort((a, b) => b.startedAt - a.startedAt)
  }
}
