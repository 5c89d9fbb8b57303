import { Readable } from 'node:stream'
import { isAnyArrayBuffer, isArrayBufferView } from 'node:util/types'
import { BytesBody, type CallBody, noBody, ReopenableBody, StreamBody } from '../call/call-body.ts'
import { argumentError } from './argument-error.ts'
import { encodeForm, type FormEntries } from './multipart.ts'
import { RemadeBody } from './remade-body.ts'
import { ReplayBody } from './replay-body.ts'
import { Upload } from './upload.ts'
import type { Uploading } from './uploading.ts'

/** A body as the caller gave it, made ready to be sent. */
export interface ReadBody {
  /** What the call carries. */
  readonly body: CallBody
  /** The content type that goes with it, if any. */
  readonly contentType: string | undefined
  /** Who reads the caller's stream, if it is one: it is stopped when the call ends. */
  readonly upload: Uploading | undefined
}

/** No body at all. */
export const nothingToSend: ReadBody = Object.freeze({ body: noBody, contentType: undefined, upload: undefined })

/** The content type of text. */
export const textType = 'text/plain;charset=UTF-8'

/** What must be known about a request beside its body. */
export interface BodyRules {
  /** For messages. */
  readonly service: string
  /** `init.duplex`; a stream needs it. */
  readonly duplex: unknown
  /** `init.keepalive`; a stream forbids it. */
  readonly keepalive: boolean
  /** The caller's `content-length`, if there is one. */
  readonly contentLength: number | undefined
  /** How much of a stream is kept so that it can be sent again, in bytes; 0 for nothing. */
  readonly replayBytes: number
}

/**
 * Reads what fetch takes as a body: text, bytes, `Blob`, `FormData`, `URLSearchParams`, `ReadableStream` or an async iterable; or a
 * function that makes one. Anything else is sent as the text that it converts to, as fetch does. Nothing is read from a stream.
 *
 * @throws TypeError when it cannot be sent.
 */
export function readBody(body: unknown, rules: BodyRules): ReadBody {
  if (typeof body === 'string') return ofText(body, textType)
  if (typeof body === 'function') return ofFunction(body as () => unknown, rules)
  if (typeof body !== 'object' || body === null) return ofText(toText(body, rules.service), textType)
  if (isArrayBufferView(body)) return ofBytes(body.buffer, body.byteOffset, body.byteLength)
  if (isAnyArrayBuffer(body)) return ofBytes(body, 0, body.byteLength)
  if (body instanceof URLSearchParams) return ofText(body.toString(), 'application/x-www-form-urlencoded;charset=UTF-8')
  if (body instanceof Blob) return ofBlob(body)
  if (isForm(body)) return ofBlob(encodeForm(body))
  if (body instanceof ReadableStream || Symbol.asyncIterator in body)
    return ofStream(body as ReadableStream | AsyncIterable<unknown>, rules)
  return ofText(toText(body, rules.service), textType)
}

function ofText(text: string, contentType: string): ReadBody {
  return { body: new BytesBody(Buffer.from(text)), contentType, upload: undefined }
}

/** A copy: the caller may go on writing into the buffer. One whose memory went to somebody else has length 0, and cannot even be looked at. */
function ofBytes(buffer: ArrayBufferLike, at: number, length: number): ReadBody {
  if (length === 0) return nothingToSend
  return { body: new BytesBody(new Uint8Array(buffer, at, length).slice()), contentType: undefined, upload: undefined }
}

function ofBlob(blob: Blob): ReadBody {
  const contentType = blob.type === '' ? undefined : blob.type
  return { body: blob.size === 0 ? noBody : new ReopenableBody(() => blob.stream(), blob.size), contentType, upload: undefined }
}

function ofStream(source: ReadableStream | AsyncIterable<unknown>, rules: BodyRules): ReadBody {
  const { service, duplex, contentLength, replayBytes } = rules
  checkKeepalive(rules)
  if ((source as ReadableStream).locked === true || Readable.isDisturbed(source as never)) {
    throw new TypeError(`${service}: init.body: expected a stream that nobody reads, got one that is locked or was read from`)
  }
  if (duplex === undefined) throw argumentError(service, 'init.duplex', "'half', because init.body is a stream", duplex)
  return { ...toStreamBody(new Upload(source, contentLength), contentLength, replayBytes), contentType: undefined }
}

/** A stream as a call carries it: once, or again as long as no more than `replayBytes` of it were read. */
export function toStreamBody(upload: Upload, length: number | undefined, replayBytes: number): Pick<ReadBody, 'body' | 'upload'> {
  if (replayBytes === 0) return { body: new StreamBody(upload, length), upload }
  const replay = new ReplayBody(upload, length, replayBytes)
  return { body: replay, upload: replay }
}

function ofFunction(make: () => unknown, rules: BodyRules): ReadBody {
  checkKeepalive(rules)
  const { service, contentLength } = rules
  const body = new RemadeBody(() => {
    const made = make()
    const isOther = typeof made === 'object' && made !== null && !isForm(made)
    if (typeof made !== 'string' && !isOther) throw argumentError(service, 'init.body()', 'text, bytes, a Blob or a stream', made)
    return readBody(made, { ...rules, duplex: 'half', replayBytes: 0 })
  }, contentLength)
  return { body, contentType: undefined, upload: body }
}

function checkKeepalive({ service, keepalive }: BodyRules): void {
  if (keepalive) throw argumentError(service, 'init.keepalive', 'false or nothing beside a streamed body', true)
}

/** A form, the global `FormData` or that of a library: fetch would send the latter as `[object FormData]`. */
function isForm(body: object): body is FormEntries {
  return body instanceof FormData || ((body as Record<symbol, unknown>)[Symbol.toStringTag] === 'FormData' && Symbol.iterator in body)
}

function toText(body: unknown, service: string): string {
  if (typeof body === 'symbol') throw argumentError(service, 'init.body', 'a body', body)
  return String(body)
}
