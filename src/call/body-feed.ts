/**
 * The producing end of a reply's body: a transport pushes into it, a {@link ReplyBody} takes out of it.
 *
 * The two ends are separate objects so that a body which nobody reads can be noticed. The transport's side is held by the socket; the
 * reader's side is held by the caller alone. Data is kept up to a cap, then the wire is paused, and from then on only the caller holds
 * the reader's side: when it is garbage collected, the body is discarded and the connection is free again.
 */
import type { MeshError } from '../errors/mesh-error.ts'
import type { ReplyHeaders } from './header-list.ts'

/** The wire below a body. */
export interface BodySource {
  /** Stop delivering for now. */
  pause(): void
  /** Deliver again. */
  resume(): void
  /** Give up the rest; the connection may be lost by it. */
  abort(reason: MeshError | undefined): void
  /** Somebody is reading: the body does not stand still for want of a reader. */
  taken?(): void
  /** Nobody reads the rest, which is let through all the same: nobody waits for it either. */
  dropped?(): void
}

/** Told when a body is over: complete, failed or discarded. */
export interface BodyListener {
  /** Called once. `error` is there only when the body failed. */
  bodyOver(error: MeshError | undefined): void
}

/** How much is buffered before the wire is paused, in bytes. */
export const bodyBufferBytes = 64 * 1024

/** Most chunks that are kept apart. Each has its own cost, and holds the socket's read buffer: a server that sends single bytes would fill the memory. */
const mostChunks = 256

/** The next piece for a reader, or the end. */
export interface FeedReader {
  /** Data came, or `undefined` at the end. */
  piece(chunk: Uint8Array | undefined): void
  /** The body failed. */
  failed(error: MeshError): void
}

/** Of whoever has nothing yet; nobody writes into it. */
const none: Uint8Array[] = []

const registry = new FinalizationRegistry<BodyFeed>((feed) => feed.discard())

/** See the top of this file. */
export class BodyFeed {
  readonly #source: BodySource
  #chunks: Uint8Array[] = none
  #buffered = 0
  /** Bytes that are still to come, if the reply said how many. */
  #expected: number
  #ended = false
  #over = false
  #error: MeshError | undefined
  #paused = false
  #dropping = false
  #reader: FeedReader | undefined
  #listeners: BodyListener[] | undefined
  #handle: object | undefined
  #guarded = false
  /** Trailers, once the body is complete. */
  trailers: ReplyHeaders | undefined

  /**
   * @param source the wire.
   * @param length bytes that the reply announced, or `undefined`.
   */
  constructor(source: BodySource, length: number | undefined) {
    this.#source = source
    this.#expected = length ?? Number.POSITIVE_INFINITY
  }

  /** Whether nothing more will come from the wire: complete, failed or discarded. */
  get over(): boolean {
    return this.#over
  }

  /** Whether nothing more will come, and nothing is left to take. */
  get drained(): boolean {
    return this.#over && this.#chunks.length === 0
  }

  /** Why the body failed, if it did. */
  get error(): MeshError | undefined {
    return this.#error
  }

  /** Says which object stands for the reader: when it is collected while the wire is paused, the body is discarded. */
  guard(handle: object): void {
    this.#handle = handle
  }

  /** The transport has data. */
  push(chunk: Uint8Array): void {
    if (this.#over) return
    this.#expected -= chunk.byteLength
    if (this.#dropping || chunk.byteLength === 0) return
    const reader = this.#reader
    if (reader !== undefined) {
      reader.piece(chunk)
      return
    }
    if (this.#chunks.length >= mostChunks) this.#chunks = [concat(this.#chunks, this.#buffered)]
    // Nearly always there is one. A list that grows makes room for seventeen at once.
    if (this.#chunks.length === 0) this.#chunks = [chunk]
    else this.#chunks.push(chunk)
    this.#buffered += chunk.byteLength
    if (this.#buffered >= bodyBufferBytes && !this.#paused) this.#pause()
  }

  /** The transport has delivered everything. */
  end(trailers?: ReplyHeaders): void {
    if (this.#over) return
    this.trailers = trailers
    this.#ended = true
    this.#finish(undefined)
    this.#reader?.piece(undefined)
  }

  /** The body is cut short. */
  fail(error: MeshError): void {
    if (this.#over) return
    this.#error = error
    this.#finish(error)
    const reader = this.#reader
    if (reader === undefined) return
    this.#reader = undefined
    reader.failed(error)
  }

  /** Nobody wants the rest. A short rest is let through, so that the connection stays usable; a long one is cut off. */
  discard(): void {
    this.#chunks = []
    this.#buffered = 0
    this.#reader = undefined
    if (this.#over || this.#dropping) return
    if (this.#expected <= bodyBufferBytes) {
      this.#dropping = true
      this.#resume()
      this.#source.dropped?.()
      return
    }
    this.#finish(undefined)
    this.#source.abort(undefined)
  }

  /** Fails the body from this side: the rest is given up. */
  abort(error: MeshError): void {
    if (this.#over) return
    this.fail(error)
    this.#source.abort(error)
  }

  /** Adds somebody who is told when the body is over; if it is, at once. */
  whenOver(listener: BodyListener): void {
    if (this.#over) {
      listener.bodyOver(this.#error)
      return
    }
    this.#listeners ??= []
    this.#listeners.push(listener)
  }

  /**
   * Hands everything over in one go, if everything is here.
   *
   * @returns the pieces, or `undefined` when the body is not complete.
   */
  takeAll(): Uint8Array[] | undefined {
    if (!this.#ended) return undefined
    const chunks = this.#chunks
    this.#chunks = none
    this.#buffered = 0
    return chunks === none ? [] : chunks
  }

  /**
   * Hands over what is there as one piece in a buffer of its own: small chunks are joined up to {@link bodyBufferBytes}.
   *
   * @returns `undefined` when nothing is there; {@link attach} waits for more.
   */
  take(): Uint8Array | undefined {
    const chunks = this.#chunks
    if (chunks.length === 0) return undefined
    this.#source.taken?.()
    let count = 0
    let bytes = 0
    for (const { byteLength } of chunks) {
      if (count > 0 && bytes + byteLength > bodyBufferBytes) break
      count += 1
      bytes += byteLength
    }
    const piece = concat(chunks.splice(0, count), bytes)
    this.#took(bytes)
    return piece
  }

  /**
   * Hands over what is there, and then whatever comes, until {@link detach} or the end. A reader that detaches within `piece` gets one
   * piece.
   *
   * @param reader told of each piece and of the end.
   * @param handle what is not to be collected while it reads, see {@link guard}.
   */
  attach(reader: FeedReader, handle: object): void {
    this.#reader = reader
    // While it reads: a caller that waits for the whole body holds a promise, and nothing else.
    this.#handle = handle
    this.#source.taken?.()
    for (let chunk = this.#chunks[0]; chunk !== undefined && this.#reader === reader; chunk = this.#chunks[0]) {
      this.#chunks.shift()
      this.#buffered -= chunk.byteLength
      reader.piece(chunk)
    }
    if (this.#reader === reader) {
      if (this.#error !== undefined) {
        this.#reader = undefined
        reader.failed(this.#error)
        return
      }
      if (this.#over) {
        reader.piece(undefined)
        return
      }
    }
    this.#took(0)
  }

  /** Somebody is reading, though nothing is handed over just now. */
  stir(): void {
    this.#source.taken?.()
  }

  /** Stops handing over. */
  detach(): void {
    this.#reader = undefined
    if (this.#guarded) this.#handle = undefined
  }

  #took(bytes: number): void {
    this.#buffered -= bytes
    if (this.#buffered < bodyBufferBytes / 2) this.#resume()
  }

  #pause(): void {
    this.#paused = true
    this.#source.pause()
    if (this.#handle === undefined) return
    if (!this.#guarded) registry.register(this.#handle, this, this)
    this.#guarded = true
    this.#handle = undefined
  }

  #resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#source.resume()
  }

  #finish(error: MeshError | undefined): void {
    this.#over = true
    this.#handle = undefined
    if (this.#guarded) registry.unregister(this)
    const listeners = this.#listeners
    if (listeners === undefined) return
    this.#listeners = undefined
    for (const listener of listeners) listener.bodyOver(error)
  }
}

/** A copy: a small chunk is a view over the socket's read buffer, and whoever got it could write into, or transfer, other people's bytes. */
function concat(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}
