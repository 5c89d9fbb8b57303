import type { Clock, Timer } from '../../../src/runtime/clock.ts'

/** A clock on which time goes by while nothing runs, as it does while a program computes. */
export class BlockableClock implements Clock {
  #now = 10_000
  readonly #scheduled = new Map<Timer, { readonly dueAt: number; readonly task: () => void }>()

  now(): number {
    return this.#now
  }

  wallTime(): number {
    return this.#now
  }

  schedule(delayMs: number, task: () => void): Timer {
    const timer = { cancel: () => void this.#scheduled.delete(timer) }
    this.#scheduled.set(timer, { dueAt: this.#now + delayMs, task })
    return timer
  }

  /** Time until the next task is due. */
  get nextDueIn(): number {
    return Math.min(...[...this.#scheduled.values()].map(({ dueAt }) => dueAt)) - this.#now
  }

  /** Lets time go by. */
  block(ms: number): void {
    this.#now += ms
  }

  /** Runs what is due. */
  runDue(): void {
    for (const [timer, { dueAt, task }] of [...this.#scheduled]) {
      if (dueAt > this.#now) continue
      this.#scheduled.delete(timer)
      task()
    }
  }
}
