// Imported: as a global it is a getter, which a reading of the clock would pay for each time.
import { performance } from 'node:perf_hooks'
import type { Clock, Timer, TimerOptions } from './clock.ts'

/** The longest delay that `setTimeout` takes; anything longer would fire at once. */
const longestDelayMs = 2 ** 31 - 1

class SystemTimer implements Timer {
  readonly #task: () => void
  readonly #background: boolean
  #handle: NodeJS.Timeout

  constructor(delayMs: number, task: () => void, background: boolean) {
    this.#task = task
    this.#background = background
    // A timer may be late but never early. setTimeout cuts fractions off and counts from the last whole millisecond: without the one that
    // is added here, one timer in eight comes up to a millisecond too soon.
    this.#handle = this.#arm(delayMs > 0 ? Math.ceil(delayMs) + 1 : 0)
  }

  cancel(): void {
    clearTimeout(this.#handle)
  }

  #arm(delayMs: number): NodeJS.Timeout {
    const handle = delayMs > longestDelayMs ? setTimeout(() => this.#rearm(delayMs), longestDelayMs) : setTimeout(this.#task, delayMs)
    if (this.#background) handle.unref()
    return handle
  }

  #rearm(delayMs: number): void {
    this.#handle = this.#arm(delayMs - longestDelayMs)
  }
}

/** The next turn of the event loop, after whatever sockets have to say: no need to wait a millisecond, as `setTimeout` would. */
class TurnTimer implements Timer {
  readonly #handle: NodeJS.Immediate

  constructor(task: () => void, background: boolean) {
    this.#handle = setImmediate(task)
    if (background) this.#handle.unref()
  }

  cancel(): void {
    clearImmediate(this.#handle)
  }
}

/** The clock of this machine: `performance.now`, `Date.now`, `setTimeout`, and `setImmediate` for no delay. The default of every mesh. */
export const systemClock: Clock = Object.freeze({
  now: () => performance.now(),
  wallTime: () => Date.now(),
  schedule: (delayMs: number, task: () => void, options?: TimerOptions): Timer =>
    delayMs === 0 ? new TurnTimer(task, options?.background === true) : new SystemTimer(delayMs, task, options?.background === true),
})
