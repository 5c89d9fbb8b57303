import { BodyFeed, type BodyListener, type BodySource, type FeedReader } from '../../call/body-feed.ts'
import { ReplyBody } from '../../call/reply-body.ts'
import type { MeshError } from '../../errors/mesh-error.ts'
import type { Clock, Timer } from '../../runtime/clock.ts'

/** A slow body comes in so many pieces a second. */
const slicesPerSecond = 16

/** How a body is spoiled. */
export interface BodyShape {
  /** After how many bytes it is cut off; `Infinity` for never. */
  readonly cutAfterBytes: number
  /** How fast it comes; `Infinity` for as fast as it does. */
  readonly bytesPerSecond: number
}

/**
 * A body that is cut off, or slow, though the one behind it is not. A cut goes all the way to the wire: the connection, or the stream, is lost as it
 * would be by a real one.
 */
export class ShapedBody implements BodySource, FeedReader, BodyListener {
  readonly #inner: ReplyBody
  readonly #clock: Clock
  readonly #bytesPerSecond: number
  readonly #cutError: () => MeshError
  readonly #feed: BodyFeed
  /** Bytes until the cut. */
  #left: number
  /** What came and waits to be let through; only of a slow body. */
  #rest: Uint8Array | undefined
  #timer: Timer | undefined
  #paused = false
  #dropped = false

  private constructor(inner: ReplyBody, length: number | undefined, shape: BodyShape, clock: Clock, cutError: () => MeshError) {
    this.#inner = inner
    this.#clock = clock
    this.#bytesPerSecond = shape.bytesPerSecond
    this.#left = shape.cutAfterBytes
    this.#cutError = cutError
    this.#feed = new BodyFeed(this, length)
  }

  /**
   * Puts a shape on a body.
   *
   * @param inner the body as it comes.
   * @param length in bytes, if the reply said so.
   * @param shape see {@link BodyShape}.
   * @param clock lets the body wait.
   * @param cutError makes the error of a body that is cut off.
   * @returns the body for whoever reads it: nothing here holds on to it, so that one which is dropped is noticed.
   */
  static over(inner: ReplyBody, length: number | undefined, shape: BodyShape, clock: Clock, cutError: () => MeshError): ReplyBody {
    const shaped = new ShapedBody(inner, length, shape, clock, cutError)
    const body = new ReplyBody(shaped.#feed)
    inner.whenOver(shaped)
    shaped.#begin()
    return body
  }

  piece(chunk: Uint8Array | undefined): void {
    if (chunk === undefined) {
      this.#feed.end(this.#inner.trailers)
      return
    }
    if (this.#bytesPerSecond === Number.POSITIVE_INFINITY) {
      this.#letThrough(chunk)
      return
    }
    this.#inner.hold()
    this.#rest = chunk
    this.#drip()
  }

  failed(error: MeshError): void {
    this.#feed.fail(error)
  }

  /** The body behind is over. Its end comes as a piece, unless nobody takes pieces any more. */
  bodyOver(error: MeshError | undefined): void {
    if (error === undefined && !this.#dropped) return
    this.#stop()
    if (error === undefined) this.#feed.end(this.#inner.trailers)
    else this.#feed.fail(error)
  }

  pause(): void {
    this.#paused = true
    if (this.#rest === undefined && this.#timer === undefined) this.#inner.hold()
  }

  resume(): void {
    this.#paused = false
    this.#next()
  }

  abort(reason: MeshError | undefined): void {
    this.#stop()
    if (reason === undefined) this.#inner.discard()
    else this.#inner.abort(reason)
  }

  taken(): void {
    this.#inner.stir()
  }

  /** Nobody reads the rest: there is no need to let it come slowly, or to cut it. */
  dropped(): void {
    this.#dropped = true
    this.#stop()
    this.#inner.discard()
    if (this.#inner.over) this.#feed.end(this.#inner.trailers)
  }

  #begin(): void {
    if (this.#left === 0) this.#cut()
    else this.#inner.flow(this)
  }

  /** Goes on, unless somebody must be waited for. */
  #next(): void {
    if (this.#paused || this.#timer !== undefined || this.#feed.over || this.#dropped) return
    if (this.#rest === undefined) this.#inner.flow(this)
    else this.#drip()
  }

  /** Lets one slice through, and waits as long as it takes to come. */
  #drip(): void {
    const rest = this.#rest as Uint8Array
    const slice = rest.subarray(0, Math.max(1, Math.round(this.#bytesPerSecond / slicesPerSecond)))
    this.#rest = slice.byteLength === rest.byteLength ? undefined : rest.subarray(slice.byteLength)
    // Before the slice goes: whoever gets it may end the body.
    this.#timer = this.#clock.schedule((slice.byteLength / this.#bytesPerSecond) * 1_000, () => {
      this.#timer = undefined
      // A body that comes slowly does not stand still.
      if (!this.#paused) this.#inner.stir()
      this.#next()
    })
    this.#letThrough(slice)
  }

  #letThrough(chunk: Uint8Array): void {
    const piece = chunk.byteLength < this.#left ? chunk : chunk.subarray(0, this.#left)
    this.#left -= piece.byteLength
    this.#feed.push(piece)
    if (this.#left === 0) this.#cut()
  }

  #cut(): void {
    if (this.#feed.over || this.#dropped) return
    const error = this.#cutError()
    this.#stop()
    this.#feed.fail(error)
    this.#inner.abort(error)
  }

  #stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#rest = undefined
  }
}
