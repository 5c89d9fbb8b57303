import { Readable } from 'node:stream'
import { isAnyArrayBuffer, isArrayBufferView } from 'node:util/types'
import { BytesBody, type CallBody, noBody, ReopenableBody, StreamBody } from '../call/call-body.ts'
import { encodeForm, type FormEntries } from '../fetch/multipart.ts'
import { Upload } from '../fetch/upload.ts'
import { invalidRequest } from './undici-error.ts'

/** A body as the caller gave it, made ready to be sent. */
export interface RequestBody {
  /** What the call carries. */
  readonly body: CallBody
  /** The content type that goes with it, if any. */
  readonly contentType: string | undefined
  /** The caller's stream or iterable, if it is one: it is stopped when the caller leaves. */
  readonly pieces: BodyPieces | undefined
}

/** A body that the caller streams. */
export interface BodyPieces {
  /** The caller left. */
  stop(reason: unknown): void
  /** The stream itself, if it is one of Node's: it may fail before anybody reads it. */
  readonly stream: Readable | undefined
}

const nothing: RequestBody = Object.freeze({ body: noBody, contentType: undefined, pieces: undefined })

/**
 * Reads what undici takes as a body: text, bytes, `Blob`, `FormData` (any), a Node stream, a web stream, an iterable or an async iterable;
 * and `URLSearchParams`. Nothing is read from a stream.
 *
 * @param given what came.
 * @param announced the caller's `content-length`, which is the length of a stream.
 * @throws UndiciError when it cannot be sent.
 */
export function readRequestBody(given: unknown, announced: number | undefined): RequestBody {
  if (given === undefined || given === null) return nothing
  if (typeof given === 'string') return ofBytes(Buffer.from(given))
  if (typeof given !== 'object') throw badBody()
  if (isArrayBufferView(given)) {
    return ofBytes(given instanceof Uint8Array ? given : Buffer.from(given.buffer, given.byteOffset, given.byteLength))
  }
  if (isAnyArrayBuffer(given)) return ofBytes(new Uint8Array(given))
  if (given instanceof URLSearchParams) return ofBytes(Buffer.from(String(given)), 'application/x-www-form-urlencoded;charset=UTF-8')
  if (isBlob(given)) return ofBlob(given)
  if (isForm(given)) return ofBlob(encodeForm(given))
  if (isStream(given)) return ofPieces(Symbol.asyncIterator in given ? given : ofOldStream(given), given, announced)
  if (given instanceof ReadableStream || Symbol.asyncIterator in given) {
    return ofPieces(given as ReadableStream | AsyncIterable<unknown>, undefined, announced)
  }
  if (Symbol.iterator in given) return ofPieces(inTurn(given as Iterable<unknown>), undefined, announced)
  throw badBody()
}

function ofBytes(bytes: Uint8Array, contentType?: string): RequestBody {
  if (bytes.byteLength === 0) return contentType === undefined ? nothing : { body: noBody, contentType, pieces: undefined }
  return { body: new BytesBody(bytes), contentType, pieces: undefined }
}

function ofBlob(blob: Blob): RequestBody {
  const contentType = blob.type === '' ? undefined : blob.type
  return { body: blob.size === 0 ? noBody : new ReopenableBody(() => blob.stream(), blob.size), contentType, pieces: undefined }
}

function ofPieces(
  source: ReadableStream<unknown> | AsyncIterable<unknown>,
  stream: Readable | undefined,
  announced: number | undefined,
): RequestBody {
  // Whether its length is what was announced is undici's to see.
  const upload = new Upload(source, undefined)
  const stop = (reason: unknown) => {
    upload.stop(reason)
    // Without an error, as undici does it: the caller who left listens for none.
    stream?.destroy?.()
  }
  return { body: new StreamBody(upload, announced ?? lengthOf(stream)), contentType: undefined, pieces: { stop, stream } }
}

/** Streams in the style of the first Node, such as the forms of the package `form-data`, have no iterator. They begin when they are resumed. */
function ofOldStream(stream: Readable): AsyncIterable<unknown> {
  return {
    [Symbol.asyncIterator]() {
      const pieces = new Readable().wrap(stream)
      stream.resume?.()
      return pieces[Symbol.asyncIterator]()
    },
  }
}

/** The length of a stream of which everything is there. */
function lengthOf(stream: Readable | undefined): number | undefined {
  if (stream === undefined || stream.readableObjectMode !== false) return undefined
  const { ended } = (stream as unknown as { _readableState?: { ended?: unknown } })._readableState ?? {}
  return ended === true ? stream.readableLength : undefined
}

function inTurn(source: Iterable<unknown>): AsyncIterable<unknown> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = source[Symbol.iterator]()
      return {
        next: async () => iterator.next(),
        return: async () => iterator.return?.() ?? { done: true, value: undefined },
      }
    },
  }
}

function isStream(body: object): body is Readable {
  return typeof (body as Readable).pipe === 'function' && typeof (body as Readable).on === 'function'
}

function isBlob(body: object): body is Blob {
  if (body instanceof Blob) return true
  const tag = (body as Record<symbol, unknown>)[Symbol.toStringTag]
  return (tag === 'Blob' || tag === 'File') && typeof (body as Blob).stream === 'function'
}

function isForm(body: object): body is FormEntries {
  return body instanceof FormData || ((body as Record<symbol, unknown>)[Symbol.toStringTag] === 'FormData' && Symbol.iterator in body)
}

function badBody(): Error {
  return invalidRequest('body must be a string, a Buffer, a Readable stream, an iterable, or an async iterable')
}
