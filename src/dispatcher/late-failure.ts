import type { BodyListener, FeedReader } from '../call/body-feed.ts'
import type { MeshError } from '../errors/mesh-error.ts'

/** Tells a reader that is paused that its body failed. Weak: a reader that was dropped while it was paused must be collected. */
export class LateFailure implements BodyListener {
  readonly #reader: WeakRef<FeedReader>

  constructor(reader: FeedReader) {
    this.#reader = new WeakRef(reader)
  }

  bodyOver(error: MeshError | undefined): void {
    if (error !== undefined) this.#reader.deref()?.failed(error)
  }
}
