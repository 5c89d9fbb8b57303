import type { Attempt } from '../call/attempt.ts'
import { BodyFeed, type BodyListener, type BodySource } from '../call/body-feed.ts'
import type { CancelListener } from '../call/cancellation.ts'
import { headerOf, type ReplyHeaders } from '../call/header-list.ts'
import { failed, type Outcome, replied } from '../call/outcome.ts'
import { ReplyBody } from '../call/reply-body.ts'
import { wireListener } from '../call/wire-listener.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { MeshError, type MeshErrorCode } from '../errors/mesh-error.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import { bodyLength, bodyPieces, concatenated, lowerCased } from './body-pieces.ts'
import { RequestReader } from './request-reader.ts'
import { type ScriptedFailure, type ScriptedHead, type ScriptedReply, sentByCode } from './scripted-answer.ts'
import type { ScriptedAttempt } from './scripted-attempt.ts'

/** See {@link ScriptedAttempt}. It stands at the far end of the wire that a {@link BodyFeed} pauses and resumes. */
export class FarAttempt implements ScriptedAttempt, BodySource, BodyListener, CancelListener {
  readonly attempt: Attempt
  /** Settles when the head of the reply is there, or the attempt failed */
  readonly outcome: Promise<Outcome>
  readonly #clock: Clock
  readonly #request: RequestReader
  readonly #onOver: (attempt: FarAttempt) => void
  #settle: ((outcome: Outcome) => void) | undefined
  #feed: BodyFeed | undefined
  /** Pieces that wait while the reader has enough; `undefined` stands for the end. */
  #held: (Uint8Array | undefined)[] = []
  #trailers: ReplyHeaders | undefined
  #paused = false
  #over = false
  #error: MeshError | undefined
  #timer: Timer | undefined

  /**
   * @param attempt what was sent.
   * @param clock for latency.
   * @param onOver told when the attempt is over.
   */
  constructor(attempt: Attempt, clock: Clock, onOver: (attempt: FarAttempt) => void) {
    this.attempt = attempt
    this.#clock = clock
    this.#onOver = onOver
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve
    })
    attempt.cancellation.add(this)
    this.#request = new RequestReader(attempt, (error) => this.#finishWith(error))
  }

  get endpoint(): Endpoint {
    return this.attempt.endpoint
  }

  get method(): string {
    return this.attempt.call.method
  }

  get path(): string {
    return this.attempt.path
  }

  header(name: string): string | undefined {
    return headerOf(this.attempt.headers, name)
  }

  async bodyBytes(): Promise<Uint8Array> {
    return concatenated(await this.#request.complete)
  }

  async bodyText(): Promise<string> {
    return new TextDecoder().decode(await this.bodyBytes())
  }

  get over(): boolean {
    return this.#over
  }

  get answered(): boolean {
    return this.#settle === undefined
  }

  get error(): MeshError | undefined {
    return this.#error
  }

  get paused(): boolean {
    return this.#paused
  }

  reply(reply: ScriptedReply = {}): void {
    const { latencyMs, pieceMs, body, cut } = reply
    const pieces = bodyPieces(body)
    this.#after(latencyMs, () => {
      for (const head of reply.informational ?? []) this.inform(head)
      this.begin(reply, bodyLength(body))
      this.#pushInTurn(pieces, 0, pieceMs, () => {
        if (cut === undefined) this.end(reply.trailers)
        else this.fail(cut)
      })
    })
  }

  inform({ status = 103, statusText = '', headers = {} }: ScriptedHead = {}): void {
    if (this.#over) return
    if (this.#settle === undefined) throw new Error(`${this.describe()}: an informational reply comes before the reply`)
    if (!(status >= 100 && status <= 199)) throw new TypeError(`${this.describe()}: expected a status of 100-199, got ${status}`)
    this.attempt.call.context.get(wireListener)?.interimReply?.(status, lowerCased(headers), statusText)
  }

  begin(head: ScriptedHead = {}, length?: number): void {
    if (this.#over) return
    const settle = this.#settle
    if (settle === undefined) throw new Error(`${this.describe()}: it was answered before`)
    this.#settle = undefined
    const feed = new BodyFeed(this, length)
    this.#feed = feed
    feed.whenOver(this)
    const { status = 200, statusText = '', headers = {} } = head
    settle(replied({ status, statusText, headers: lowerCased(headers), body: new ReplyBody(feed) }))
  }

  push(piece: string | Uint8Array): void {
    for (const bytes of bodyPieces(piece)) this.#deliver(bytes)
  }

  end(trailers?: Readonly<Record<string, string | readonly string[]>>): void {
    this.#trailers = trailers === undefined ? undefined : lowerCased(trailers)
    this.#deliver(undefined)
  }

  fail(failure: ScriptedFailure | MeshErrorCode): void {
    const given = typeof failure === 'string' ? { error: failure } : failure
    this.#after(given.latencyMs, () => this.#finishWith(this.#toError(given)))
  }

  /** Settles when the whole request has come; rejects when it failed. */
  get received(): Promise<unknown> {
    return this.#request.complete
  }

  /** The attempt in words. */
  describe(): string {
    const state = this.#settle === undefined ? (this.#over ? 'is over' : 'has a reply whose body is not over') : 'waits for an answer'
    return `scriptedTransport: ${this.method} ${this.path} at ${this.endpoint.address} ${state}`
  }

  /** For the feed of the reply: its reader has enough. */
  pause(): void {
    this.#paused = true
  }

  /** For the feed of the reply: its reader wants more. */
  resume(): void {
    this.#paused = false
    while (!this.#paused && this.#held.length > 0) this.#deliver(this.#held.shift())
  }

  /** For the feed of the reply: nobody wants the rest. */
  abort(reason: MeshError | undefined): void {
    this.#error ??= reason
  }

  /** For the body of the reply: it is over. */
  bodyOver(error: MeshError | undefined): void {
    this.#error ??= error
    this.#end()
  }

  /** For the cancellation of the attempt: nobody waits any more. */
  cancelled(reason: MeshError): void {
    this.#finishWith(reason)
  }

  #deliver(piece: Uint8Array | undefined): void {
    const feed = this.#feed
    if (feed === undefined && !this.#over) throw new Error(`${this.describe()}: a body needs a head first: call begin() or reply()`)
    if (feed === undefined || this.#over) return
    if (this.#paused) this.#held.push(piece)
    else if (piece === undefined) feed.end(this.#trailers)
    else feed.push(piece)
  }

  #pushInTurn(pieces: readonly Uint8Array[], from: number, pieceMs: number | undefined, done: () => void): void {
    for (let i = from; i < pieces.length; i += 1) {
      if (pieceMs !== undefined && pieceMs > 0) {
        this.#after(pieceMs, () => {
          this.#deliver(pieces[i])
          this.#pushInTurn(pieces, i + 1, pieceMs, done)
        })
        return
      }
      this.#deliver(pieces[i])
    }
    done()
  }

  #finishWith(error: MeshError): void {
    if (this.#over) return
    this.#error = error
    if (this.#feed !== undefined) {
      this.#feed.fail(error)
      return
    }
    this.#settle?.(failed(error))
    this.#settle = undefined
    this.#end()
  }

  #end(): void {
    if (this.#over) return
    this.#over = true
    this.#held = []
    this.#timer?.cancel()
    this.attempt.cancellation.remove(this)
    this.#request.leave()
    this.#onOver(this)
  }

  #after(delayMs: number | undefined, task: () => void): void {
    if (this.#over) return
    if (delayMs === undefined || delayMs <= 0) task()
    else {
      this.#timer?.cancel()
      this.#timer = this.#clock.schedule(delayMs, task)
    }
  }

  #toError(failure: ScriptedFailure): MeshError {
    if (typeof failure.error !== 'string') return failure.error
    const { call, endpoint } = this.attempt
    const sent = failure.sent ?? sentByCode(failure.error)
    return new MeshError(failure.error, `the script says ${failure.error}`, { service: call.service, endpoint: endpoint.address, sent })
  }
}
