import { Readable } from 'node:stream'
import { type InspectOptions, inspect } from 'node:util'
import type { Call } from '../call/call.ts'
import { type ReplyHeaders, replyHeader } from '../call/header-list.ts'
import type { CallTeller, ToldCall } from '../records/call-teller.ts'
import type { ResponseBody } from './response-body.ts'
import { toResponseHeaders } from './response-headers.ts'

/** Everything about a response but its body. */
export interface ResponseHead {
  readonly status: number
  readonly statusText: string
  readonly headers: ReplyHeaders
  /** Of the request that was answered, without fragment. */
  readonly url: string
  /** Whether a redirect led to it. */
  readonly redirected: boolean
  /** `cors` once a redirect led to another origin, and `opaque` if the caller wanted to see nothing of that. */
  readonly type: 'basic' | 'cors' | 'opaque'
  /** What knows the trailers, once the body is complete. */
  readonly ending: { readonly trailers: ReplyHeaders | undefined }
  /** The call whose reply it is. */
  readonly call?: Call | undefined
  /** Who can tell of that call. */
  readonly teller?: CallTeller | undefined
}

const noEnding = Object.freeze({})

const decoder = new TextDecoder()
const nothing: Uint8Array[] = []

/**
 * A `Response` that makes what it is asked for, and nothing else: no `Headers`, no stream, no copy of the body.
 *
 * It inherits from the global `Response`, so that `instanceof` holds, but it never runs that constructor, which alone costs more than a
 * whole call; so no inherited member would work, and every one is overridden.
 */
export class LeanResponse implements Response {
  readonly #head: ResponseHead
  #headers: Headers | undefined
  #body: ResponseBody | undefined
  #stream: ReadableStream<Uint8Array<ArrayBuffer>> | undefined
  #used = false

  /**
   * @param head see {@link ResponseHead}.
   * @param body its body; `undefined` for a response that has none, such as a 204.
   * @param stream the stream that stands for the body already, if one does.
   */
  constructor(head: ResponseHead, body: ResponseBody | undefined, stream?: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#head = head
    this.#body = body
    this.#stream = stream
  }

  /** The trailers of a response, if it is one of ours and they have come. */
  static trailersOf(response: Response): ReplyHeaders | undefined {
    return #head in response ? response.#head.ending.trailers : undefined
  }

  /** The call behind a response, if it is one of ours. */
  static callOf(response: object): ToldCall | undefined {
    if (!(#head in response)) return undefined
    const { call, teller } = response.#head
    return call === undefined || teller === undefined ? undefined : { call, teller, ending: noEnding }
  }

  get type(): 'basic' | 'cors' | 'opaque' {
    return this.#head.type
  }

  get url(): string {
    return this.#head.url
  }

  get redirected(): boolean {
    return this.#head.redirected
  }

  get status(): number {
    return this.#head.status
  }

  get ok(): boolean {
    const { status } = this.#head
    return status >= 200 && status <= 299
  }

  get statusText(): string {
    return this.#head.statusText
  }

  get headers(): Headers {
    this.#headers ??= toResponseHeaders(this.#head.headers)
    return this.#headers
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    if (this.#stream === undefined && this.#body !== undefined) {
      this.#stream = this.#used ? makeUsedStream() : this.#body.toStream()
    }
    return this.#stream ?? null
  }

  get bodyUsed(): boolean {
    return this.#used || (this.#stream !== undefined && isDisturbed(this.#stream))
  }

  clone(): LeanResponse {
    const body = this.#body
    if (body === undefined) return new LeanResponse(this.#head, undefined)
    if (this.#isUnusable()) throw new TypeError('Response.clone: Body has already been consumed.')
    if (this.#stream === undefined) {
      const shared = body.share()
      if (shared !== undefined) {
        this.#body = body.over(shared)
        return new LeanResponse(this.#head, body.over(shared.copy()))
      }
    }
    const [mine, theirs] = (this.body as ReadableStream<Uint8Array<ArrayBuffer>>).tee()
    this.#stream = mine
    return new LeanResponse(this.#head, body, theirs)
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#consume(toBuffer)
  }

  blob(): Promise<Blob> {
    return this.#consume((pieces) => this.#native(pieces).blob())
  }

  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#consume(toBytes)
  }

  formData(): Promise<FormData> {
    return this.#consume((pieces) => this.#native(pieces).formData())
  }

  json(): Promise<unknown> {
    return this.#consume(toJson)
  }

  text(): Promise<string> {
    return this.#consume(toText)
  }

  /** Only where the platform's `Response` has it. */
  textStream(): ReadableStream<string> {
    if (this.#isUnusable()) throw unusable()
    const stream: ReadableStream<Uint8Array<ArrayBuffer>> = this.body ?? new ReadableStream({ start: (controller) => controller.close() })
    return stream.pipeThrough(new TextDecoderStream())
  }

  [inspect.custom](_depth: number, options: InspectOptions): string {
    const { status, statusText, headers, body, bodyUsed, ok, redirected, type, url } = this
    return `Response ${inspect({ status, statusText, headers, body, bodyUsed, ok, redirected, type, url }, options)}`
  }

  #isUnusable(): boolean {
    return this.#used || (this.#stream !== undefined && (this.#stream.locked || isDisturbed(this.#stream)))
  }

  /** Not an async function: the body of a small reply is here with its head. */
  #consume<T>(convert: (pieces: Uint8Array[]) => T | Promise<T>): Promise<T> {
    try {
      const body = this.#body
      if (body === undefined) return Promise.resolve(convert(nothing))
      if (this.#isUnusable()) throw unusable()
      this.#used = true
      const pieces = this.#stream === undefined ? body.gather() : drain(this.#stream)
      return Array.isArray(pieces) ? Promise.resolve(convert(pieces)) : pieces.then(convert)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** The platform's own response, for the members that are rarely used and hard to get right. */
  #native(pieces: Uint8Array[]): Response {
    const contentType = replyHeader(this.#head.headers, 'content-type')
    return new Response(toBytes(pieces), contentType === undefined ? undefined : { headers: { 'content-type': contentType } })
  }
}

Object.setPrototypeOf(LeanResponse.prototype, Response.prototype)
for (const name of Object.getOwnPropertyNames(LeanResponse.prototype)) {
  if (name === 'constructor') Object.defineProperty(LeanResponse.prototype, name, { value: Response, enumerable: false })
  else if (name in Response.prototype) Object.defineProperty(LeanResponse.prototype, name, { enumerable: true })
  else Reflect.deleteProperty(LeanResponse.prototype, name)
}

function isDisturbed(stream: ReadableStream): boolean {
  return Readable.isDisturbed(stream as never)
}

function unusable(): TypeError {
  return new TypeError('Body is unusable: Body has already been read')
}

function toText(pieces: Uint8Array[]): string {
  return decoder.decode(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces))
}

function toJson(pieces: Uint8Array[]): unknown {
  return JSON.parse(toText(pieces))
}

function toBytes(pieces: Uint8Array[]): Uint8Array<ArrayBuffer> {
  if (pieces.length === 1) return new Uint8Array(pieces[0] as Uint8Array)
  let length = 0
  for (const piece of pieces) length += piece.byteLength
  const bytes = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.byteLength
  }
  return bytes
}

function toBuffer(pieces: Uint8Array[]): ArrayBuffer {
  return toBytes(pieces).buffer
}

/** Leaves the stream locked, as the platform does. */
async function drain(stream: ReadableStream<Uint8Array>): Promise<Uint8Array[]> {
  const reader = stream.getReader()
  const pieces: Uint8Array[] = []
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return pieces
    pieces.push(value)
  }
}

/** The stream of a body that was read otherwise: locked and over. */
function makeUsedStream(): ReadableStream<Uint8Array<ArrayBuffer>> {
  const stream: ReadableStream = new ReadableStream({ type: 'bytes' })
  stream
    .getReader()
    .cancel()
    .catch(() => {})
  return stream
}
