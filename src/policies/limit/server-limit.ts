import { pushbackMs } from '../../call/pushback.ts'
import type { Reply } from '../../call/reply.ts'
import type { Clock } from '../../runtime/clock.ts'
import { statedLimit } from './server-limit-headers.ts'

/** Resets are told in whole seconds, so that one window may end a second later in one reply than in another. */
const sameWindowMs = 1_000

/**
 * What a server said of its own limit, and how much of that is left.
 *
 * The least that was told in a window is told by the call that the server counted last; what it had not counted then is among the calls in
 * flight. So the least, less those in flight, is never more than what the server still takes, and exact when nothing is in flight.
 */
export class ServerLimit {
  readonly #clock: Clock
  readonly #longestMs: number
  #inFlight = 0
  #least = Number.POSITIVE_INFINITY
  #resetAt = Number.NEGATIVE_INFINITY
  #heldUntil = Number.NEGATIVE_INFINITY

  /**
   * @param clock time.
   * @param longestMs a server that wants calls to stay away for longer is obeyed for this long, in milliseconds.
   */
  constructor(clock: Clock, longestMs: number) {
    this.#clock = clock
    this.#longestMs = longestMs
  }

  /** How long the next call has to wait, in milliseconds; 0 for not at all. */
  waitMs(now: number): number {
    if (now < this.#heldUntil) return this.#heldUntil - now
    if (now >= this.#resetAt) this.#least = Number.POSITIVE_INFINITY
    return this.#least - this.#inFlight >= 1 ? 0 : this.#resetAt - now
  }

  /** A call was let through. */
  began(): void {
    this.#inFlight += 1
  }

  /**
   * A call that was let through is over.
   *
   * @param reply what came back, if anything did.
   */
  ended(reply: Reply | undefined): void {
    this.#inFlight -= 1
    if (reply === undefined) return
    const { status, headers } = reply
    const wallTime = this.#clock.wallTime()
    const now = this.#clock.now()
    const stated = statedLimit(headers, wallTime)
    if (stated !== undefined) {
      const resetAt = now + Math.min(stated.resetMs, this.#longestMs)
      const newer = now >= this.#resetAt || resetAt > this.#resetAt + sameWindowMs
      this.#least = newer ? stated.remaining : Math.min(this.#least, stated.remaining)
      this.#resetAt = newer ? resetAt : Math.max(resetAt, this.#resetAt)
    }
    if (status !== 429 && status !== 503) return
    const holdMs = pushbackMs(status, headers, wallTime)
    if (holdMs !== undefined) this.#heldUntil = Math.max(this.#heldUntil, now + Math.min(holdMs, this.#longestMs))
  }
}
