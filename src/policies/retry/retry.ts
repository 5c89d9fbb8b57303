import type { Call, SpentAttempt } from '../../call/call.ts'
import { avoidTriedZones } from '../../call/call-options.ts'
import type { Layer, Send } from '../../call/layer.ts'
import { failed, type Outcome } from '../../call/outcome.ts'
import { withheld } from '../../call/repeat-notes.ts'
import { afterwards, type Stage } from '../../call/settling.ts'
import { decidingAttempt } from '../../call/side-by-side.ts'
import { beginWait, endWait } from '../../call/waiting-for.ts'
import type { Host } from '../../runtime/host.ts'
import type { Random } from '../../runtime/random.ts'
import { backoffMs } from './backoff.ts'
import type { ExtraAttempts } from './extra-attempts.ts'
import { attemptsMade, isRepeatedAbove, mayRepeat } from './may-repeat.ts'
import { nextAttempt, pause } from './pause.ts'
import type { RetrySettings } from './retry-options.ts'
import { tellRepeated } from './tell-repeated.ts'

/** Repeats the attempts of one service's calls. */
class Retrier {
  readonly #settings: RetrySettings
  readonly #host: Host
  readonly #jitter: Random
  readonly #extra: ExtraAttempts

  constructor(settings: RetrySettings, host: Host, extra: ExtraAttempts) {
    this.#settings = settings
    this.#host = host
    this.#jitter = host.random.fork('retry')
    this.#extra = extra
  }

  run(call: Call, next: Send<Call>): Promise<Outcome> {
    this.#extra.callBegan(call.startedAt)
    if (this.#settings.avoidTriedZones) call.context.set(avoidTriedZones, true)
    // A policy of the user's may send a call again: then it has a past that does not count here.
    const past = call.spent.length === 0 ? 0 : attemptsMade(call)
    const before = decidingAttempt(call)
    // Not an async function: nearly every call is over with its first attempt, and would pay for the frame.
    return afterwards(next(call), new FirstTry(this, call, next, past, before))
  }

  /** Repeats a first try that failed, for as long as that is allowed. */
  async repeat(call: Call, next: Send<Call>, first: Outcome, firstLast: SpentAttempt, past: number): Promise<Outcome> {
    let outcome = first
    let last = firstLast
    let backoff = 0
    for (let retry = 1; ; retry += 1) {
      const asked = last.verdict.kind === 'failure' ? last.verdict.notBeforeMs : undefined
      backoff = backoffMs(retry, this.#settings.backoff, this.#jitter.next(), backoff)
      // Not `??`: a classifier that read a bad header may say NaN. Added, not the greater: those who are told the same must not come as one.
      const waitMs = Math.max(0, asked || 0) + backoff
      if (!this.#repeats(call, last, attemptsMade(call) - past, waitMs)) return outcome
      if (outcome.ok) outcome.reply.body.discard()
      tellRepeated(this.#host, call, last, waitMs, 'retry')
      await this.#wait(call, waitMs)
      if (call.cancellation.reason !== undefined) return failed(call.cancellation.reason)
      const before = last
      outcome = await next(call)
      last = decidingAttempt(call) as SpentAttempt
      // Without another attempt there is nothing to judge: nobody was left to try, or the caller is gone.
      if (last === before) return outcome
    }
  }

  /** Whether another attempt follows the one that a call has spent last; pays for it. */
  #repeats(call: Call, { verdict }: SpentAttempt, made: number, waitMs: number): boolean {
    if (verdict.kind !== 'failure' || verdict.retry === 'never' || !mayRepeat(call)) return false
    const now = this.#host.clock.now()
    if (now + waitMs >= call.deadline) return false
    if (verdict.retry !== 'always' && !call.idempotent) return false
    const { attempts, enforce } = this.#settings
    if (made >= attempts || isRepeatedAbove(call)) return false
    const { counts } = this.#extra
    if (enforce < 1 && this.#host.random.next() >= enforce) {
      counts.retriesWithheld += 1
      call.context.set(withheld, 'enforce')
      return false
    }
    // Last, so that only a retry which takes place is paid for.
    if (!this.#extra.take(now)) {
      counts.overBudget += 1
      call.context.set(withheld, 'budget')
      return false
    }
    counts.retries += 1
    return true
  }

  async #wait(call: Call, waitMs: number): Promise<void> {
    const { clock } = this.#host
    beginWait(call, nextAttempt, clock.now())
    await pause(clock, waitMs, call.cancellation)
    endWait(call, nextAttempt, clock.now())
  }
}

/** The first try of a call: nearly always its only one. */
class FirstTry implements Stage {
  readonly #retrier: Retrier
  readonly #call: Call
  readonly #next: Send<Call>
  readonly #past: number
  readonly #before: SpentAttempt | undefined

  constructor(retrier: Retrier, call: Call, next: Send<Call>, past: number, before: SpentAttempt | undefined) {
    this.#retrier = retrier
    this.#call = call
    this.#next = next
    this.#past = past
    this.#before = before
  }

  settled(outcome: Outcome): Outcome | Promise<Outcome> {
    const last = decidingAttempt(this.#call)
    if (last === undefined || last === this.#before || last.verdict.kind !== 'failure') return outcome
    return this.#retrier.repeat(this.#call, this.#next, outcome, last, this.#past)
  }
}

/**
 * Repeats failed attempts: one that the classifier says may be repeated (`always`, or `if-idempotent` for an idempotent call) is made again
 * after a wait, if attempts, budget and deadline allow; when they do not, the caller gets the last outcome, also when it is a reply with a
 * 503.
 *
 * Nothing is repeated when the request body cannot be sent again, when the caller said `retry: false`, or in the service of an inbound
 * request that is itself a repetition.
 *
 * @param settings see {@link RetrySettings}.
 * @param host time, chance, and who hears of repeated attempts.
 * @param extra what the service may make in attempts beyond the first.
 * @returns a layer that surrounds hedging and routing.
 */
export function retry(settings: RetrySettings, host: Host, extra: ExtraAttempts): Layer<Call> {
  const retrier = new Retrier(settings, host, extra)
  return (next) => (call) => retrier.run(call, next)
}
