import type { Clock, Timer, TimerOptions } from './clock.ts'

/** The longest delay that `setTimeout` takes; anything longer would fire at once. */
const longestDelayMs = 2 ** 31 - 1

class SystemTimer implements Timer {
  #handle: NodeJS.Timeout

  constructor(delayMs: number, task: () => void, background: boolean) {
    // Rounded up: setTimeout cuts fractions off, and a timer may be late but never early.
    this.#handle = setTimeout(task, Math.min(Math.ceil(delayMs), longestDelayMs))
    if (background) this.#handle.unref()
  }

  cancel(): void {
    clearTimeout(this.#handle)
  }
}

/** The clock of this machine: `performance.now`, `Date.now` and `setTimeout`. The default of every mesh. */
export const systemClock: Clock = Object.freeze({
  now: () => performance.now(),
  wallTime: () => Date.now(),
  schedule: (delayMs: number, task: () => void, options?: TimerOptions): Timer =>
    new SystemTimer(delayMs, task, options?.background === true),
})
