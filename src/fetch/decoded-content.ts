import { pipeline, Readable, type Transform } from 'node:stream'
import { MeshError } from '../errors/mesh-error.ts'
import type { Coding } from './content-codings.ts'
import type { Content } from './response-body.ts'

/** Up to here, in bytes, a whole body is decoded at once: a thread would cost more than the work. */
const smallBytes = 16 * 1024

/** A compressed body, decompressed when it is read: a body that nobody reads costs nothing. */
export class DecodedContent implements Content {
  readonly #raw: Content
  readonly #codings: readonly Coding[]
  readonly #undecodable: (cause: Error) => MeshError
  #pieces: AsyncIterator<Uint8Array> | undefined

  /**
   * @param raw the body as it came.
   * @param codings how to undo its codings, in that order.
   * @param undecodable what readers get when the bytes are not what their coding says, with the reason below it.
   */
  constructor(raw: Content, codings: readonly Coding[], undecodable: (cause: Error) => MeshError) {
    this.#raw = raw
    this.#codings = codings
    this.#undecodable = undecodable
  }

  /** Sharing would decode at once; two readers had better share the stream. */
  get over(): boolean {
    return false
  }

  async gather(): Promise<Uint8Array[]> {
    const bytes = join(await this.#raw.gather())
    try {
      return await this.#decode(bytes)
    } catch (error) {
      throw this.#told(error)
    }
  }

  async #decode(given: Uint8Array): Promise<Uint8Array[]> {
    let bytes = given
    for (const coding of this.#codings) {
      // No coding has a way to write nothing in nothing, but servers do.
      if (bytes.byteLength === 0) return []
      bytes = (bytes.byteLength <= smallBytes && decodeSmall(coding, bytes)) || (await coding.decode(bytes))
    }
    return [bytes]
  }

  async read(): Promise<Uint8Array | undefined> {
    try {
      this.#pieces ??= await this.#decodedPieces()
      const { done, value } = await this.#pieces.next()
      return done === true ? undefined : new Uint8Array(value)
    } catch (error) {
      throw this.#told(error)
    }
  }

  discard(): void {
    this.#raw.discard()
    this.#pieces?.return?.().then(
      () => {},
      () => {},
    )
  }

  abort(error: MeshError): void {
    this.#raw.abort(error)
  }

  /** A body that broke on its way says so itself, through all decoders. */
  #told(error: unknown): unknown {
    return error instanceof Error && !MeshError.is(error) ? this.#undecodable(error) : error
  }

  async #decodedPieces(): Promise<AsyncIterator<Uint8Array>> {
    const raw = this.#raw
    const first = await raw.read()
    if (first === undefined) return Readable.from([])[Symbol.asyncIterator]()
    const source = Readable.from(rawPieces(raw, first), { objectMode: false })
    // Only the first decoder sees the first bytes of the body; those of a deflate further down the chain are not known yet.
    const decoders = this.#codings.map((coding, i) => coding.stream(i === 0 ? first : zlibLike))
    const last = decoders.at(-1) as Transform
    pipeline([source, ...decoders], (error) => {
      if (error !== null && error !== undefined) raw.discard()
    })
    return last[Symbol.asyncIterator]()
  }
}

/** Looks like a zlib header: what `deflate` properly is. */
const zlibLike = new Uint8Array([0x78])

async function* rawPieces(raw: Content, first: Uint8Array): AsyncGenerator<Uint8Array> {
  yield first
  for (;;) {
    const piece = await raw.read()
    if (piece === undefined) return
    yield piece
  }
}

function decodeSmall(coding: Coding, bytes: Uint8Array): Uint8Array | undefined {
  try {
    return coding.decodeNow(bytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return undefined
    throw error
  }
}

function join(pieces: Uint8Array[]): Uint8Array {
  return pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces)
}
