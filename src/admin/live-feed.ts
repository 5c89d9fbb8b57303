import type { ServerResponse } from 'node:http'
import type { Clock, Timer } from '../runtime/clock.ts'

/** Who takes nothing for so long is let go. */
const patienceMs = 30_000
/** Many who come at once see the same. */
const freshMs = 200

/** What takes long to make is made seldom: a mesh of ten thousand endpoints has better things to do. */
const pausesPerFrame = 20
/** Between frames that come seldom it says that it is still there: whoever looks takes a longer silence for the end, and so do proxies. */
const heartbeatMs = 4_000
const heartbeat = Buffer.from(':\n\n')

/** Somebody who looks. */
interface Viewer {
  readonly response: ServerResponse
  /** Monotonic time since which what was sent has not been taken, as far as somebody looked. */
  fullSince: number | undefined
}

/** What a feed works with. */
export interface FeedMeans {
  /** Makes what is sent: a text without line breaks. */
  readonly frame: () => string
  readonly clock: Clock
  readonly intervalMs: number
  /** Most viewers at the same time. */
  readonly most: number
}

/**
 * Tells those who look what is going on, as server-sent events: one snapshot for all of them, and none while nobody looks. Who is slow misses
 * frames and gets the next one; never more than one frame waits for anybody.
 */
export class LiveFeed {
  readonly #means: FeedMeans
  readonly #viewers = new Set<Viewer>()
  #timer: Timer | undefined
  #text = ''
  /** The text as it is sent: made once, however many take it. */
  #message = heartbeat
  /** Monotonic time of the next frame. */
  #due = 0
  #madeAt = Number.NEGATIVE_INFINITY
  #costMs = 0
  #closed = false

  /** @param means see {@link FeedMeans}. */
  constructor(means: FeedMeans) {
    this.#means = means
  }

  /** How many look. */
  get viewers(): number {
    return this.#viewers.size
  }

  /** The frame of now. */
  frame(): string {
    const now = this.#means.clock.now()
    if (now - this.#madeAt >= freshMs) {
      this.#text = this.#means.frame()
      this.#message = Buffer.from(`data: ${this.#text}\n\n`)
      this.#madeAt = now
      this.#costMs = this.#means.clock.now() - now
    }
    return this.#text
  }

  /**
   * Adds a viewer; from then on the response is the feed's.
   *
   * @returns `false` when there are too many; then nothing was written.
   */
  join(response: ServerResponse): boolean {
    if (this.#closed || this.#viewers.size >= this.#means.most) return false
    const viewer: Viewer = { response, fullSince: undefined }
    this.#viewers.add(viewer)
    // An error means that the viewer left, and is followed by a close.
    response.on('error', () => {})
    response.on('close', () => this.#leave(viewer))
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
    this.frame()
    this.#send(viewer, this.#message)
    if (this.#timer === undefined) this.#plan()
    return true
  }

  /** Ends every stream at once. */
  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    this.#timer = undefined
    for (const viewer of [...this.#viewers]) {
      // One that takes nothing would not notice a polite end.
      if (viewer.response.writableLength === 0) viewer.response.end()
      else viewer.response.destroy()
      this.#viewers.delete(viewer)
    }
  }

  /** When the next frame is due, counted from now. */
  #plan(): void {
    const { clock, intervalMs } = this.#means
    this.#due = clock.now() + Math.max(intervalMs, this.#costMs * pausesPerFrame)
    this.#arm()
  }

  #arm(): void {
    const { clock } = this.#means
    const delayMs = Math.min(heartbeatMs, Math.max(0, this.#due - clock.now()))
    this.#timer = clock.schedule(delayMs, () => this.#tick(), { background: true })
  }

  #tick(): void {
    const isDue = this.#means.clock.now() >= this.#due
    // A frame that nobody can take is not made.
    if (isDue && [...this.#viewers].some(({ response }) => response.writableLength === 0)) this.frame()
    for (const viewer of [...this.#viewers]) this.#send(viewer, isDue ? this.#message : heartbeat)
    if (isDue) this.#plan()
    else this.#arm()
  }

  #send(viewer: Viewer, message: Buffer): void {
    const { response } = viewer
    // Not by what write() answers: that allows for more than one frame of a small mesh.
    if (response.writableLength === 0) {
      viewer.fullSince = undefined
      response.write(message)
      return
    }
    const now = this.#means.clock.now()
    viewer.fullSince ??= now
    if (now - viewer.fullSince >= patienceMs) response.destroy()
  }

  #leave(viewer: Viewer): void {
    this.#viewers.delete(viewer)
    if (this.#viewers.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
