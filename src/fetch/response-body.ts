import type { BodyListener } from '../call/body-feed.ts'
import type { MeshError } from '../errors/mesh-error.ts'

/** Where the bytes of a response come from: a `ReplyBody`, a decoder over one, or memory. */
export interface Content {
  /** The rest, as a whole: at once when it is here. Copy what you keep. */
  gather(): Uint8Array[] | Promise<Uint8Array[]>
  /** The next piece, in a buffer of its own; `undefined` at the end. */
  read(): Promise<Uint8Array | undefined>
  /** Gives up the rest. */
  discard(): void
  /** Fails the body. */
  abort(error: MeshError): void
  /** Whether all of it is here, or nothing more will come. */
  readonly over: boolean
  /** Whether nothing is left to read either. */
  readonly drained?: boolean
  /** Adds somebody who is told when nothing more will come from the wire; at once if so. */
  whenOver?(listener: BodyListener): void
}

/** Bytes in memory. Several responses may share them. */
export class MemoryContent implements Content {
  readonly #pieces: Uint8Array[] | Promise<Uint8Array[]>
  #next = 0
  readonly over = true

  get drained(): boolean {
    const pieces = this.#pieces
    if (!Array.isArray(pieces)) return false
    while (pieces[this.#next]?.byteLength === 0) this.#next += 1
    return this.#next >= pieces.length
  }

  /** @param pieces the bytes, or why there are none. */
  constructor(pieces: Uint8Array[] | Promise<Uint8Array[]>) {
    this.#pieces = pieces
    // The failure belongs to whoever reads; nobody may.
    if (!Array.isArray(pieces)) pieces.catch(() => {})
  }

  gather(): Uint8Array[] | Promise<Uint8Array[]> {
    return this.#pieces
  }

  async read(): Promise<Uint8Array | undefined> {
    const pieces = await this.#pieces
    while (this.#next < pieces.length) {
      const piece = pieces[this.#next] as Uint8Array
      this.#next += 1
      if (piece.byteLength > 0) return new Uint8Array(piece)
    }
    return undefined
  }

  discard(): void {}

  abort(): void {}

  whenOver(listener: BodyListener): void {
    listener.bodyOver(undefined)
  }

  /** The same bytes, to be read from the start. */
  copy(): MemoryContent {
    return new MemoryContent(this.#pieces)
  }
}

/**
 * The body of a response: its content, and how failing to read it looks to the caller.
 *
 * A response and the stream made from it both hold this object, and nobody else does: when the caller drops them, the body is
 * collected, and its connection is free again.
 */
export class ResponseBody implements BodyListener {
  readonly #content: Content
  readonly #signal: AbortSignal | undefined
  #controller: ReadableByteStreamController | undefined
  #pulling = false

  /**
   * @param content the bytes.
   * @param signal of the caller, whose reason is thrown once it is aborted.
   */
  constructor(content: Content, signal: AbortSignal | undefined) {
    this.#content = content
    this.#signal = signal
  }

  /** The rest, as a whole: at once when it is here. */
  gather(): Uint8Array[] | Promise<Uint8Array[]> {
    const signal = this.#signal
    if (signal?.aborted === true) return Promise.reject(signal.reason)
    const pieces = this.#content.gather()
    if (!Array.isArray(pieces)) return this.#orReason(pieces)
    return signal === undefined ? pieces : unlessAborted(pieces, signal)
  }

  /** Bytes that two responses can share, if they are all here; then this body must not be used any more. */
  share(): MemoryContent | undefined {
    return this.#content.over && this.#signal?.aborted !== true ? new MemoryContent(this.#content.gather()) : undefined
  }

  /** The same body over other content. */
  over(content: Content): ResponseBody {
    return new ResponseBody(content, this.#signal)
  }

  /** The caller left. */
  abort(error: MeshError): void {
    this.#content.abort(error)
    this.#controller?.error(this.#signal?.reason)
    this.#controller = undefined
  }

  /** Makes the stream; the body must not be used otherwise from then on. */
  toStream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const stream: ReadableStream = new ReadableStream({
      type: 'bytes',
      start: (controller) => this.#begin(controller),
      pull: (controller) => this.#pull(controller),
      cancel: () => this.#cancel(),
    })
    this.#content.whenOver?.(new EndOfStream(this))
    return stream
  }

  /** Nothing more comes: a reader that waits for the end, and asks for nothing, learns it only from here. */
  bodyOver(error: MeshError | undefined): void {
    const controller = this.#controller
    if (controller === undefined || this.#pulling || this.#content.drained !== true) return
    if (error === undefined) {
      this.#close(controller)
      return
    }
    this.#controller = undefined
    controller.error(this.#signal?.aborted === true ? this.#signal.reason : terminated(error))
  }

  #begin(controller: ReadableByteStreamController): void {
    this.#controller = controller
  }

  async #pull(controller: ReadableByteStreamController): Promise<void> {
    const signal = this.#signal
    if (signal?.aborted === true) return Promise.reject(signal.reason)
    this.#pulling = true
    const piece = await this.#orReason(this.#content.read())
    this.#pulling = false
    if (piece === undefined) {
      this.#close(controller)
      return
    }
    controller.enqueue(piece)
    if (this.#content.drained === true) this.#content.whenOver?.(this)
  }

  #close(controller: ReadableByteStreamController): void {
    this.#controller = undefined
    controller.close()
    // A reader that brought its own buffer is told of the end only when that is given back.
    controller.byobRequest?.respond(0)
  }

  #cancel(): void {
    this.#controller = undefined
    this.#content.discard()
  }

  async #orReason<T>(reading: Promise<T>): Promise<T> {
    try {
      return await reading
    } catch (cause) {
      if (this.#signal?.aborted === true) return Promise.reject(this.#signal.reason)
      throw terminated(cause)
    }
  }
}

/** Tells a body of its end, without keeping it: the wire holds this, and a response that nobody reads is to be collected. */
class EndOfStream implements BodyListener {
  readonly #body: WeakRef<ResponseBody>

  constructor(body: ResponseBody) {
    this.#body = new WeakRef(body)
  }

  bodyOver(error: MeshError | undefined): void {
    this.#body.deref()?.bodyOver(error)
  }
}

function terminated(cause: unknown): TypeError {
  return new TypeError('terminated', { cause })
}

/** A caller that leaves right after it asked has left before it got anything. */
async function unlessAborted(pieces: Uint8Array[], signal: AbortSignal): Promise<Uint8Array[]> {
  await undefined
  return signal.aborted ? Promise.reject(signal.reason) : pieces
}
