import type { Attempt } from '../call/attempt.ts'
import { BodyFeed, type BodySource } from '../call/body-feed.ts'
import type { CancelListener } from '../call/cancellation.ts'
import { type ReplyHeaders, replyHeader } from '../call/header-list.ts'
import { failed, type Outcome, replied } from '../call/outcome.ts'
import { ReplyBody } from '../call/reply-body.ts'
import type { Stage } from '../call/settling.ts'
import { wireListener } from '../call/wire-listener.ts'
import { MeshError, type MeshErrorCode } from '../errors/mesh-error.ts'
import type { Clock } from '../runtime/clock.ts'
import { BodyWatch } from './body-watch.ts'
import { cancelledUnsent, toMeshError } from './failure.ts'
import { RequestBody } from './request-body.ts'
import { type RawHeaders, WireReply } from './wire-reply.ts'

/** undici's handle on a request in flight. */
interface Controller {
  readonly rawHeaders?: RawHeaders | null
  pause(): void
  resume(): void
  abort(reason: Error): void
}

/** What an exchange runs on: a connection of ours, or nothing when a user's dispatcher carries it. */
export interface Carrier {
  /** The exchange needs the wire no more; called once. `broken` says that the wire may not be used again. */
  exchangeOver(broken: boolean): void
  /** Whether the exchange waits for the wire; when it does not, the wire does not keep the process alive. */
  hold(process: boolean): void
}

/** What a transport says of its exchanges. */
export interface ExchangeLimits {
  /** Most bytes of the reply's body. */
  readonly maxReplyBytes: number
  /** How long a body may stand still, in milliseconds. */
  readonly bodyTimeoutMs: number
}

/**
 * One attempt on the wire: the handler that undici reports to, and the source of the reply's body.
 *
 * No user code runs inside undici's callbacks, whose async context belongs to whoever opened the socket: an outcome leaves through a promise.
 * As the first stage that looks at the outcome it begins, outside of them, to watch a body that is still on its way.
 */
export class Exchange implements BodySource, CancelListener, Stage {
  readonly #attempt: Attempt
  readonly #clock: Clock
  readonly #carrier: Carrier
  readonly #limits: ExchangeLimits
  #resolve: ((outcome: Outcome) => void) | undefined
  #controller: Controller | undefined
  #started = false
  #feed: BodyFeed | undefined
  #watch: BodyWatch | undefined
  #received = 0
  #reason: MeshError | undefined
  #over = false
  #retiring = false
  /** The request's body, as undici takes it. */
  readonly body: RequestBody | Uint8Array | null

  /**
   * @param attempt what to send.
   * @param clock times the body.
   * @param carrier see {@link Carrier}.
   * @param limits see {@link ExchangeLimits}.
   */
  constructor(attempt: Attempt, clock: Clock, carrier: Carrier, limits: ExchangeLimits) {
    this.#attempt = attempt
    this.#clock = clock
    this.#carrier = carrier
    this.#limits = limits
    this.body = RequestBody.of(attempt.call.body)
  }

  /** Before it is dispatched. Resolves when the head of the reply came or the attempt failed. */
  begin(): Promise<Outcome> {
    this.#attempt.cancellation.add(this)
    return new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  settled(outcome: Outcome): Outcome {
    const feed = this.#feed
    const { bodyTimeoutMs } = this.#limits
    if (feed === undefined || feed.over || !Number.isFinite(bodyTimeoutMs)) return outcome
    this.#watch = new BodyWatch(feed, this.#clock, bodyTimeoutMs, this.#attempt.call.service, this.#attempt.endpoint.address)
    return outcome
  }

  cancelled(reason: MeshError): void {
    if (this.#over) return
    this.#reason = reason
    if (this.#feed !== undefined) {
      this.#feed.abort(reason)
      return
    }
    this.#settle(failed(this.#started ? reason : cancelledUnsent(reason)))
    // Not begun: undici has no way to take a queued request back, so it is aborted at the moment it would start.
    this.#controller?.abort(reason)
  }

  onRequestStart(controller: Controller): void {
    this.#started = true
    this.#controller = controller
    if (this.#reason !== undefined) controller.abort(this.#reason)
  }

  onResponseStart(controller: Controller, status: number, headers: ReplyHeaders, statusText?: string): void {
    if (this.#reason !== undefined) return
    if (status < 200) {
      const raw = controller.rawHeaders
      this.#attempt.call.context.get(wireListener)?.interimReply?.(status, headers, statusText ?? '', Array.isArray(raw) ? raw : undefined)
      return
    }
    const announced = lengthOf(headers['content-length'])
    const feed = new BodyFeed(this, announced)
    this.#feed = feed
    this.#retiring = headers.connection !== undefined && replyHeader(headers, 'connection')?.toLowerCase() === 'close'
    if (announced !== undefined && announced > this.#limits.maxReplyBytes && this.#attempt.call.method !== 'HEAD') {
      this.#settle(failed(this.#tooLarge(announced)))
      feed.abort(this.#tooLarge(announced))
      return
    }
    this.#settle(replied(new WireReply(status, statusText ?? '', headers, new ReplyBody(feed), controller.rawHeaders ?? undefined)))
  }

  onResponseData(_controller: Controller, chunk: Uint8Array): void {
    this.#received += chunk.byteLength
    this.#watch?.moved()
    if (this.#received > this.#limits.maxReplyBytes) this.#feed?.abort(this.#tooLarge(this.#received))
    else this.#feed?.push(chunk)
  }

  onResponseEnd(_controller: Controller, trailers: ReplyHeaders): void {
    this.#finish(this.#retiring)
    this.#feed?.end(trailers)
  }

  onResponseError(_controller: Controller | undefined, error: unknown): void {
    this.fail(error)
  }

  pause(): void {
    this.#controller?.pause()
    this.#carrier.hold(false)
  }

  resume(): void {
    if (this.#over) return
    this.#carrier.hold(true)
    this.#controller?.resume()
  }

  abort(reason: MeshError | undefined): void {
    if (!this.#over) this.#controller?.abort(reason ?? new MeshError('ABORTED', 'nobody reads the reply', this.#facts(true)))
  }

  taken(): void {
    this.#watch?.moved()
  }

  dropped(): void {
    if (!this.#over) this.#carrier.hold(false)
  }

  /** It ends without a reply, or in the middle of one. */
  fail(error: unknown): void {
    if (this.#over) return
    const { call, endpoint } = this.#attempt
    this.#finish(this.#started)
    const bodyError = this.body instanceof RequestBody ? this.body.error : undefined
    const failure =
      this.#reason ??
      (bodyError === undefined
        ? toMeshError(error, { started: this.#started, replied: this.#feed !== undefined }, call.service, endpoint)
        : this.#error('BODY_FAILED', 'the request body failed while it was read', bodyError.cause))
    if (this.#feed === undefined) this.#settle(failed(failure))
    else this.#feed.fail(failure)
  }

  #finish(broken: boolean): void {
    if (this.#over) return
    this.#over = true
    this.#attempt.cancellation.remove(this)
    this.#carrier.exchangeOver(broken)
  }

  #settle(outcome: Outcome): void {
    const resolve = this.#resolve
    this.#resolve = undefined
    resolve?.(outcome)
  }

  #tooLarge(bytes: number): MeshError {
    return this.#error('REPLY_TOO_LARGE', `the reply has ${bytes} bytes or more; the service allows ${this.#limits.maxReplyBytes}`)
  }

  #error(code: MeshErrorCode, text: string, cause?: unknown): MeshError {
    return new MeshError(code, text, this.#facts(this.#started), cause)
  }

  #facts(sent: boolean): { service: string; endpoint: string; sent: boolean } {
    return { service: this.#attempt.call.service, endpoint: this.#attempt.endpoint.address, sent }
  }
}

/** How long a body is, as its reply says. Digit by digit: to turn a text of the wire into a number takes V8 ten times as long. */
function lengthOf(value: string | readonly string[] | undefined): number | undefined {
  if (typeof value !== 'string') return value === undefined ? undefined : numberOf(value.join(', '))
  if (value.length === 0 || value.length > 15) return numberOf(value)
  let length = 0
  for (let i = 0; i < value.length; i += 1) {
    const digit = value.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return numberOf(value)
    length = length * 10 + digit
  }
  return length
}

function numberOf(text: string): number | undefined {
  const number = Number(text)
  return Number.isNaN(number) ? undefined : number
}
