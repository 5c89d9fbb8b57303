import type { CallBody } from '../call/call-body.ts'
import type { Upload } from './upload.ts'
import type { Uploading } from './uploading.ts'

/** How much of a stream is kept when the caller says `replay: true`, in bytes. */
export const defaultReplayBytes = 64 * 1024

/** A piece, and the way to the one after it. Nobody holds the pieces that everybody has passed. */
interface Link {
  readonly piece: Uint8Array
  next: Promise<Link | undefined> | undefined
}

/**
 * A stream of the caller's that can be sent again, as long as what was read of it fits into a limit: that much is kept. Beyond it, the
 * attempt that is under way goes on, and there will be no other.
 *
 * Attempts share what was read, and read on together: nothing is read twice or lost, also when one begins while another is still reading.
 */
export class ReplayBody implements CallBody, Uploading {
  readonly #upload: Upload
  readonly #limit: number
  /** Before the first piece; `undefined` once the stream cannot be sent from its start any more. */
  #start: Link | undefined = { piece: new Uint8Array(0), next: undefined }
  #kept = 0
  #begun = false
  #readers = 0
  readonly whole = false
  readonly shareable = true
  readonly length: number | undefined

  /**
   * @param upload the stream.
   * @param length in bytes, when it is known.
   * @param limit how much may be kept, in bytes.
   */
  constructor(upload: Upload, length: number | undefined, limit: number) {
    this.#upload = upload
    this.length = length
    this.#limit = limit
  }

  get sendable(): boolean {
    return this.#start !== undefined
  }

  open(): AsyncIterable<Uint8Array> {
    if (this.#start === undefined) throw new TypeError('the stream was sent, and more of it than is kept')
    this.#begun = true
    this.#readers += 1
    return new Replay(this, this.#start)
  }

  stop(reason: unknown): void {
    this.#upload.stop(reason)
  }

  abandon(reason: unknown): void {
    this.#upload.abandon(reason)
  }

  settle(): void {
    this.#start = undefined
    this.#endIfUnread()
  }

  /** What comes after a piece. */
  after(link: Link): Promise<Link | undefined> {
    link.next ??= this.#pull()
    return link.next
  }

  /** A reader is done. */
  left(): void {
    this.#readers -= 1
    this.#endIfUnread()
  }

  async #pull(): Promise<Link | undefined> {
    this.#upload[Symbol.asyncIterator]()
    const { done, value } = await this.#upload.next()
    if (done === true) return undefined
    this.#kept += value.byteLength
    if (this.#kept > this.#limit) this.#start = undefined
    // A copy of what is kept: the caller may use its buffer again once a piece was taken.
    return { piece: this.#start === undefined ? value : new Uint8Array(value), next: undefined }
  }

  #endIfUnread(): void {
    if (this.#begun && this.#start === undefined && this.#readers === 0) void this.#upload.return()
  }
}

/** Reads a {@link ReplayBody} once, from its start. */
class Replay implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #body: ReplayBody
  /** The piece that was given last; `undefined` when this reader is done. */
  #last: Link | undefined

  constructor(body: ReplayBody, start: Link) {
    this.#body = body
    this.#last = start
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const link = this.#last === undefined ? undefined : await this.#body.after(this.#last)
    if (link === undefined) return this.return()
    // Who returned while it waited is done.
    if (this.#last !== undefined) this.#last = link
    return { done: false, value: link.piece }
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#last !== undefined) this.#body.left()
    this.#last = undefined
    return Promise.resolve({ done: true, value: undefined })
  }
}
