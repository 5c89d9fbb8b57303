import type { FeedReader } from '../call/body-feed.ts'
import type { ReplyHeaders } from '../call/header-list.ts'
import type { Outcome } from '../call/outcome.ts'
import type { Reply } from '../call/reply.ts'
import type { WireListener } from '../call/wire-listener.ts'
import { MeshError } from '../errors/mesh-error.ts'
import { CallTag } from '../records/call-teller.ts'
import type { Clock } from '../runtime/clock.ts'
import { type Dispatcher, errors } from '../transport/load-undici.ts'
import { type RawHeaders, WireReply } from '../transport/wire-reply.ts'
import type { DispatchRequest } from './dispatch-request.ts'
import type { DispatchTicket } from './dispatch-ticket.ts'
import type { Handler } from './handler-style.ts'
import { LateFailure } from './late-failure.ts'
import { rawHeaders } from './raw-headers.ts'
import { StallTimer } from './stall-timer.ts'
import { toUndiciError } from './undici-error.ts'
import { WireTap } from './wire-tap.ts'

/** Whom a call tells that is over. */
const noHandler: Handler = Object.freeze({})

/**
 * One call as its handler sees it: tells the handler what comes, in undici's order and each end once, and is the controller that the handler
 * is given. What the handler throws ends the call, as with undici, and never reaches whoever told it.
 */
export class HandlerCall implements FeedReader, WireListener, Dispatcher.DispatchController {
  #handler: Handler
  readonly #service: string
  #request: DispatchRequest | undefined
  #ticket: DispatchTicket | undefined
  readonly #clock: Clock
  /** What the wire knows of this call. */
  readonly tap: WireTap = new WireTap(this)
  /** Leads from the caller's result back to the call. */
  tag: CallTag | undefined = new CallTag()
  #timer: StallTimer | undefined
  #reply: Reply | undefined
  /** The head of the reply, as its headers came. */
  #wireHeaders: RawHeaders | undefined
  #trailers: ReplyHeaders | undefined
  #rawHeaders: unknown
  #rawTrailers: unknown
  #over = false
  #aborted = false
  #reason: unknown = null
  #paused = false
  /** Whether the body waits for {@link resume}. */
  #held = false
  #late: LateFailure | undefined
  /** Listens to the caller's stream: it may fail before anybody reads it. */
  #streamFailed: ((error: unknown) => void) | undefined

  constructor(handler: Handler, service: string, request: DispatchRequest, ticket: DispatchTicket, clock: Clock) {
    this.#handler = handler
    this.#service = service
    this.#request = request
    this.#ticket = ticket
    this.#clock = clock
  }

  // ------------------------------------------------------------------------------------------------------------------ the controller

  get aborted(): boolean {
    return this.#aborted
  }

  get paused(): boolean {
    return this.#paused
  }

  get reason(): Error | null {
    return this.#reason as Error | null
  }

  get rawHeaders(): Buffer[] {
    return (this.#rawHeaders ??= this.#wireHeaders === undefined ? null : rawHeaders(this.#wireHeaders)) as Buffer[]
  }

  set rawHeaders(value: unknown) {
    this.#rawHeaders = value
  }

  get rawTrailers(): Buffer[] {
    return (this.#rawTrailers ??= this.#wireHeaders === undefined ? null : rawHeaders(this.#trailers ?? {})) as Buffer[]
  }

  set rawTrailers(value: unknown) {
    this.#rawTrailers = value
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    if (!this.#held || this.#over) return
    this.#held = false
    this.#flow()
  }

  abort(reason?: unknown): void {
    if (this.#aborted) return
    this.#aborted = true
    this.#reason = reason ?? new errors.RequestAbortedError()
    if (!this.#over) this.#leave(this.#reason)
  }

  // ------------------------------------------------------------------------------------------------------------------ for the door

  /** Tells the handler that its request begins; `false` when the handler wants none any more. */
  start(): boolean {
    const { headersTimeoutMs, body } = this.#request as DispatchRequest
    const stream = body.pieces?.stream
    if (stream !== undefined) {
      this.#streamFailed = (error) => this.#leave(error)
      stream.on('error', this.#streamFailed)
      // Nobody reads a stream that is known to be empty, and whoever waits for its end would wait for ever.
      if (body.body.length === 0) stream.resume?.()
    }
    try {
      this.#handler.onRequestStart?.(this, this.tag)
    } catch (error) {
      this.#leave(error)
    }
    if (this.#over) return false
    if (headersTimeoutMs > 0) {
      this.#limit(headersTimeoutMs, 'DEADLINE_EXCEEDED', `no reply within ${headersTimeoutMs} ms`)
      // A stream takes the time that its source takes: as with undici, the wait begins when all of it is sent.
      if (body.pieces !== undefined) this.#timer?.stop()
    }
    return true
  }

  /** The call has an outcome. */
  answered(outcome: Outcome): void {
    if (this.#over) {
      if (outcome.ok) outcome.reply.body.discard()
      return
    }
    this.#timer?.stop()
    this.#timer = undefined
    if (!outcome.ok) {
      this.#fail(toUndiciError(outcome.error, false))
      return
    }
    const { reply } = outcome
    this.#reply = reply
    this.#wireHeaders = WireReply.rawHeaders(reply) ?? reply.headers
    this.#rawHeaders = undefined
    reply.body.whenOver(this.#ticket as DispatchTicket)
    try {
      this.#handler.onResponseStart?.(this, reply.status, reply.headers as never, reply.statusText)
    } catch (error) {
      this.#leave(error)
    }
    if (this.#over) return
    const { bodyTimeoutMs } = this.#request as DispatchRequest
    if (bodyTimeoutMs > 0) this.#limit(bodyTimeoutMs, 'BODY_TIMEOUT', `the reply's body stood still for ${bodyTimeoutMs} ms`)
    if (this.#paused) this.#hold()
    else this.#flow()
  }

  // ------------------------------------------------------------------------------------------------------------------ for the reply's body, and for the wire

  piece(chunk: Uint8Array | undefined): void {
    if (this.#over) return
    if (chunk === undefined) {
      this.#end()
      return
    }
    if (chunk.byteLength === 0) return
    this.#timer?.moved()
    try {
      this.#handler.onResponseData?.(this, Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    } catch (error) {
      this.#leave(error)
    }
    if (this.#paused && !this.#over) this.#hold()
  }

  failed(error: MeshError): void {
    if (!this.#over) this.#fail(toUndiciError(error, true))
  }

  bodySent(piece: Uint8Array): void {
    if (!this.#over && this.#handler.onBodySent !== undefined) this.#guarded(() => this.#handler.onBodySent?.(piece as Buffer))
  }

  requestSent(): void {
    if (this.#reply === undefined && this.#request?.body.pieces !== undefined) this.#timer?.moved()
    if (!this.#over && this.#handler.onRequestSent !== undefined) this.#guarded(() => this.#handler.onRequestSent?.())
  }

  replyBegan(): void {
    if (!this.#over && this.#handler.onResponseStarted !== undefined) this.#guarded(() => this.#handler.onResponseStarted?.())
  }

  interimReply(status: number, headers: ReplyHeaders, statusText: string, raw?: readonly Uint8Array[] | undefined): void {
    if (this.#over || this.#reply !== undefined) return
    this.#rawHeaders = rawHeaders(raw ?? headers)
    this.#guarded(() => this.#handler.onResponseStart?.(this, status, headers as never, statusText))
  }

  #flow(): void {
    this.#timer?.moved()
    this.#reply?.body.flow(this)
  }

  /** Lets go of the body, so that it can be collected, and its connection freed, if nobody ever resumes it. */
  #hold(): void {
    const body = this.#reply?.body
    if (body === undefined) return
    this.#held = true
    this.#timer?.stop()
    this.tap.cut()
    body.hold()
    if (this.#late !== undefined) return
    this.#late = new LateFailure(this)
    body.whenOver(this.#late)
  }

  #end(): void {
    this.#finish()
    this.#trailers = this.#reply?.body.trailers
    try {
      this.#handler.onResponseEnd?.(this, (this.#trailers ?? {}) as never)
    } catch (error) {
      this.#report(error)
    }
    this.#letGo()
  }

  /** The body that a caller was given keeps its controller, and must not keep the whole call: it would live through collections for nothing. */
  #letGo(): void {
    this.#handler = noHandler
    this.tag = undefined
    this.#request = undefined
    this.#ticket = undefined
    this.#reply = undefined
    this.#late = undefined
  }

  /** The handler wants no more: it aborted, or threw. */
  #leave(reason: unknown): void {
    if (!this.#over) this.#cancel(new MeshError('ABORTED', 'the caller left', { service: this.#service, sent: true }, reason), reason)
  }

  #cancel(error: MeshError, reason: unknown): void {
    this.#finish()
    // First: whoever reads the caller's stream would end it without the reason.
    this.#request?.body.pieces?.stop(reason)
    this.#ticket?.cancel(error)
    this.#reply?.body.abort(error)
    if (this.#reply === undefined) this.#ticket?.over()
    this.#report(reason)
  }

  #fail(error: unknown): void {
    this.#finish()
    if (this.#reply === undefined) this.#ticket?.over()
    this.#report(error)
  }

  #finish(): void {
    this.#over = true
    this.#timer?.stop()
    this.tap.cut()
    if (this.#streamFailed !== undefined) this.#request?.body.pieces?.stream?.off('error', this.#streamFailed)
  }

  #report(error: unknown): void {
    try {
      this.#handler.onResponseError?.(this, error as Error)
    } catch (thrown) {
      // As with undici nobody is left to be told: it is an uncaught error of the program, and must not be one of whoever told us.
      queueMicrotask(() => {
        throw thrown
      })
    }
  }

  #guarded(tell: () => void): void {
    try {
      tell()
    } catch (error) {
      this.#leave(error)
    }
  }

  #limit(limitMs: number, code: 'DEADLINE_EXCEEDED' | 'BODY_TIMEOUT', text: string): void {
    this.#timer = new StallTimer(this.#clock, limitMs, () => {
      const error = new MeshError(code, text, { service: this.#service, sent: true })
      this.#cancel(error, toUndiciError(error, this.#reply !== undefined))
    })
    this.#timer.moved()
  }
}
