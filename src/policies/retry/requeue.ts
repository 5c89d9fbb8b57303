import type { Call, SpentAttempt } from '../../call/call.ts'
import type { Layer, Send } from '../../call/layer.ts'
import type { Outcome } from '../../call/outcome.ts'
import { withheld } from '../../call/repeat-notes.ts'
import { afterwards, type Stage } from '../../call/settling.ts'
import { lastAttemptOf } from '../../call/side-by-side.ts'
import { beginWait, endWait } from '../../call/waiting-for.ts'
import type { Host } from '../../runtime/host.ts'
import type { Random } from '../../runtime/random.ts'
import { backoffMs } from './backoff.ts'
import type { ExtraAttempts } from './extra-attempts.ts'
import { mayRepeat } from './may-repeat.ts'
import { nextAttempt, pause } from './pause.ts'
import { requeues } from './requeues.ts'
import type { RetrySettings } from './retry-options.ts'
import { tellRepeated } from './tell-repeated.ts'

class Requeuer {
  readonly #settings: RetrySettings
  readonly #host: Host
  readonly #extra: ExtraAttempts
  readonly #jitter: Random

  constructor(settings: RetrySettings, host: Host, extra: ExtraAttempts) {
    this.#settings = settings
    this.#host = host
    this.#extra = extra
    this.#jitter = host.random.fork('requeue')
  }

  run(call: Call, next: Send<Call>): Promise<Outcome> {
    const before = lastAttemptOf(call)
    this.#extra.attemptBegan()
    // Not an async function: nearly every call is over with its first attempt, and would pay for the frame.
    return afterwards(next(call), new Try(this, call, next, before))
  }

  /** An attempt is over. */
  ended(call: Call, next: Send<Call>, outcome: Outcome, before: SpentAttempt | undefined): Outcome | Promise<Outcome> {
    const last = lastAttemptOf(call)
    // Without another attempt there is nothing to judge: nobody was left to try, or the caller is gone.
    const made = last === before ? undefined : last
    const failed = made?.verdict.kind === 'failure'
    this.#extra.attemptEnded(made?.verdict, failed ? this.#host.clock.now() : 0)
    return made !== undefined && failed && this.#wantsOn(call, outcome, made) ? this.#goOn(call, next, outcome, made) : outcome
  }

  async #goOn(call: Call, next: Send<Call>, outcome: Outcome, last: SpentAttempt): Promise<Outcome> {
    if (!(await this.#paid(call))) return outcome
    call.context.set(requeues, call.context.get(requeues) + 1)
    this.#extra.counts.requeues += 1
    tellRepeated(this.#host, call, last, 0, 'requeue')
    return this.run(call, next)
  }

  #wantsOn(call: Call, outcome: Outcome, last: SpentAttempt): boolean {
    const { verdict } = last
    if (verdict.kind !== 'failure' || verdict.retry !== 'always' || outcome.ok || outcome.error.facts.sent) return false
    if (!mayRepeat(call) || !last.untriedLeft || call.context.get(requeues) >= this.#settings.requeues) return false
    // A balancer that insists on an endpoint which was tried before would be asked for ever.
    if (call.spent.find(({ endpoint }) => endpoint === last.endpoint) !== last) return false
    if (this.#host.clock.now() >= call.deadline) return false
    const { enforce } = this.#settings
    if (enforce < 1 && this.#host.random.next() >= enforce) {
      this.#extra.counts.retriesWithheld += 1
      call.context.set(withheld, 'enforce')
      return false
    }
    return true
  }

  /**
   * Pays for a requeue. When many calls come at once to a service of which nothing is known yet, there is no credit: a call that cannot
   * pay waits a little, for the answers that others get are what it is paid with.
   */
  async #paid(call: Call): Promise<boolean> {
    const { clock } = this.#host
    const { attempts, backoff } = this.#settings
    for (let wait = 1; ; wait += 1) {
      const now = clock.now()
      if (this.#extra.takeRequeue(now)) return true
      const waitMs = wait < attempts ? backoffMs(wait, backoff, this.#jitter.next()) : Number.POSITIVE_INFINITY
      if (!(now + waitMs < call.deadline) || waitMs === Number.POSITIVE_INFINITY) break
      beginWait(call, nextAttempt, now)
      await pause(clock, waitMs, call.cancellation)
      endWait(call, nextAttempt, clock.now())
      if (call.cancellation.reason !== undefined) return false
    }
    this.#extra.counts.overBudget += 1
    call.context.set(withheld, 'budget')
    return false
  }
}

/** An attempt of a call, which may go on elsewhere. */
class Try implements Stage {
  readonly #requeuer: Requeuer
  readonly #call: Call
  readonly #next: Send<Call>
  readonly #before: SpentAttempt | undefined

  constructor(requeuer: Requeuer, call: Call, next: Send<Call>, before: SpentAttempt | undefined) {
    this.#requeuer = requeuer
    this.#call = call
    this.#next = next
    this.#before = before
  }

  settled(outcome: Outcome): Outcome | Promise<Outcome> {
    return this.#requeuer.ended(this.#call, this.#next, outcome, this.#before)
  }
}

/**
 * Lets a call go on to another endpoint, at once and whatever its method, when the one before provably never got it. It goes to each endpoint
 * once at most, as long as deadline, credit and budget last; see {@link ExtraAttempts}. It counts against nothing else.
 *
 * @param settings see {@link RetrySettings}.
 * @param host time, chance, and who hears of it.
 * @param extra what the service may make.
 * @returns a layer that surrounds routing.
 */
export function requeue(settings: RetrySettings, host: Host, extra: ExtraAttempts): Layer<Call> {
  const requeuer = new Requeuer(settings, host, extra)
  return (next) => (call) => requeuer.run(call, next)
}
