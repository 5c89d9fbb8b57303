import type { MeshError } from '../errors/mesh-error.ts'
import type { BodyFeed, BodyListener, bodyBufferBytes, FeedReader } from './body-feed.ts'
import type { ReplyHeaders } from './header-list.ts'

/** Gathers a whole body. */
class Gatherer implements FeedReader {
  readonly #chunks: Uint8Array[] = []
  readonly #resolve: (chunks: Uint8Array[]) => void
  readonly #reject: (error: MeshError) => void

  constructor(resolve: (chunks: Uint8Array[]) => void, reject: (error: MeshError) => void) {
    this.#resolve = resolve
    this.#reject = reject
  }

  piece(chunk: Uint8Array | undefined): void {
    if (chunk === undefined) this.#resolve(this.#chunks)
    else this.#chunks.push(chunk)
  }

  failed(error: MeshError): void {
    this.#reject(error)
  }
}

/** Takes one piece. */
class SingleReader implements FeedReader {
  readonly #feed: BodyFeed
  readonly #resolve: (chunk: Uint8Array | undefined) => void
  readonly #reject: (error: MeshError) => void

  constructor(feed: BodyFeed, resolve: (chunk: Uint8Array | undefined) => void, reject: (error: MeshError) => void) {
    this.#feed = feed
    this.#resolve = resolve
    this.#reject = reject
  }

  piece(chunk: Uint8Array | undefined): void {
    this.#feed.detach()
    // A copy, for the same reason for which the feed makes one.
    this.#resolve(chunk === undefined ? undefined : new Uint8Array(chunk))
  }

  failed(error: MeshError): void {
    this.#reject(error)
  }
}

/**
 * The reading end of a reply's body. It is read once, by one of {@link gather}, {@link read} and {@link flow}, or {@link discard}ed; a body that is
 * simply dropped is discarded when it is garbage collected.
 */
export class ReplyBody {
  readonly #feed: BodyFeed

  /** @param feed the producing end. */
  constructor(feed: BodyFeed) {
    this.#feed = feed
    feed.guard(this)
  }

  /** Whether nothing more comes from the wire: complete (though perhaps unread), failed or discarded. */
  get over(): boolean {
    return this.#feed.over
  }

  /** Whether nothing more comes from the wire, and nothing is left to read. */
  get drained(): boolean {
    return this.#feed.drained
  }

  /** Trailers, once the body is complete. */
  get trailers(): ReplyHeaders | undefined {
    return this.#feed.trailers
  }

  /**
   * The whole body.
   *
   * @returns its pieces: at once when everything is here already, which is the common case for a small reply; else a promise that
   * rejects with a {@link MeshError} when the body is cut short. The pieces may be views over shared buffers: copy what you keep.
   */
  gather(): Uint8Array[] | Promise<Uint8Array[]> {
    const all = this.#feed.takeAll()
    if (all !== undefined) return all
    return new Promise((resolve, reject) => this.#feed.attach(new Gatherer(resolve, reject), this))
  }

  /**
   * The next piece, in a buffer of its own: what is there already, up to {@link bodyBufferBytes}, or else what comes next.
   *
   * @returns `undefined` at the end; rejects with a {@link MeshError} when the body is cut short. One read at a time.
   */
  read(): Promise<Uint8Array | undefined> {
    const piece = this.#feed.take()
    if (piece !== undefined) return Promise.resolve(piece)
    return new Promise((resolve, reject) => this.#feed.attach(new SingleReader(this.#feed, resolve, reject), this))
  }

  /**
   * Hands over what is there, and then whatever comes, until {@link hold} or the end. Instead of {@link gather} and {@link read}, for a
   * reader that takes pieces as they come. The pieces may be views over shared buffers.
   *
   * @param reader told of each piece and of the end, or of the failure.
   */
  flow(reader: FeedReader): void {
    this.#feed.attach(reader, this)
  }

  /** Says that the reader is at work, though it takes nothing just now: the body does not stand still for want of a reader. */
  stir(): void {
    this.#feed.stir()
  }

  /** Stops {@link flow}; once enough is kept, the wire is paused. */
  hold(): void {
    this.#feed.detach()
  }

  /** Gives up what was not read. A short rest is let through, so that the connection stays usable; a long one is cut off. */
  discard(): void {
    this.#feed.discard()
  }

  /** Fails the body: whoever reads it gets `error`, and the rest is cut off. */
  abort(error: MeshError): void {
    this.#feed.abort(error)
  }

  /** Adds somebody who is told, once, when the body is over; at once if it is. */
  whenOver(listener: BodyListener): void {
    this.#feed.whenOver(listener)
  }
}
