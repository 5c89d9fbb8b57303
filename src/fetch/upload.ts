import type { Uploading } from './uploading.ts'

/**
 * The pieces of a body that the caller streams.
 *
 * Nothing is read from the caller's stream before somebody iterates. It is written by hand rather than as a generator because a
 * generator that waits for its next piece cannot be told to stop: a caller who leaves would leave the stream open.
 */
export class Upload implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined>, Uploading {
  readonly #source: ReadableStream<unknown> | AsyncIterable<unknown>
  #reader: PieceReader | undefined
  /** Bytes that are still to come, if the caller said how many. */
  #left: number
  readonly #announced: boolean
  #stopped: { readonly reason: unknown } | undefined
  #fail: ((reason: unknown) => void) | undefined
  readonly #texts: boolean

  /**
   * @param source the caller's stream.
   * @param length in bytes, when the caller said it.
   * @param texts whether the pieces of a web stream may be texts, which fetch does not allow, and undici does.
   */
  constructor(source: ReadableStream<unknown> | AsyncIterable<unknown>, length: number | undefined, texts = false) {
    this.#source = source
    this.#left = length ?? Number.POSITIVE_INFINITY
    this.#announced = length !== undefined
    this.#texts = texts
  }

  /** Whoever waits for a piece is told `reason`, and so is the caller's stream. */
  stop(reason: unknown): void {
    if (this.#reader !== undefined) this.abandon(reason)
    else if (this.#source instanceof ReadableStream && !this.#source.locked) this.#source.cancel(reason).catch(ignore)
  }

  abandon(reason: unknown): void {
    if (this.#reader === undefined || this.#stopped !== undefined) return
    this.#stopped = { reason }
    this.#fail?.(reason)
    this.#fail = undefined
    this.#reader.stop(reason)
  }

  settle(): void {}

  [Symbol.asyncIterator](): this {
    this.#reader ??= this.#source instanceof ReadableStream ? new StreamReader(this.#source, this.#texts) : new IterableReader(this.#source)
    return this
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    return new Promise((resolve, reject) => {
      if (this.#stopped !== undefined) {
        reject(this.#stopped.reason)
        return
      }
      this.#fail = reject
      this.#piece().then(resolve, reject)
    })
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#stopped ??= { reason: undefined }
    this.#reader?.stop(undefined)
    return Promise.resolve({ done: true, value: undefined })
  }

  async #piece(): Promise<IteratorResult<Uint8Array, undefined>> {
    const reader = this.#reader as PieceReader
    const piece = await reader.read()
    if (piece !== undefined) this.#left -= piece.byteLength
    if (this.#announced && (this.#left < 0 || (piece === undefined && this.#left > 0))) {
      const error = new TypeError(
        `init.body is not as long as the content-length header says: ${Math.abs(this.#left)} bytes too ${this.#left < 0 ? 'many' : 'few'}`,
      )
      reader.stop(error)
      throw error
    }
    if (piece !== undefined) return { done: false, value: piece }
    this.#stopped ??= { reason: undefined }
    return { done: true, value: undefined }
  }
}

/** Reads one kind of source. */
interface PieceReader {
  /** The next piece, or `undefined` at the end. */
  read(): Promise<Uint8Array | undefined>
  stop(reason: unknown): void
}

class StreamReader implements PieceReader {
  readonly #reader: ReadableStreamDefaultReader<unknown>
  readonly #texts: boolean

  constructor(stream: ReadableStream<unknown>, texts: boolean) {
    this.#reader = stream.getReader()
    this.#texts = texts
  }

  async read(): Promise<Uint8Array | undefined> {
    const { done, value } = await this.#reader.read()
    if (done) return undefined
    if (value instanceof Uint8Array) return value
    if (this.#texts && typeof value === 'string') return Buffer.from(value)
    const error = new TypeError(`init.body: expected a stream of Uint8Array, got a piece of type ${typeof value}`)
    this.stop(error)
    throw error
  }

  stop(reason: unknown): void {
    this.#reader.cancel(reason).catch(ignore)
  }
}

class IterableReader implements PieceReader {
  readonly #iterator: AsyncIterator<unknown>

  constructor(source: AsyncIterable<unknown>) {
    this.#iterator = source[Symbol.asyncIterator]()
  }

  async read(): Promise<Uint8Array | undefined> {
    const { done, value } = await this.#iterator.next()
    if (done === true) return undefined
    // As fetch does: iterables, unlike streams, may also give text, or bytes in another form.
    return value instanceof Uint8Array ? value : Buffer.from(value as string)
  }

  stop(): void {
    // Not awaited: a generator answers only after the piece it is working on.
    this.#iterator.return?.().then(ignore, ignore)
  }
}

function ignore(): void {}
