/**
 * Time that stands still until a test moves it.
 *
 * A mesh on a fake clock waits for nothing: back-off, deadlines and refreshes happen when the test says so, in the order in which they
 * are due, with every promise settled in between. This is the one file outside `runtime/` that uses a timer of the host: letting promises
 * settle takes a turn of the event loop.
 */
import type { Clock, Timer, TimerOptions } from '../runtime/clock.ts'
import { type Given, withDefaults } from '../runtime/with-defaults.ts'
import { type FakeTimer, TaskQueue } from './task-queue.ts'

/** Taken at once: a test may replace the global one. */
const nextTurn = setImmediate

/** So many times promises settle without a turn of the event loop in between, when a clock gives them none. */
const settlingsPerTurn = 1_024

/** How many tasks may run while time stands still before the clock says that it will never move again. */
const longestStandstill = 100_000

/** How a {@link FakeClock} begins. Every option has a default, see {@link fakeClockDefaults}. */
export interface FakeClockOptions {
  /** What `now()` says at first, in milliseconds. @defaultValue {@link fakeClockDefaults}.now: not 0, which too much code takes for "not set" */
  readonly now: number
  /** What `wallTime()` says at first, in milliseconds since the epoch. @defaultValue {@link fakeClockDefaults}.wallTime */
  readonly wallTime: number
  /**
   * Turns of the event loop that promises are given to settle. 0 for none, which is six times as fast: every promise that can settle by itself
   * does, and what takes a turn (a stream of Node's, a file) is not waited for.
   *
   * @defaultValue {@link fakeClockDefaults}.turns
   */
  readonly turns: number
  /** Whether {@link FakeClock.assertIdle} can say where a task was scheduled; costs a microsecond a task. @defaultValue {@link fakeClockDefaults}.origins */
  readonly origins: boolean
}

/** The defaults of {@link FakeClockOptions}. */
export const fakeClockDefaults: Readonly<FakeClockOptions> = Object.freeze({
  now: 10_000,
  wallTime: 1_800_000_000_000,
  turns: 3,
  origins: true,
})

/** A {@link Clock} that a test moves. */
export interface FakeClock extends Clock {
  /**
   * Moves time on. Tasks run in the order in which they are due (of two due at once, the one scheduled first), each at its own time, and
   * promises settle between them; what a task schedules within the span runs, too.
   *
   * @param ms how far, in milliseconds.
   * @throws Error what a task threw; Error when the clock is being moved already, or when a task keeps scheduling itself without delay.
   */
  advance(ms: number): Promise<void>
  /** The same up to a moment of {@link Clock.now}. A moment that has passed moves nothing. */
  advanceTo(now: number): Promise<void>
  /**
   * Moves time on, task by task, until a promise settles.
   *
   * @param promise what to wait for.
   * @param limitMs the farthest that time may move.
   * @returns what `promise` resolves with; rejects as it rejects.
   * @throws Error when the promise still waits though nothing is scheduled, or when the limit is reached.
   */
  until<T>(promise: PromiseLike<T>, limitMs?: number): Promise<T>
  /** Lets promises settle without moving time. */
  settle(): Promise<void>
  /** Tasks that are scheduled and have not run. */
  readonly pending: number
  /** The same without background tasks. */
  readonly pendingForeground: number
  /** @throws Error when anything is still scheduled; it names each task, when it is due, and where it was scheduled. */
  assertIdle(): void
}

class ManualClock implements FakeClock {
  readonly #queue = new TaskQueue()
  readonly #options: Readonly<FakeClockOptions>
  #now: number
  #moving = false
  #standstill = 0
  #settlings = 0

  constructor(options: Readonly<FakeClockOptions>) {
    this.#options = options
    this.#now = options.now
  }

  now(): number {
    return this.#now
  }

  wallTime(): number {
    return Math.floor(this.#options.wallTime + this.#now - this.#options.now)
  }

  schedule(delayMs: number, task: () => void, options?: TimerOptions): Timer {
    if (Number.isNaN(delayMs)) throw new TypeError('fakeClock: delayMs: expected a number of milliseconds, got NaN')
    const timer = this.#queue.add(this.#now + Math.max(0, delayMs), task, options?.background === true)
    if (this.#options.origins) {
      timer.origin = {}
      Error.captureStackTrace(timer.origin, this.schedule)
    }
    return timer
  }

  async advance(ms: number): Promise<void> {
    if (!(ms >= 0)) throw new TypeError(`fakeClock: advance: expected a number of at least 0, got ${ms}`)
    await this.advanceTo(this.#now + ms)
  }

  async advanceTo(now: number): Promise<void> {
    await this.#exclusively(async () => {
      await this.settle()
      while (await this.#runNext(now)) this.#checkStandstill()
      if (Number.isFinite(now)) this.#moveTo(now)
      await this.settle()
    })
  }

  async until<T>(promise: PromiseLike<T>, limitMs = 3_600_000): Promise<T> {
    let settled = false
    const watched = Promise.resolve(promise).finally(() => {
      settled = true
    })
    // The rejection reaches whoever called; until then it must not count as unhandled.
    watched.catch(() => {})
    const limit = this.#now + limitMs
    await this.#exclusively(async () => {
      await this.settle()
      while (!settled) {
        if (this.#queue.size === 0) throw new Error('fakeClock: until: the promise still waits, and nothing is scheduled that could end it')
        if (!(await this.#runNext(limit))) {
          throw new Error(`fakeClock: until: the promise still waits after ${limitMs} ms; scheduled:\n${this.#describePending()}`)
        }
        this.#checkStandstill()
      }
    })
    return watched
  }

  async settle(): Promise<void> {
    const { turns } = this.#options
    if (turns === 0) {
      this.#settlings += 1
      // A tick comes when no promise is left to settle. Now and then a turn, for what the collector of garbage has to say.
      await new Promise<void>((resolve) => (this.#settlings % settlingsPerTurn === 0 ? nextTurn(resolve) : process.nextTick(resolve)))
      return
    }
    for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => nextTurn(resolve))
  }

  get pending(): number {
    return this.#queue.size
  }

  get pendingForeground(): number {
    return this.#queue.foreground
  }

  assertIdle(): void {
    const count = this.#queue.size
    if (count > 0)
      throw new Error(`fakeClock: ${count} ${count === 1 ? 'task is' : 'tasks are'} still scheduled:\n${this.#describePending()}`)
  }

  /** Runs the next task if it is due by `limit`; tells whether there was one. */
  async #runNext(limit: number): Promise<boolean> {
    const timer = this.#queue.takeDue(limit)
    if (timer === undefined) return false
    this.#moveTo(timer.dueAt)
    timer.task()
    await this.settle()
    return true
  }

  #moveTo(now: number): void {
    if (now <= this.#now) return
    this.#now = now
    this.#standstill = 0
  }

  #checkStandstill(): void {
    this.#standstill += 1
    if (this.#standstill < longestStandstill) return
    throw new Error(`fakeClock: ${longestStandstill} tasks ran and time did not move; scheduled next:\n${this.#describePending()}`)
  }

  async #exclusively(move: () => Promise<void>): Promise<void> {
    if (this.#moving) throw new Error('fakeClock: the clock is being moved already; await one move before the next')
    this.#moving = true
    try {
      await move()
    } finally {
      this.#moving = false
    }
  }

  #describePending(): string {
    return this.#queue
      .inOrder()
      .slice(0, 20)
      .map((timer) => `  - ${describe(timer, this.#now)}`)
      .join('\n')
  }
}

function describe(timer: FakeTimer, now: number): string {
  const name = timer.task.name === '' ? 'a task' : timer.task.name
  const origin = timer.origin?.stack?.split('\n').find((line) => line.trimStart().startsWith('at '))
  return `${name}, due in ${timer.dueAt - now} ms${timer.background ? ', background' : ''}${origin === undefined ? '' : `, scheduled ${origin.trim()}`}`
}

/**
 * A clock for tests: give it to the mesh, and move it by hand.
 *
 * @param options see {@link FakeClockOptions}.
 * @example
 * ```ts
 * import { fakeClock } from 'proxyless/testing'
 *
 * const clock = fakeClock()
 * const began = clock.now()
 * clock.schedule(250, () => console.log(clock.now() - began)) // 250
 * await clock.advance(1_000)
 * clock.assertIdle()
 * ```
 */
export function fakeClock(options?: Given<FakeClockOptions>): FakeClock {
  return new ManualClock(withDefaults(fakeClockDefaults, options))
}
