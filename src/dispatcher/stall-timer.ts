import type { Clock, Timer } from '../runtime/clock.ts'

/** Fires when nothing moved for a while. The time of the last movement is noted; the timer is moved only when it fires. */
export class StallTimer {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #fire: () => void
  #timer: Timer | undefined
  #movedAt = 0

  /**
   * @param clock the source of time.
   * @param limitMs how long nothing may move, in milliseconds.
   * @param fire called once.
   */
  constructor(clock: Clock, limitMs: number, fire: () => void) {
    this.#clock = clock
    this.#limitMs = limitMs
    this.#fire = fire
  }

  /** Something moved; begins, if it does not run. */
  moved(): void {
    this.#movedAt = this.#clock.now()
    this.#timer ??= this.#schedule(this.#limitMs)
  }

  /** Stops; {@link moved} begins anew. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #schedule(delayMs: number): Timer {
    return this.#clock.schedule(delayMs, () => this.#look())
  }

  #look(): void {
    const leftMs = this.#movedAt + this.#limitMs - this.#clock.now()
    this.#timer = leftMs > 0 ? this.#schedule(leftMs) : undefined
    if (leftMs <= 0) this.#fire()
  }
}
