import type { MeterEnd } from '../balancing/load-meter.ts'
import type { Attempt } from '../call/attempt.ts'
import type { BodyListener } from '../call/body-feed.ts'
import type { SpentAttempt, UnderwayAttempt } from '../call/call.ts'
import { failed, type Outcome } from '../call/outcome.ts'
import { sideBySide } from '../call/side-by-side.ts'
import type { Verdict } from '../call/verdict.ts'
import type { Endpoint, RosterEndpoint } from '../endpoint/endpoint.ts'
import { RecentLatencies } from '../endpoint/recent-latencies.ts'
import type { MeshError } from '../errors/mesh-error.ts'
import type { Observer } from './observer.ts'

/**
 * One attempt as routing sees it: begun once, and ended once, however it ends. Its latency ends with the head of the reply or the failure;
 * its load ends with the body.
 */
export class Observation implements BodyListener, UnderwayAttempt {
  readonly endpoint: Endpoint
  readonly startedAt: number
  readonly #observer: Observer
  readonly #attempt: Attempt
  readonly #meterEnds: MeterEnd | readonly MeterEnd[] | undefined
  #latencyMs = 0
  #verdict: Verdict | undefined
  #record: SpentAttempt | undefined
  #bodyIsLate = false

  /** The attempt begins. */
  constructor(observer: Observer, attempt: Attempt, startedAt: number) {
    this.endpoint = attempt.endpoint
    this.#observer = observer
    this.#attempt = attempt
    this.startedAt = startedAt
    observer.counters.attempts += 1
    const counted = this.endpoint as RosterEndpoint
    counted.attempts += 1
    counted.inFlight += 1
    writable(attempt.call.underway).push(this)
    this.#meterEnds = observer.beginMetering(this.endpoint, this.startedAt)
  }

  /**
   * The head of the reply came, or the attempt failed.
   *
   * @param outcome what came.
   * @param untriedLeft whether there is an endpoint for the call that it has not tried.
   * @returns how the attempt was judged.
   */
  answered(outcome: Outcome, untriedLeft: boolean): Verdict {
    const now = this.#observer.now()
    this.#latencyMs = now - this.startedAt
    const verdict = this.#observer.judge(outcome, this.#attempt)
    const { call } = this.#attempt
    const { spent, underway } = call
    withdraw(writable(underway), this)
    const record: SpentAttempt = {
      endpoint: this.endpoint,
      verdict,
      result: outcome.ok ? outcome.reply.status : outcome.error.code,
      latencyMs: this.#latencyMs,
      sent: outcome.ok || outcome.error.facts.sent,
      untriedLeft,
      startedAt: this.startedAt,
      error: outcome.ok ? undefined : outcome.error,
      bodyMs: undefined,
    }
    this.#record = call.context.get(sideBySide) ? { ...record, copy: call } : record
    writable(spent).push(this.#record)
    this.#settle(verdict)
    if (verdict.kind !== 'ignored') noteLatency(this.endpoint as RosterEndpoint, this.#latencyMs, now)
    this.#tellAnswered(verdict, outcome, now)
    this.#observer.tellAnswered(this.endpoint, verdict, this.#latencyMs, outcome, this.#attempt)
    if (outcome.ok) {
      outcome.reply.body.whenOver(this)
      this.#bodyIsLate = true
    } else this.#end()
    return verdict
  }

  /** The body is over; one that failed is judged once more. */
  bodyOver(error: MeshError | undefined): void {
    const before = this.#verdict
    // The body of a small reply is there with its head: no clock is read for it.
    const record = this.#record as BodyTimes
    record.bodyMs = this.#bodyIsLate ? this.#observer.now() - this.startedAt - this.#latencyMs : 0
    if (error !== undefined) {
      record.bodyError = error.code
      this.#settle(this.#observer.judge(failed(error), this.#attempt))
      this.#observer.broke?.(this.#attempt.call, error)
    }
    const verdict = this.#verdict as Verdict
    const spoiled = before?.kind !== 'failure' && verdict.kind === 'failure' ? error : undefined
    this.#observer.tellBodyOver(this.endpoint, verdict, spoiled, this.startedAt, this.#attempt)
    this.#end()
  }

  /** Takes a verdict; a failure is counted at once, and stays whatever comes after it. */
  #settle(verdict: Verdict): void {
    if (this.#verdict?.kind === 'failure') return
    this.#verdict = verdict
    if (verdict.kind !== 'failure') return
    this.#observer.counters.failed += 1
    const counted = this.endpoint as RosterEndpoint
    counted.failures += 1
  }

  #tellAnswered(verdict: Verdict, outcome: Outcome, at: number): void {
    const ends = this.#meterEnds
    if (ends === undefined) return
    if (typeof ends === 'function') this.#observer.answerMetering(ends, verdict, this.#latencyMs, outcome, at)
    else for (const end of ends) this.#observer.answerMetering(end, verdict, this.#latencyMs, outcome, at)
  }

  #end(): void {
    const verdict = this.#verdict as Verdict
    const { counters } = this.#observer
    if (verdict.kind === 'success') counters.succeeded += 1
    else if (verdict.kind === 'ignored') counters.ignored += 1
    const counted = this.endpoint as RosterEndpoint
    counted.inFlight -= 1
    const ends = this.#meterEnds
    if (ends === undefined) return
    if (typeof ends === 'function') this.#observer.endMetering(ends, verdict, this.#latencyMs)
    else for (const end of ends) this.#observer.endMetering(end, verdict, this.#latencyMs)
  }
}

/** What is written of a spent attempt when its body is over. */
type BodyTimes = { -readonly [Name in 'bodyMs' | 'bodyError']: SpentAttempt[Name] }

/** Routing is the one that writes a call's records, and this is where. */
function writable<T extends SpentAttempt | UnderwayAttempt>(records: readonly T[]): T[] {
  return records as T[]
}

function noteLatency(endpoint: RosterEndpoint, latencyMs: number, now: number): void {
  endpoint.latencies ??= new RecentLatencies(now)
  endpoint.latencies.add(latencyMs, now)
}

function withdraw(underway: UnderwayAttempt[], attempt: UnderwayAttempt): void {
  // Nearly always it is the only one, and the last.
  if (underway[underway.length - 1] === attempt) underway.pop()
  else underway.splice(underway.indexOf(attempt), 1)
}
