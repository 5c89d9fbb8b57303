import { failed, type Outcome } from '../call/outcome.ts'
import type { Verdict } from '../call/verdict.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { MeshError } from '../errors/mesh-error.ts'
import type { Timer } from '../runtime/clock.ts'
import type { Host } from '../runtime/host.ts'
import type { Random } from '../runtime/random.ts'
import type { AttemptWatcher } from './attempt-watcher.ts'
import { blamesEndpoint } from './consecutive-failures.ts'
import type { EjectionSettings } from './ejection-options.ts'
import type { EjectionParts } from './ejection-parts.ts'
import { EjectionRecord, type EjectionState, mostEjected } from './ejection-record.ts'
import type { HealthBoard } from './health-board.ts'
import type { ProbeDesk, ProbeJudge } from './probe-desk.ts'
import type { Finding } from './rule-panel.ts'

/** What the ejector works with. */
export interface EjectorMeans {
  readonly host: Host
  /** Where an endpoint that is out is noted. */
  readonly board: HealthBoard
  /** Where it asks for the attempt that decides whether an endpoint comes back. */
  readonly probes: ProbeDesk
  /** How many endpoints the service has. */
  readonly count: () => number
}

/** Under this rule stand endpoints that somebody outside ejected. */
const byHand = 'by-hand'

/**
 * Leaves endpoints out that a rule has found against, never more than a share of them, and lets each back in after one attempt that succeeds.
 *
 * It stands on the path of every attempt: while nothing fails that is a look-up and a few additions. One background timer a service closes the
 * interval, and only while there is traffic; an endpoint that is out has a timer of its own.
 */
export class Ejector implements AttemptWatcher, ProbeJudge {
  readonly name = 'ejection'
  /** Ejections that were carried out; that were only told, because of `enforce`; that were not, because enough endpoints were out. */
  readonly counts = { carriedOut: 0, notEnforced: 0, overLimit: 0 }
  readonly #means: EjectorMeans
  readonly #chance: Random
  readonly #records = new WeakMap<Endpoint, EjectionRecord>()
  readonly #out = new Map<Endpoint, EjectionRecord>()
  /** Those that are in and whose back-off has steps to forgive. */
  readonly #forgiving = new Set<EjectionRecord>()
  /** Those with attempts in this interval. */
  #touched: EjectionRecord[] = []
  #parts: EjectionParts | undefined
  #tick: Timer | undefined

  /** @param means see {@link EjectorMeans}. */
  constructor(means: EjectorMeans) {
    this.#means = means
    this.#chance = means.host.random.fork('ejection')
  }

  /** Puts rules in force in place of those before. Endpoints that are out stay out, unless nothing is to be ejected any more. */
  use(parts: EjectionParts | undefined): void {
    if (parts === this.#parts) return
    this.#parts = parts
    this.#tick?.cancel()
    this.#tick = undefined
    this.#takeTouched().forEach(beginAnew)
    if (parts !== undefined) this.keepWithinLimit()
    else for (const record of [...this.#out.values()]) if (record.rule !== byHand) this.#readmit(record, 'switched-off')
    if (this.#forgiving.size > 0) this.#startInterval()
  }

  answered(endpoint: Endpoint, verdict: Verdict, latencyMs: number, outcome: Outcome): void {
    const parts = this.#parts
    if (parts === undefined || verdict.kind === 'ignored') return
    const failure = verdict.kind === 'failure'
    if (failure && !blamesEndpoint(outcome)) return
    const record = this.#recordOf(endpoint)
    if (!record.isJudged || this.#isLate(record, latencyMs)) return
    if (!record.touched) this.#touch(record)
    record.attempts += 1
    if (failure) record.failures += 1
    else record.latencySum += latencyMs
    const finding = parts.panel.judge(endpoint, verdict, latencyMs, outcome)
    if (finding !== undefined) this.#consider(parts, record, finding)
  }

  bodyOver(endpoint: Endpoint, verdict: Verdict, error: MeshError | undefined): void {
    const parts = this.#parts
    if (parts === undefined || verdict.kind === 'ignored') return
    if (error === undefined) {
      parts.panel.completed(endpoint)
      return
    }
    const outcome = failed(error)
    const record = this.#recordOf(endpoint)
    if (verdict.kind !== 'failure' || !record.isJudged || !blamesEndpoint(outcome)) return
    // The interval took the head for a success; if that interval is over, or the head was a failure already, there is none to turn around.
    if (record.failures < record.attempts) record.failures += 1
    const finding = parts.panel.judge(endpoint, verdict, 0, outcome)
    if (finding !== undefined) this.#consider(parts, record, finding)
  }

  /** Told by the probe desk. */
  probed(endpoint: Endpoint, verdict: Verdict): void {
    const record = this.#out.get(endpoint)
    if (record?.rule === undefined || this.#parts === undefined) return
    if (verdict.kind === 'success') this.#readmit(record, 'probe')
    else this.#keepOut(this.#parts.settings, record, { endpoint, rule: record.rule, forMs: undefined })
  }

  /** Leaves an endpoint out whatever rules and limit say, for a time or until somebody readmits it. It comes back without a probe. */
  eject(endpoint: Endpoint, forMs: number): void {
    const record = this.#recordOf(endpoint)
    if (record.gone) return
    this.#means.probes.withdraw(endpoint, this)
    this.#takeOut(record, byHand, forMs)
  }

  /** Lets an endpoint back in without a probe. */
  readmit(endpoint: Endpoint): void {
    const record = this.#out.get(endpoint)
    if (record !== undefined) this.#readmit(record, byHand)
  }

  /** Forgets endpoints that have left the service. When too many of those that stayed are out, the ones that have been out longest come back. */
  forget(endpoints: readonly Endpoint[]): void {
    for (const endpoint of endpoints) {
      const record = this.#recordOf(endpoint)
      // Attempts that are under way there still end, and must not eject what is not there.
      record.gone = true
      record.stop()
      this.#out.delete(endpoint)
      this.#forgiving.delete(record)
      this.#means.probes.withdraw(endpoint, this)
    }
    this.keepWithinLimit()
  }

  /** Lets endpoints back in when there are fewer endpoints than there were, or fewer may be out. */
  keepWithinLimit(): void {
    const limit = this.#limit()
    for (const record of [...this.#out.values()]) {
      if (this.#out.size <= limit) return
      if (record.rule !== byHand) this.#readmit(record, 'limit')
    }
  }

  /** What is known of an endpoint that is out. */
  stateOf(endpoint: Endpoint): EjectionState | undefined {
    const record = this.#out.get(endpoint)
    if (record?.rule === undefined) return undefined
    return { rule: record.rule, forMs: Math.max(0, record.until - this.#now()), times: record.times }
  }

  /** The service is gone. */
  close(): void {
    this.#parts = undefined
    this.#tick?.cancel()
    for (const record of this.#out.values()) record.stop()
    this.#out.clear()
  }

  /** A rule has found against an endpoint that is in. */
  #consider({ settings, panel }: EjectionParts, record: EjectionRecord, finding: Finding): void {
    const { endpoint, rule, forMs } = finding
    const { board } = this.#means
    // Another judge keeps it out already; two penalties for one illness would only keep it away longer than either means to.
    if (board.stateOf(endpoint) === 'unhealthy') return
    if (this.#out.size >= this.#limit()) {
      this.counts.overLimit += 1
      return
    }
    if (settings.enforce < 1 && this.#chance.next() >= settings.enforce) {
      this.counts.notEnforced += 1
      const wouldBe = forMs ?? Math.min(settings.maxMs, settings.baseMs * (record.times + 1))
      this.#tellEjected(record, rule, wouldBe, false)
      panel.readmitted(endpoint)
      return
    }
    this.#keepOut(settings, record, finding)
  }

  #keepOut({ baseMs, maxMs, jitterMs }: EjectionSettings, record: EjectionRecord, { rule, forMs }: Finding): void {
    // What is longer than the longest would only be more steps to forgive.
    if (record.times * baseMs < maxMs) record.times += 1
    const jitter = jitterMs > 0 ? jitterMs * this.#chance.next() : 0
    this.counts.carriedOut += 1
    this.#takeOut(record, rule, forMs ?? Math.min(maxMs, baseMs * record.times) + jitter)
  }

  #takeOut(record: EjectionRecord, rule: string, forMs: number): void {
    const { host, board } = this.#means
    const now = this.#now()
    record.stop()
    if (record.rule === undefined) record.outSince = now
    record.rule = rule
    record.clear()
    record.until = now + forMs
    this.#forgiving.delete(record)
    this.#out.set(record.endpoint, record)
    board.note(record.endpoint, this.name, 'unhealthy')
    if (Number.isFinite(forMs)) record.timer = host.clock.schedule(forMs, () => this.#timeServed(record), { background: true })
    this.#tellEjected(record, rule, forMs, true)
  }

  #timeServed(record: EjectionRecord): void {
    if (record.rule === byHand || this.#parts === undefined) this.#readmit(record, byHand)
    else this.#means.probes.ask(record.endpoint, this, this.#parts.settings.probeTimeoutMs)
  }

  #readmit(record: EjectionRecord, by: 'probe' | 'by-hand' | 'limit' | 'switched-off'): void {
    const { host, board, probes } = this.#means
    const { endpoint } = record
    record.stop()
    record.rule = undefined
    record.backSince = this.#now()
    this.#out.delete(endpoint)
    probes.withdraw(endpoint, this)
    board.note(endpoint, this.name, undefined)
    this.#parts?.panel.readmitted(endpoint)
    if (record.times > 0) {
      this.#forgiving.add(record)
      this.#startInterval()
    }
    host.emit('endpoint-readmitted', { service: host.service, endpoint: endpoint.address, afterMs: record.backSince - record.outSince, by })
  }

  #tellEjected({ endpoint, times }: EjectionRecord, rule: string, forMs: number, enforced: boolean): void {
    const { service, emit } = this.#means.host
    emit('endpoint-ejected', { service, endpoint: endpoint.address, rule, forMs, times, enforced })
  }

  #touch(record: EjectionRecord): void {
    record.touched = true
    this.#touched.push(record)
    this.#startInterval()
  }

  #takeTouched(): EjectionRecord[] {
    const touched = this.#touched
    this.#touched = []
    return touched
  }

  #startInterval(): void {
    if (this.#parts === undefined || this.#tick !== undefined) return
    this.#tick = this.#means.host.clock.schedule(this.#parts.settings.intervalMs, () => this.#endInterval(), { background: true })
  }

  #endInterval(): void {
    this.#tick = undefined
    const parts = this.#parts
    if (parts === undefined) return
    const touched = this.#takeTouched()
    const known = new Map(touched.map((record) => [record.endpoint, record]))
    parts.panel.review(
      () => touched.filter((record) => record.isJudged && record.attempts > 0),
      (finding) => {
        const record = known.get(finding.endpoint)
        if (record?.isJudged === true) this.#consider(parts, record, finding)
      },
    )
    touched.forEach(beginAnew)
    for (const record of this.#forgiving) {
      // Only a whole interval counts.
      if (this.#now() - record.backSince < parts.settings.intervalMs) continue
      record.times -= 1
      if (record.times === 0) this.#forgiving.delete(record)
    }
    if (touched.length > 0 || this.#forgiving.size > 0) this.#startInterval()
  }

  /** Whether an attempt began before its endpoint came back. */
  #isLate({ backSince }: EjectionRecord, latencyMs: number): boolean {
    return backSince !== Number.NEGATIVE_INFINITY && this.#now() - latencyMs < backSince
  }

  #limit(): number {
    return mostEjected(this.#parts?.settings.maxEjected ?? 1, this.#means.count())
  }

  #recordOf(endpoint: Endpoint): EjectionRecord {
    let record = this.#records.get(endpoint)
    if (record === undefined) {
      record = new EjectionRecord(endpoint)
      this.#records.set(endpoint, record)
    }
    return record
  }

  #now(): number {
    return this.#means.host.clock.now()
  }
}

function beginAnew(record: EjectionRecord): void {
  record.touched = false
  record.clear()
}
