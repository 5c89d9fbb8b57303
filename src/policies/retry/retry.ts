import type { Call, SpentAttempt } from '../../call/call.ts'
import { repeatable } from '../../call/call-options.ts'
import type { Layer, Send } from '../../call/layer.ts'
import { failed, type Outcome } from '../../call/outcome.ts'
import { waitingFor } from '../../call/waiting-for.ts'
import type { Host } from '../../runtime/host.ts'
import type { Random } from '../../runtime/random.ts'
import { backoffMs } from './backoff.ts'
import { pause } from './pause.ts'
import { requeues } from './requeues.ts'
import { RetryBudget } from './retry-budget.ts'
import type { RetrySettings } from './retry-options.ts'

/** What follows a failed attempt: nothing, another endpoint at once, or another attempt after a wait. */
type Next = { readonly kind: 'stop' } | { readonly kind: 'requeue' } | { readonly kind: 'retry'; readonly waitMs: number }

const stop: Next = Object.freeze({ kind: 'stop' })
const requeue: Next = Object.freeze({ kind: 'requeue' })

/** Repeats the attempts of one service's calls. */
class Retrier {
  readonly #settings: RetrySettings
  readonly #host: Host
  readonly #jitter: Random
  readonly #budget: RetryBudget | undefined

  constructor(settings: RetrySettings, host: Host) {
    this.#settings = settings
    this.#host = host
    this.#jitter = host.random.fork('retry')
    this.#budget = settings.budget === false ? undefined : new RetryBudget(settings.budget)
  }

  async run(call: Call, next: Send<Call>): Promise<Outcome> {
    this.#budget?.deposit(call.startedAt)
    const before = call.spent.length
    const outcome = await next(call)
    const last = lastSince(call, before)
    return last === undefined || last.verdict.kind !== 'failure' ? outcome : this.#repeat(call, next, outcome)
  }

  async #repeat(call: Call, next: Send<Call>, first: Outcome): Promise<Outcome> {
    let outcome = first
    let retries = 0
    for (;;) {
      const step = this.#after(call, outcome, retries)
      if (step.kind === 'stop') return outcome
      if (step.kind === 'retry') retries += 1
      else call.context.set(requeues, call.context.get(requeues) + 1)
      if (outcome.ok) outcome.reply.body.discard()
      this.#tell(call, step)
      if (step.kind === 'retry') {
        await this.#wait(call, step.waitMs)
        if (call.cancellation.reason !== undefined) return failed(call.cancellation.reason)
      }
      const before = call.spent.length
      outcome = await next(call)
      // Without another attempt there is nothing to judge: nobody was left to try, or the caller is gone.
      if (call.spent.length === before) return outcome
    }
  }

  /** What follows the attempt that a call has spent last. */
  #after(call: Call, outcome: Outcome, retries: number): Next {
    const last = call.spent[call.spent.length - 1] as SpentAttempt
    const { verdict } = last
    if (verdict.kind !== 'failure' || verdict.retry === 'never') return stop
    if (!call.context.get(repeatable) || !call.body.sendable || call.cancellation.reason !== undefined) return stop
    const now = this.#host.clock.now()
    if (now >= call.deadline) return stop
    if (verdict.retry === 'always' && !outcome.ok && !outcome.error.facts.sent && this.#mayRequeue(call, last)) return requeue
    if (verdict.retry !== 'always' && !call.idempotent) return stop
    if (retries >= this.#settings.attempts - 1) return stop
    // Not `??`: a classifier that read a bad header may say NaN.
    const notBeforeMs = verdict.notBeforeMs || 0
    const waitMs = Math.max(notBeforeMs, backoffMs(retries + 1, this.#settings.backoff, this.#jitter.next()))
    if (now + waitMs >= call.deadline) return stop
    // Last, so that only a retry which takes place is paid for.
    if (this.#budget !== undefined && !this.#budget.tryWithdraw(now)) return stop
    return { kind: 'retry', waitMs }
  }

  /** Whether a call whose attempt was never sent may go on to another endpoint, as if the attempt had not been. */
  #mayRequeue(call: Call, last: SpentAttempt): boolean {
    if (!last.untriedLeft || call.context.get(requeues) >= this.#settings.requeues) return false
    // A balancer that insists on an endpoint which was tried before would be asked for ever.
    return call.spent.findIndex(({ endpoint }) => endpoint === last.endpoint) === call.spent.length - 1
  }

  async #wait(call: Call, waitMs: number): Promise<void> {
    call.context.set(waitingFor, 'the next attempt')
    await pause(this.#host.clock, waitMs, call.cancellation)
    call.context.set(waitingFor, undefined)
  }

  #tell(call: Call, step: Next): void {
    const last = call.spent[call.spent.length - 1] as SpentAttempt
    this.#host.emit('attempt-repeated', {
      service: call.service,
      endpoint: last.endpoint.address,
      code: String(last.result),
      attempt: call.spent.length,
      sent: last.sent,
      waitMs: step.kind === 'retry' ? step.waitMs : 0,
    })
  }
}

/** The attempt that a call spent last, if it spent one since `count`. */
function lastSince(call: Call, count: number): SpentAttempt | undefined {
  return call.spent.length > count ? call.spent[call.spent.length - 1] : undefined
}

/**
 * Repeats failed attempts, in two ways.
 *
 * *Requeue*: an attempt that provably never reached a server goes to another endpoint at once, whatever the method, until every endpoint
 * of the service was tried; it counts against nothing but the deadline.
 *
 * *Retry*: an attempt that the classifier says may be repeated (`always`, or `if-idempotent` for an idempotent call) is made again after a
 * wait, if attempts, budget and deadline allow; when they do not, the caller gets the last outcome, also when it is a reply with a 503.
 *
 * Nothing is repeated when the request body cannot be sent again, or when the caller said `retry: false`.
 *
 * @param settings see {@link RetrySettings}.
 * @param host time, chance, and who hears of repeated attempts.
 * @returns a layer that surrounds routing.
 */
export function retry(settings: RetrySettings, host: Host): Layer<Call> {
  const retrier = new Retrier(settings, host)
  return (next) => (call) => retrier.run(call, next)
}
