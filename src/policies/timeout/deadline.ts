import type { BodyListener } from '../../call/body-feed.ts'
import type { Call } from '../../call/call.ts'
import type { CancelListener, CancelSource } from '../../call/cancellation.ts'
import type { Layer, Send } from '../../call/layer.ts'
import { failed, type Outcome } from '../../call/outcome.ts'
import type { Reply } from '../../call/reply.ts'
import type { ReplyBody } from '../../call/reply-body.ts'
import { lastly, type Stage } from '../../call/settling.ts'
import { MeshError } from '../../errors/mesh-error.ts'
import type { Timer } from '../../runtime/clock.ts'
import type { Host } from '../../runtime/host.ts'
import { deadlineError, lateError } from './deadline-error.ts'
import { DeadlineQueue, type Due } from './deadline-queue.ts'

const background = Object.freeze({ background: true })

/** Watches over one call until its body is over. */
class DeadlineWatch implements CancelListener, CancelSource, BodyListener, Due, Stage<void> {
  readonly #call: Call
  readonly #host: Host
  readonly #queue: DeadlineQueue
  readonly deadline: number
  before: Due | undefined
  after: Due | undefined
  queued = false
  #resolve: ((outcome: Outcome) => void) | undefined
  #timer: Timer | undefined
  /** Weak: a reply that the caller dropped must be collected, although the timer still points here. */
  #body: WeakRef<ReplyBody> | undefined

  constructor(call: Call, host: Host, queue: DeadlineQueue) {
    this.#call = call
    this.#host = host
    this.#queue = queue
    this.deadline = call.deadline
  }

  run(next: Send<Call>, leftMs: number): Promise<Outcome> {
    const promise = new Promise<Outcome>((resolve) => {
      this.#resolve = resolve
    })
    this.#call.cancellation.add(this)
    if (!this.#queue.add(this, leftMs) && leftMs !== Number.POSITIVE_INFINITY) {
      this.#timer = this.#host.clock.schedule(leftMs, () => this.due())
    }
    // Not an async function: it would cost every call another frame.
    try {
      void lastly(next(this.#call), this)
    } catch (error) {
      this.threw(error)
    }
    // A promise of its own, in the context of the caller: a deadline passes in that of a timer.
    return promise
  }

  /** The caller left. After the head of the reply its body is the transport's business. */
  cancelled(reason: MeshError): void {
    this.#settle(failed(reason))
    this.#stop()
  }

  bodyOver(): void {
    this.#timer?.cancel()
  }

  announce(): void {
    this.#call.cancellation.announce(this)
  }

  cancelReason(): MeshError {
    return deadlineError(this.#call, this.#host.clock.now(), false)
  }

  settled(outcome: Outcome): void {
    const { cancellation } = this.#call
    // What comes for somebody whose end was announced comes too late.
    if (outcome.ok && cancellation.ending) this.#settle(failed(cancellation.reason as MeshError))
    if (this.#settle(outcome)) this.#answered(outcome)
    else if (outcome.ok) outcome.reply.body.discard()
  }

  threw(error: unknown): void {
    this.settled(failed(this.#threwError(error)))
  }

  /** Gives the caller an outcome, unless it has one; tells which. */
  #settle(outcome: Outcome): boolean {
    const resolve = this.#resolve
    if (resolve === undefined) return false
    this.#resolve = undefined
    this.#call.cancellation.remove(this)
    resolve(outcome)
    return true
  }

  #answered(outcome: Outcome): void {
    const limited = this.queued || this.#timer !== undefined
    this.#stop()
    if (limited && outcome.ok && !outcome.reply.body.over) this.#watchBody(outcome.reply)
  }

  #stop(): void {
    this.#queue.remove(this)
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** From here on the caller has something in hand, and may have dropped it: the rest of the deadline does not keep the process alive. */
  #watchBody({ body }: Reply): void {
    this.#body = new WeakRef(body)
    const { clock } = this.#host
    this.#timer = clock.schedule(Math.max(0, this.#call.deadline - clock.now()), () => this.due(), background)
    body.whenOver(this)
  }

  due(): void {
    const { clock } = this.#host
    const now = clock.now()
    const leftMs = this.#call.deadline - now
    if (leftMs > 0) {
      // A delay of more than 24 days is cut short by the platform.
      this.#timer = clock.schedule(leftMs, () => this.due(), this.#resolve === undefined ? background : undefined)
      return
    }
    // Where it was announced, others may know of it already.
    const error = this.#call.cancellation.reason ?? deadlineError(this.#call, now, this.#resolve === undefined)
    this.#settle(failed(error))
    this.#body?.deref()?.abort(error)
    // Last: whoever is stopped by it must find the call settled.
    this.#call.cancellation.cancel(error)
  }

  #threwError(error: unknown): MeshError {
    const { service, spent, underway } = this.#call
    this.#host.emit('part-threw', { service, part: 'call', error })
    const sent = underway.length > 0 || spent.some((attempt) => attempt.sent)
    return new MeshError('INTERNAL', 'a policy threw', { service, sent }, error)
  }
}

/**
 * Ends a call when its deadline passes or when its caller leaves, at once and whatever the layers below are doing: an outcome that comes
 * too late is thrown away. A deadline that passes cancels the call, so that the attempt in flight stops; one that passes after the head of
 * the reply came cuts the body off. A call whose deadline is over already is refused, and nothing of it is sent.
 *
 * A call without a deadline has no timer.
 *
 * @param host time, and the name of the service.
 * @returns a layer that surrounds everything a call may wait for.
 */
export function deadline(host: Host): Layer<Call> {
  const queue = new DeadlineQueue(host.clock)
  return (next) => (call) => {
    const { reason } = call.cancellation
    if (reason !== undefined) return Promise.resolve(failed(reason))
    const leftMs = call.deadline === Number.POSITIVE_INFINITY ? call.deadline : call.deadline - host.clock.now()
    if (leftMs <= 0) return Promise.resolve(failed(lateError(call)))
    return new DeadlineWatch(call, host, queue).run(next, leftMs)
  }
}
