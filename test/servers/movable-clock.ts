import type { Clock, Timer, TimerOptions } from '../../src/runtime/clock.ts'
import { systemClock } from '../../src/runtime/system-clock.ts'

class MovableTimer implements Timer {
  readonly dueAt: number
  readonly #task: () => void
  readonly #options: TimerOptions | undefined
  #timer: Timer

  constructor(dueAt: number, delayMs: number, task: () => void, options: TimerOptions | undefined) {
    this.dueAt = dueAt
    this.#task = task
    this.#options = options
    this.#timer = systemClock.schedule(delayMs, task, options)
  }

  cancel(): void {
    this.#timer.cancel()
  }

  /** The same timer, nearer. */
  arm(delayMs: number): void {
    this.#timer.cancel()
    this.#timer = systemClock.schedule(delayMs, this.#task, this.#options)
  }
}

/**
 * The clock of this machine, which a test can move on by an hour.
 *
 * For tests with real sockets. What is not to end by itself while the test goes on, however slow the machine is, gets an hour; when its end is
 * wanted, the test moves the hour on. A fake clock would stand still, and so would everything that waits for the next turn.
 */
export class MovableClock implements Clock {
  readonly #timers = new Set<MovableTimer>()
  #aheadMs = 0

  now(): number {
    return systemClock.now() + this.#aheadMs
  }

  wallTime(): number {
    return systemClock.wallTime() + Math.round(this.#aheadMs)
  }

  schedule(delayMs: number, task: () => void, options?: TimerOptions): Timer {
    const run = (): void => {
      this.#timers.delete(timer)
      task()
    }
    const timer = new MovableTimer(this.now() + delayMs, delayMs, run, options)
    this.#timers.add(timer)
    return {
      cancel: () => {
        this.#timers.delete(timer)
        timer.cancel()
      },
    }
  }

  /** Moves time on. What has become due runs in the next turns of the event loop, in its order. */
  move(ms: number): void {
    this.#aheadMs += ms
    const now = this.now()
    for (const timer of [...this.#timers].sort((left, right) => left.dueAt - right.dueAt)) timer.arm(Math.max(0, timer.dueAt - now))
  }
}

/**
 * The clock of this machine, on which every wait takes so many times as long: for code that waits a moment for somebody else to finish, where that
 * is the test, and the machine may be slow.
 */
export function patientClock(times: number): Clock {
  return { ...systemClock, schedule: (delayMs, task, options) => systemClock.schedule(delayMs * times, task, options) }
}
