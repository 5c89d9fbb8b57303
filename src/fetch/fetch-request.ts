import type { CallBody } from '../call/call-body.ts'
import type { CallOptions } from '../call/call-options.ts'
import type { DispatcherLike } from '../transport/http-options.ts'
import { argumentError, doorName } from './argument-error.ts'
import { type MeshOptions, noMeshOptions, readMeshOptions } from './mesh-options.ts'
import { isGetOrHead, isSimple, readMethod } from './method.ts'
import { noOwnHeaders, OwnHeaders, readHeaders } from './own-headers.ts'
import { programOrigin } from './program-origin.ts'
import { nothingToSend, readBody, textType } from './request-body.ts'
import { dispatcherOf } from './request-dispatcher.ts'
import { plainOptions, type RequestOptions, readOptions } from './request-options.ts'
import type { Uploading } from './uploading.ts'
import type { UrlTarget } from './url-target.ts'

/**
 * The options of `net.fetch`: those of fetch, and those of the mesh.
 *
 * Of fetch's options those have an effect that make sense in a server; `cache` and `referrer` only set headers, `credentials` and
 * `priority` do nothing.
 */
export interface MeshRequestInit extends Omit<RequestInit, 'body' | 'dispatcher'> {
  /**
   * What to send. A `ReadableStream` or an async iterable needs `duplex: 'half'` beside it, and can be sent once; see
   * {@link CallOptions.replay}. A function makes the body anew for each attempt: text, bytes, a `Blob`, a stream or an iterable. It is called
   * when an attempt begins to write, which is too late for a content type: say that in the headers.
   */
  body?: RequestInit['body'] | AsyncIterable<Uint8Array> | MakeBody | null
  /**
   * An undici dispatcher (7 or 8), such as a `MockAgent` or a `ProxyAgent`, that carries this call's attempts in place of the mesh's own
   * connections. The mesh still chooses the endpoints, retries and so on.
   */
  dispatcher?: DispatcherLike | null | undefined
  /** The options of the mesh for this call. */
  mesh?: CallOptions | undefined
}

/** Makes a body for one attempt. */
export type MakeBody = () => Exclude<RequestInit['body'], FormData | null | undefined> | AsyncIterable<Uint8Array>

/** A request as the door understands it: everything checked, nothing read, nothing sent. */
export interface FetchRequest {
  readonly target: UrlTarget
  /** As it goes over the wire. */
  readonly method: string
  /** The caller's headers, with the content type of the body. */
  readonly headers: OwnHeaders
  readonly body: CallBody
  /** Who reads the caller's stream, if the body is one. */
  readonly upload: Uploading | undefined
  /** Ends the call. */
  readonly signal: AbortSignal | undefined
  readonly options: RequestOptions
  readonly mesh: MeshOptions
  /** A `Request` whose body is to be sent; it has yet to be looked into. */
  readonly source: Request | undefined
  /** Carries the attempts in place of the mesh's connections. */
  readonly dispatcher: DispatcherLike | undefined
}

/** Headers of a request whose body is text and that has no others. */
const textHeaders = new OwnHeaders()
textHeaders.add('content-type', textType)

/** A request that is nothing but a URL. */
export function plainRequest(target: UrlTarget): FetchRequest {
  return {
    target,
    method: 'GET',
    headers: noOwnHeaders,
    body: nothingToSend.body,
    upload: undefined,
    signal: undefined,
    options: plainOptions,
    mesh: noMeshOptions,
    source: undefined,
    dispatcher: undefined,
  }
}

/**
 * Reads the input and the options of a fetch.
 *
 * @param target the URL.
 * @param input the `Request` that the caller passed instead of a URL, if it is one.
 * @param init the caller's options; they win over `input`.
 * @throws TypeError when one of them is not what fetch takes. Nothing has been read or sent then.
 */
export function readRequest(target: UrlTarget, input: Request | undefined, init: MeshRequestInit | null | undefined): FetchRequest {
  if (init === undefined || init === null) {
    if (input === undefined && programOrigin() === undefined) return plainRequest(target)
  } else if (typeof init !== 'object' && typeof init !== 'function') throw argumentError(doorName, 'init', 'an object', init)
  const given = init ?? undefined
  const service = target.origin.hostname
  const method = readMethod(service, given?.method === undefined ? input?.method : given.method)
  const options = readOptions(service, given, input)
  if (options.header.mode === 'no-cors' && !isSimple(method))
    throw argumentError(service, 'init.method', "GET, HEAD or POST beside the mode 'no-cors'", method)
  const givenHeaders = given?.headers === undefined ? input?.headers : given.headers
  const headers = givenHeaders === undefined ? noOwnHeaders : readHeaders(service, givenHeaders)
  const mesh = readMeshOptions(service, given?.mesh)
  const signal = readSignal(service, given?.signal === undefined ? input?.signal : given.signal)
  const givenBody = given?.body
  const hasBody = givenBody !== undefined && givenBody !== null
  const source = !hasBody && input !== undefined && hasUnreadBody(service, input) ? input : undefined
  if ((hasBody || source !== undefined) && isGetOrHead(method))
    throw argumentError(service, 'init.body', `no body beside the method ${method}`, givenBody ?? source?.body)
  const { contentLength } = headers
  const read = hasBody
    ? readBody(givenBody, {
        service,
        duplex: given?.duplex,
        keepalive: options.keepalive,
        contentLength,
        replayBytes: mesh.replayBytes,
      })
    : nothingToSend
  if (source === undefined) checkLength(service, contentLength, read.body)
  return {
    target,
    method,
    headers: withBodyHeaders(headers, read.body, read.contentType),
    body: read.body,
    upload: read.upload,
    signal,
    options,
    mesh,
    source,
    dispatcher: readDispatcher(service, given?.dispatcher ?? (input === undefined ? undefined : dispatcherOf(input))),
  }
}

/** Adds what the body adds to the headers: its content type, and its length where only we know it. */
export function withBodyHeaders(headers: OwnHeaders, body: CallBody, contentType: string | undefined): OwnHeaders {
  const type = contentType !== undefined && !headers.has('content-type') ? contentType : undefined
  // Of a body that comes in pieces the transport does not know the length, though we may.
  const length = body.whole ? undefined : body.length
  if (type === undefined && length === undefined) return headers
  if (headers === noOwnHeaders && type === textType && length === undefined) return textHeaders
  const own = headers === noOwnHeaders ? new OwnHeaders() : headers
  if (type !== undefined) own.add('content-type', type)
  if (length !== undefined) own.add('content-length', String(length))
  return own
}

/**
 * A wrong length would have the server wait for bytes that never come.
 *
 * @throws TypeError when the caller's content-length is not the length of the body.
 */
export function checkLength(service: string, announced: number | undefined, body: CallBody): void {
  if (announced !== undefined && body.length !== undefined && announced !== body.length) {
    throw argumentError(service, 'init.headers.content-length', `${body.length}, the length of the body, or no such header`, announced)
  }
}

function hasUnreadBody(service: string, input: Request): boolean {
  const { body } = input
  if (body === null || body === undefined) return false
  if (input.bodyUsed || body.locked) throw usedRequest(service)
  return true
}

/** What fetch throws for a `Request` whose body somebody else reads, or has read. */
export function usedRequest(service: string): TypeError {
  return new TypeError(`${service}: input: expected a Request whose body is unused, got one whose body has already been used`)
}

function readSignal(service: string, signal: unknown): AbortSignal | undefined {
  if (signal === undefined || signal === null) return undefined
  if (!(signal instanceof AbortSignal)) throw argumentError(service, 'init.signal', 'an AbortSignal or null', signal)
  return signal
}

function readDispatcher(service: string, dispatcher: unknown): DispatcherLike | undefined {
  if (dispatcher === undefined || dispatcher === null) return undefined
  if (typeof (dispatcher as DispatcherLike).dispatch !== 'function') {
    throw argumentError(service, 'init.dispatcher', 'an undici dispatcher', dispatcher)
  }
  return dispatcher as DispatcherLike
}
