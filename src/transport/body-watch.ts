import type { BodyFeed, BodyListener } from '../call/body-feed.ts'
import { MeshError } from '../errors/mesh-error.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import { errors } from './load-undici.ts'

/**
 * Fails a body that stands still for too long, whether nothing comes from the server or nobody reads what came.
 *
 * The time of the last movement is noted on each piece; the timer is moved only when it fires, so a fast body costs one timer.
 */
export class BodyWatch implements BodyListener {
  readonly #feed: BodyFeed
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #service: string
  readonly #address: string
  #timer: Timer
  #movedAt: number

  /**
   * @param feed the body.
   * @param clock runs the timer.
   * @param limitMs how long it may stand still.
   * @param service for the message.
   * @param address of the endpoint, for the message.
   */
  constructor(feed: BodyFeed, clock: Clock, limitMs: number, service: string, address: string) {
    this.#feed = feed
    this.#clock = clock
    this.#limitMs = limitMs
    this.#service = service
    this.#address = address
    this.#movedAt = clock.now()
    this.#timer = this.#schedule(limitMs)
    feed.whenOver(this)
  }

  /** A piece came, or was read. */
  moved(): void {
    this.#movedAt = this.#clock.now()
  }

  bodyOver(): void {
    this.#timer.cancel()
  }

  #schedule(delayMs: number): Timer {
    return this.#clock.schedule(delayMs, () => this.#look(), { background: true })
  }

  #look(): void {
    const leftMs = this.#movedAt + this.#limitMs - this.#clock.now()
    if (leftMs > 0) {
      this.#timer = this.#schedule(leftMs)
      return
    }
    const facts = { service: this.#service, endpoint: this.#address, sent: true }
    const text = `the reply's body from ${this.#address} stood still for ${this.#limitMs} ms`
    this.#feed.abort(new MeshError('BODY_TIMEOUT', text, facts, new errors.BodyTimeoutError()))
  }
}
