/** A request body in the form in which a transport takes it: whole, or in pieces. */
export type BodyContent = Uint8Array | AsyncIterable<Uint8Array>

/**
 * The body of a call.
 *
 * A transport calls {@link CallBody.open} at the moment it begins to write, and not before: a call that is refused, or an attempt that
 * never left, leaves the caller's stream untouched.
 */
export interface CallBody {
  /** Length in bytes, when it is known; 0 for no body. */
  readonly length: number | undefined
  /** Whether it is there as a whole: {@link CallBody.open} gives bytes, and may be called early and often. */
  readonly whole: boolean
  /** Whether another attempt can still send it: it can be opened again, or was not opened yet. */
  readonly sendable: boolean
  /** Whether two attempts may send it at the same time, though it is not there as a whole. @defaultValue `false` */
  readonly shareable?: boolean
  /** Begins to read it. */
  open(): BodyContent
}

const nothing = new Uint8Array(0)

/** No body. */
export const noBody: CallBody = Object.freeze({ length: 0, whole: true, sendable: true, open: () => nothing })

/** A body that is there as a whole and can be sent as often as need be. */
export class BytesBody implements CallBody {
  readonly #bytes: Uint8Array
  readonly whole = true
  readonly sendable = true

  /** @param bytes the body; it must not change while the call lasts. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get length(): number {
    return this.#bytes.byteLength
  }

  open(): Uint8Array {
    return this.#bytes
  }
}

/** A body that comes in pieces and can be read once. */
export class StreamBody implements CallBody {
  readonly #pieces: AsyncIterable<Uint8Array>
  #opened = false
  readonly whole = false
  readonly length: number | undefined

  /**
   * @param pieces the body; nothing is read from it before {@link open}.
   * @param length in bytes, when it is known.
   */
  constructor(pieces: AsyncIterable<Uint8Array>, length?: number) {
    this.#pieces = pieces
    this.length = length
  }

  get sendable(): boolean {
    return !this.#opened
  }

  open(): AsyncIterable<Uint8Array> {
    this.#opened = true
    return this.#pieces
  }
}

/** A body that comes in pieces and can be read as often as need be, such as a `Blob`. */
export class ReopenableBody implements CallBody {
  readonly #pieces: () => AsyncIterable<Uint8Array>
  readonly whole = false
  readonly sendable = true
  readonly shareable = true
  readonly length: number | undefined

  /**
   * @param pieces begins to read it, each time from the start.
   * @param length in bytes, when it is known.
   */
  constructor(pieces: () => AsyncIterable<Uint8Array>, length?: number) {
    this.#pieces = pieces
    this.length = length
  }

  open(): AsyncIterable<Uint8Array> {
    return this.#pieces()
  }
}
