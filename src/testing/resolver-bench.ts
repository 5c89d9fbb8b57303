import assert from 'node:assert/strict'
import type { Resolver } from '../discovery/resolver.ts'
import type { Clock, Timer, TimerOptions } from '../runtime/clock.ts'
import type { Host } from '../runtime/host.ts'
import type { Random } from '../runtime/random.ts'
import { systemClock } from '../runtime/system-clock.ts'
import { TestedWatch } from './tested-watch.ts'

/** How long to look again and again for something that may take a moment, in milliseconds. */
const lookEveryMs = 15

/** Where one resolver is tested in real time: its host counts timers, and it knows what keeps the process alive. */
export class ResolverBench {
  readonly host: Host
  readonly #timers = new CountingClock()
  readonly #patienceMs: number
  readonly #watches: TestedWatch[] = []
  readonly #resourcesBefore = resources()
  #resolver: Resolver | undefined

  private constructor(service: string, random: Random, patienceMs: number) {
    this.#patienceMs = patienceMs
    this.host = { service, clock: this.#timers, random, emit: () => {} }
  }

  /**
   * @param service the logical name.
   * @param random for the resolver.
   * @param patienceMs how long anything may take, in milliseconds.
   */
  static async open(service: string, random: Random, patienceMs: number): Promise<ResolverBench> {
    // What the test before this one closed is gone a little later, and must not be taken for something that was here before.
    for (let i = 0; i < 2; i += 1) await new Promise<void>((resolve) => systemClock.schedule(1, resolve))
    return new ResolverBench(service, random, patienceMs)
  }

  /** Timers of the resolver, other than pauses, that held the process. */
  get foregroundTimers(): number {
    return this.#timers.foreground
  }

  /** Tests this one. */
  use(resolver: Resolver): void {
    this.#resolver = resolver
  }

  /** Starts a watch. */
  watch(): TestedWatch {
    const watch = new TestedWatch(this.#resolver as Resolver, this.host.service, this)
    this.#watches.push(watch)
    return watch
  }

  /** What `promise` resolves with; fails with `message` when it takes too long. */
  async inTime<T>(promise: Promise<T>, message: string, patienceMs = this.#patienceMs): Promise<T> {
    let timer: Timer | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = systemClock.schedule(patienceMs, () => reject(new assert.AssertionError({ message: `${message} (after ${patienceMs} ms)` })))
    })
    try {
      return await Promise.race([promise, late])
    } finally {
      timer?.cancel()
    }
  }

  /** Lets a moment pass. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      systemClock.schedule(lookEveryMs, resolve)
    })
  }

  /** Fails when something that came up since the test began keeps the process alive and does not go. */
  async mustBeIdle(message: string): Promise<void> {
    let more: readonly string[] = []
    await this.#eventually(() => {
      more = without(resources(), this.#resourcesBefore)
      return more.length === 0
    })
    assert.deepEqual(more, [], `${message} what keeps the process alive`)
  }

  /** Fails when a timer of the resolver is left. */
  async mustHaveNoTimer(): Promise<void> {
    await this.#eventually(() => this.#timers.pending === 0)
    assert.equal(this.#timers.pending, 0, 'after its end, the resolver left timers')
  }

  /** Ends every watch. */
  async close(): Promise<void> {
    for (const watch of this.#watches) await watch.end()
  }

  async #eventually(holds: () => boolean): Promise<void> {
    const giveUpAt = systemClock.now() + this.#patienceMs
    do await this.turn()
    while (!holds() && systemClock.now() < giveUpAt)
  }
}

/** What keeps the process alive, by kind. */
function resources(): readonly string[] {
  return process.getActiveResourcesInfo()
}

/** `all` without as many of each kind as `some` holds. */
function without(all: readonly string[], some: readonly string[]): string[] {
  const left = [...some]
  return all.filter((one) => {
    const i = left.indexOf(one)
    if (i >= 0) left.splice(i, 1)
    return i < 0
  })
}

/** The system's clock, which knows what is scheduled. */
class CountingClock implements Clock {
  pending = 0
  foreground = 0

  now(): number {
    return systemClock.now()
  }

  wallTime(): number {
    return systemClock.wallTime()
  }

  schedule(delayMs: number, task: () => void, options?: TimerOptions): Timer {
    let scheduled = true
    const over = (): void => {
      if (scheduled) this.pending -= 1
      scheduled = false
    }
    this.pending += 1
    if (options?.background !== true) this.foreground += 1
    const timer = systemClock.schedule(
      delayMs,
      () => {
        over()
        task()
      },
      options,
    )
    return {
      cancel: () => {
        over()
        timer.cancel()
      },
    }
  }
}
