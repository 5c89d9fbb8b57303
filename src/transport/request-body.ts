import type { BodyContent, CallBody } from '../call/call-body.ts'

/**
 * A request body in pieces, as undici takes it: an iterable that is not touched before undici begins to write. A stream handed to undici
 * directly would be destroyed by an attempt that never left.
 */
export class RequestBody implements AsyncIterable<Uint8Array> {
  readonly #body: CallBody
  #error: { readonly cause: unknown } | undefined

  private constructor(body: CallBody) {
    this.#body = body
  }

  /** The body of a call as undici takes it. */
  static of(body: CallBody): RequestBody | Uint8Array | null {
    if (body.length === 0) return null
    if (body.whole) return body.open() as Uint8Array
    return new RequestBody(body)
  }

  /** What the caller's own iterable, or the making of it, threw, if it did. */
  get error(): { readonly cause: unknown } | undefined {
    return this.#error
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const content = this.#open()
    if (content instanceof Uint8Array) {
      yield content
      return
    }
    const iterator = this.#iterate(content)
    try {
      for (;;) {
        const step = await this.#next(iterator)
        if (step.done === true) return
        yield step.value
      }
    } finally {
      await iterator.return?.()
    }
  }

  #open(): BodyContent {
    try {
      return this.#body.open()
    } catch (cause) {
      this.#error = { cause }
      throw cause
    }
  }

  /** A stream that somebody else reads already throws here: that, too, is the fault of the caller's body, and of no endpoint. */
  #iterate(content: AsyncIterable<Uint8Array>): AsyncIterator<Uint8Array> {
    try {
      return content[Symbol.asyncIterator]()
    } catch (cause) {
      this.#error = { cause }
      throw cause
    }
  }

  async #next(iterator: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
    try {
      return await iterator.next()
    } catch (cause) {
      this.#error = { cause }
      throw cause
    }
  }
}
