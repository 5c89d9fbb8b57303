import type { Clock, Timer } from '../runtime/clock.ts'

/** How often the loop is looked at when attempts come and go, in milliseconds. */
const shortestMs = 10
/** How often, in the end, when the same attempts stay for long: a stuck one must not keep the process busy. */
const longestMs = 1_000
/** So late a timer is on an idle machine. */
const toleranceMs = 3

/**
 * How late this process is itself: time that its event loop spent on something else while attempts were in flight, and that endpoints must
 * not be blamed for.
 *
 * A timer runs while attempts are in flight, and only then; what it is late by is lag. It sees nothing shorter than its own interval for
 * certain, so the lag is a lower bound.
 */
export class LoopLag {
  readonly #clock: Clock
  #inFlight = 0
  #totalMs = 0
  #timer: Timer | undefined
  #intervalMs = shortestMs
  #dueAt = Number.POSITIVE_INFINITY

  /** @param clock time; what it schedules is late when the process is. */
  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * An attempt begins.
   *
   * @param now monotonic time.
   * @returns what to give to {@link since}.
   */
  began(now: number): number {
    this.#inFlight += 1
    if (this.#dueAt - now > shortestMs) this.#arm(now, shortestMs)
    return this.totalAt(now)
  }

  /** An attempt is over. */
  ended(): void {
    this.#inFlight -= 1
    if (this.#inFlight > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
    this.#dueAt = Number.POSITIVE_INFINITY
  }

  /**
   * Milliseconds that the process was late by since an attempt began.
   *
   * @param mark what {@link began} answered.
   * @param now monotonic time.
   */
  since(mark: number, now: number): number {
    return this.totalAt(now) - mark
  }

  /** All lag so far, in milliseconds. A timer that should have run already counts: replies may be read before timers run. */
  totalAt(now: number): number {
    return this.#totalMs + Math.max(0, now - this.#dueAt - toleranceMs)
  }

  #arm(now: number, intervalMs: number): void {
    this.#timer?.cancel()
    this.#intervalMs = intervalMs
    this.#dueAt = now + intervalMs
    this.#timer = this.#clock.schedule(intervalMs, this.#look, { background: true })
  }

  readonly #look = (): void => {
    const now = this.#clock.now()
    this.#totalMs = this.totalAt(now)
    this.#timer = undefined
    this.#arm(now, Math.min(2 * this.#intervalMs, longestMs))
  }
}

const lagOfClock = new WeakMap<Clock, LoopLag>()

/** The lag of a process, by its clock: every meter of the process uses the same one, and with it one timer. */
export function loopLagOf(clock: Clock): LoopLag {
  let lag = lagOfClock.get(clock)
  if (lag === undefined) {
    lag = new LoopLag(clock)
    lagOfClock.set(clock, lag)
  }
  return lag
}
