import type { Clock, Timer } from './clock.ts'

/** So many are let go in one turn of the event loop: with what a call costs between its permit and the wire, about a millisecond. */
export const turnShare = 32

/** So few go on at once: what they keep the loop for is nothing to divide. */
export const fewEnough = 128

/**
 * How many of those who wait may go on before everybody else has a turn at the event loop.
 *
 * Ten thousand calls that wait and go on at once would keep the loop from timers and sockets for as long as they all take to begin. What has used up its
 * share goes on in the next turn. It cannot be told whether a turn has passed without a timer, and so the share is not renewed by time: of
 * calls that go on one by one, every {@link turnShare}th waits for the end of the turn it came in.
 */
export class TurnShare {
  readonly #clock: Clock
  readonly #next: () => void
  #left = turnShare
  #timer: Timer | undefined

  /**
   * @param clock where the next turn comes from.
   * @param next told in the next turn, with a new share.
   */
  constructor(clock: Clock, next: () => void) {
    this.#clock = clock
    this.#next = next
  }

  /** Whether the share is used up, and somebody waits for the next turn. */
  get paused(): boolean {
    return this.#timer !== undefined
  }

  /**
   * Takes one of the share.
   *
   * @param waiting how many wait.
   * @returns whether there was one; if not, `next` is told in the next turn.
   */
  take(waiting: number): boolean {
    if (waiting <= fewEnough && this.#timer === undefined) return true
    if (this.#left > 0) {
      this.#left -= 1
      return true
    }
    this.#timer ??= this.#clock.schedule(0, this.#renew)
    return false
  }

  readonly #renew = (): void => {
    this.#timer = undefined
    this.#left = turnShare
    this.#next()
  }
}
