import type { BodyContent, CallBody } from '../../call/call-body.ts'

/** Hears what was read of a body. */
export interface CopyListener {
  /** The whole body was read: this is it. */
  copied(bytes: Uint8Array): void
  /** It is longer than what may be kept. */
  tooLong(): void
}

/**
 * A body that is copied while it is sent. It is read by the original call alone, at its own pace: a copy takes nothing from the caller's
 * stream, and never makes it wait.
 */
export class CopiedBody implements CallBody {
  readonly #body: CallBody
  readonly #limit: number
  #listener: CopyListener | undefined
  readonly whole: boolean

  /**
   * @param body the original.
   * @param limit how much may be kept, in bytes.
   * @param listener told once, of one or the other.
   */
  constructor(body: CallBody, limit: number, listener: CopyListener) {
    this.#body = body
    this.whole = body.whole
    this.#limit = limit
    this.#listener = listener
  }

  get length(): number | undefined {
    return this.#body.length
  }

  get sendable(): boolean {
    return this.#body.sendable
  }

  get shareable(): boolean {
    return this.#body.shareable === true
  }

  open(): BodyContent {
    const content = this.#body.open()
    if (this.#listener === undefined) return content
    if (!(content instanceof Uint8Array)) return new Recording(content, this)
    // Of its own: the caller may change its bytes once the original is over.
    this.#settle((listener) => (content.byteLength > this.#limit ? listener.tooLong() : listener.copied(new Uint8Array(content))))
    return content
  }

  /** Nobody wants the copy any more. */
  giveUp(): void {
    this.#listener = undefined
  }

  /** Whether pieces are still to be kept, when so many bytes of them are there. */
  keeps(bytes: number): boolean {
    if (this.#listener === undefined) return false
    if (bytes <= this.#limit) return true
    this.#settle((listener) => listener.tooLong())
    return false
  }

  /** The body was read to its end. */
  complete(pieces: readonly Uint8Array[]): void {
    this.#settle((listener) => listener.copied(Buffer.concat(pieces)))
  }

  #settle(tell: (listener: CopyListener) => void): void {
    const listener = this.#listener
    this.#listener = undefined
    if (listener !== undefined) tell(listener)
  }
}

/** One reading of a body. A body that is read several times, for several attempts, is copied by whichever comes to its end first. */
class Recording implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #content: AsyncIterable<Uint8Array>
  readonly #body: CopiedBody
  #iterator: AsyncIterator<Uint8Array> | undefined
  #pieces: Uint8Array[] | undefined = []
  #bytes = 0

  constructor(content: AsyncIterable<Uint8Array>, body: CopiedBody) {
    this.#content = content
    this.#body = body
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#iterator ??= this.#content[Symbol.asyncIterator]()
    const step = await this.#iterator.next()
    const pieces = this.#pieces
    if (step.done === true) {
      this.#pieces = undefined
      if (pieces !== undefined) this.#body.complete(pieces)
      return { done: true, value: undefined }
    }
    if (pieces === undefined) return step
    this.#bytes += step.value.byteLength
    // Of its own: the caller may use its buffer again once a piece was taken.
    if (this.#body.keeps(this.#bytes)) pieces.push(new Uint8Array(step.value))
    else this.#pieces = undefined
    return step
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#pieces = undefined
    await this.#iterator?.return?.()
    return { done: true, value: undefined }
  }
}
