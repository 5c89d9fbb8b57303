import type { Attempt } from '../../call/attempt.ts'
import type { BodyListener } from '../../call/body-feed.ts'
import type { Call } from '../../call/call.ts'
import { repeatable } from '../../call/call-options.ts'
import { Cancellation } from '../../call/cancellation.ts'
import type { Layer, Send } from '../../call/layer.ts'
import { failed, type Outcome } from '../../call/outcome.ts'
import { MeshError } from '../../errors/mesh-error.ts'
import type { Timer } from '../../runtime/clock.ts'
import type { Host } from '../../runtime/host.ts'
import { requeues } from '../retry/requeues.ts'

/** How long an attempt may take. */
export interface AttemptTimeoutSettings {
  /** Until the head of the reply, in milliseconds; `Infinity` for no limit. */
  readonly attemptTimeoutMs: number
  /** Most attempts of one call: the last of them has no limit but the deadline. */
  readonly attempts: number
}

/** Watches over one attempt until the head of its reply, and keeps its cancellation linked until the body is over. */
class AttemptWatch implements BodyListener {
  readonly #attempt: Attempt
  readonly #limitMs: number
  readonly #host: Host
  readonly #cancellation: Cancellation
  #resolve: ((outcome: Outcome) => void) | undefined
  #timer: Timer | undefined
  #error: MeshError | undefined

  constructor(attempt: Attempt, limitMs: number, host: Host) {
    this.#attempt = attempt
    this.#limitMs = limitMs
    this.#host = host
    this.#cancellation = new Cancellation(attempt.cancellation)
  }

  run(next: Send<Attempt>): Promise<Outcome> {
    const promise = new Promise<Outcome>((resolve) => {
      this.#resolve = resolve
    })
    this.#timer = this.#host.clock.schedule(this.#limitMs, () => this.#due())
    void this.#follow(next)
    return promise
  }

  bodyOver(): void {
    this.#cancellation.release()
  }

  async #follow(next: Send<Attempt>): Promise<void> {
    let outcome: Outcome
    try {
      outcome = await next(this.#attempt.with({ cancellation: this.#cancellation }))
    } catch (error) {
      outcome = failed(this.#threw(error))
    }
    this.#timer?.cancel()
    if (!outcome.ok) {
      this.#cancellation.release()
      // A transport may know better than we do, above all that the attempt was never sent.
      this.#settle(outcome)
      return
    }
    if (this.#error === undefined) {
      this.#settle(outcome)
      outcome.reply.body.whenOver(this)
      return
    }
    // The reply crossed our cancellation, and its body is being cut off.
    outcome.reply.body.discard()
    this.#cancellation.release()
    this.#settle(failed(this.#error))
  }

  #settle(outcome: Outcome): void {
    const resolve = this.#resolve
    this.#resolve = undefined
    resolve?.(outcome)
  }

  #due(): void {
    const { call, endpoint, number } = this.#attempt
    const facts = { service: call.service, endpoint: endpoint.address, sent: true }
    const error = new MeshError('ATTEMPT_TIMEOUT', `no reply within ${this.#limitMs} ms in attempt ${number} (${endpoint.address})`, facts)
    this.#error = error
    // A transport answers within this turn. A policy that does not listen to cancellation is not waited for.
    this.#timer = this.#host.clock.schedule(0, () => this.#settle(failed(error)))
    this.#cancellation.cancel(error)
  }

  #threw(error: unknown): MeshError {
    const { call, endpoint, number } = this.#attempt
    this.#host.emit('part-threw', { service: call.service, part: 'attempt', error })
    const facts = { service: call.service, endpoint: endpoint.address, sent: true }
    return new MeshError('INTERNAL', `a policy or the transport threw during attempt ${number}`, facts, error)
  }
}

/** Whether a call may not make another attempt after this one, as far as its number of attempts goes. */
function isLast(attempt: Attempt, attempts: number): boolean {
  const { call, number } = attempt
  return number - call.context.get(requeues) >= attempts || !call.context.get(repeatable)
}

/** The last attempt may use all that is left of the deadline; without a deadline it must have a limit of its own. */
function isLimited(attempt: Attempt, settings: AttemptTimeoutSettings): boolean {
  const { deadline }: Call = attempt.call
  return deadline === Number.POSITIVE_INFINITY || !isLast(attempt, settings.attempts)
}

/**
 * How long an attempt may take on its own, in milliseconds; `Infinity` for one that only the deadline limits.
 *
 * @param settings see {@link AttemptTimeoutSettings}.
 */
export function attemptLimit(settings: AttemptTimeoutSettings): (attempt: Attempt) => number {
  return (attempt) => (isLimited(attempt, settings) ? settings.attemptTimeoutMs : Number.POSITIVE_INFINITY)
}

/**
 * Ends an attempt that takes too long: cancels it, so that the transport stops, and fails with `ATTEMPT_TIMEOUT`, unless the transport
 * answers with something better. The limit covers the time until the head of the reply; the body is covered by the call's deadline.
 *
 * @param settings see {@link AttemptTimeoutSettings}.
 * @param host time, and the name of the service.
 * @returns a layer that surrounds one attempt.
 */
export function attemptTimeout(settings: AttemptTimeoutSettings, host: Host): Layer<Attempt> {
  const { attemptTimeoutMs } = settings
  if (!Number.isFinite(attemptTimeoutMs)) return (next) => next
  return (next) => (attempt) => (isLimited(attempt, settings) ? new AttemptWatch(attempt, attemptTimeoutMs, host).run(next) : next(attempt))
}
