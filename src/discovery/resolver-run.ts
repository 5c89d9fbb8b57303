import { printValue } from '../errors/print-value.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import type { BackOff } from './back-off.ts'
import { ControlledWatch } from './controlled-watch.ts'
import { readResolution } from './read-resolution.ts'
import type { Resolution, Resolver } from './resolver.ts'
import { isAsyncIterable } from './to-resolver.ts'

/** Hears what a resolver that is kept running says. */
export interface ResolverRunListener {
  /** It answered. Throwing means that the answer cannot be used, and is a fault like any other. */
  answered(resolution: Resolution): void
  /** It failed for the `failures`-th time in a row, and is started again after `retryAfterMs` milliseconds. */
  failed(error: unknown, retryAfterMs: number, failures: number): void
  /** It answered after it had failed `failures` times in a row; told after {@link answered}. */
  recovered(failures: number): void
  /** It returned: its last answer is final. */
  finished(): void
}

/** What a {@link ResolverRun} is made with. */
export interface ResolverRunSettings {
  readonly resolver: Resolver
  readonly service: string
  readonly clock: Clock
  readonly backOff: BackOff
  /** A wish for a fresh answer is passed on at most this often, in milliseconds. */
  readonly refreshGapMs: number
  readonly listener: ResolverRunListener
}

/** At most this many answers are taken in one window, so that a resolver that yields without waiting leaves the process to others. */
const answersPerWindow = 8
const windowMs = 10

/** Keeps one resolver running: starts it again with back-off when it throws, passes on wishes for a fresh answer, and stops it. */
export class ResolverRun {
  readonly #settings: ResolverRunSettings
  #watch: ControlledWatch | undefined
  #iterator: AsyncIterator<unknown> | undefined
  #failures = 0
  #lastWaitMs = 0
  #state: 'idle' | 'running' | 'finished' | 'closed' = 'idle'
  /** Ends the wait in which the run is: back-off, or the end of an answer window. */
  #endBackOff: (() => void) | undefined
  #endWindow: (() => void) | undefined
  #windowTimer: Timer | undefined
  #answersInWindow = 0
  #refreshTimer: Timer | undefined
  #refreshedAt = Number.NEGATIVE_INFINITY

  constructor(settings: ResolverRunSettings) {
    this.#settings = settings
  }

  /** How often it failed in a row; 0 when its last word was an answer. */
  get failures(): number {
    return this.#failures
  }

  /** Starts the resolver; once. */
  start(): void {
    if (this.#state !== 'idle') return
    this.#state = 'running'
    void this.#keepRunning()
  }

  /** Asks for a fresh answer soon: wakes the resolver, or starts it at once when it waits to be started again. */
  refresh(): void {
    if (this.#state !== 'running' || this.#refreshTimer !== undefined) return
    const { clock, refreshGapMs } = this.#settings
    const waitMs = this.#refreshedAt + refreshGapMs - clock.now()
    if (waitMs <= 0) this.#passRefreshOn()
    else this.#refreshTimer = clock.schedule(waitMs, () => this.#passRefreshOn(), { background: true })
  }

  /** Stops the resolver for good, without waiting for it: it may not listen to its signal. */
  close(): void {
    this.#state = 'closed'
    this.#stopRound()
    this.#endBackOff?.()
    this.#endTimers()
  }

  async #keepRunning(): Promise<void> {
    const { clock, listener } = this.#settings
    while (this.#running()) {
      const startedAt = clock.now()
      let answers = 0
      try {
        for await (const resolution of this.#answers()) {
          listener.answered(resolution)
          answers += 1
          this.#noteAnswer()
        }
        if (!this.#running()) return
        if (answers === 0) throw new Error(`resolver ${this.#settings.resolver.name}: it ended without an answer`)
        this.#state = 'finished'
        this.#stopRound()
        this.#endTimers()
        listener.finished()
      } catch (error) {
        this.#stopRound()
        if (!this.#running()) return
        // A source that answers and fails at once, again and again, is to be asked less and less often all the same.
        if (answers > 0 && clock.now() - startedAt >= this.#lastWaitMs) this.#settings.backOff.reset()
        await this.#waitAfter(error)
      }
    }
  }

  /** The answers of one start of the resolver, no more than {@link answersPerWindow} in a window. Never calls `return()` itself. */
  async *#answers(): AsyncGenerator<Resolution> {
    const { resolver, service, clock } = this.#settings
    const watch = new ControlledWatch(clock)
    this.#watch = watch
    const iterable: unknown = resolver.watch(service, watch)
    if (!isAsyncIterable(iterable)) {
      throw new TypeError(`resolver ${resolver.name}: expected watch() to return an async iterable, got ${printValue(iterable)}`)
    }
    const iterator = iterable[Symbol.asyncIterator]()
    this.#iterator = iterator
    while (!watch.signal.aborted) {
      let step: IteratorResult<unknown>
      try {
        step = await iterator.next()
      } catch (error) {
        this.#iterator = undefined
        throw error
      }
      if (watch.signal.aborted) return
      if (step.done === true) {
        this.#iterator = undefined
        return
      }
      yield readResolution(step.value, resolver.name)
      if (this.#answersInWindow >= answersPerWindow) await this.#windowOver()
    }
  }

  #running(): boolean {
    return this.#state === 'running'
  }

  #noteAnswer(): void {
    if (!this.#running()) return
    this.#refreshTimer?.cancel()
    this.#refreshTimer = undefined
    this.#answersInWindow += 1
    // Counted by a timer and not by the clock's time: whoever keeps the event loop for itself never lets the timer run.
    this.#windowTimer ??= this.#settings.clock.schedule(windowMs, () => this.#nextWindow(), { background: true })
    if (this.#failures === 0) return
    const failures = this.#failures
    this.#failures = 0
    this.#settings.listener.recovered(failures)
  }

  #windowOver(): Promise<void> {
    return new Promise((resolve) => {
      this.#endWindow = resolve
    })
  }

  #nextWindow(): void {
    this.#windowTimer?.cancel()
    this.#windowTimer = undefined
    this.#answersInWindow = 0
    this.#endWindow?.()
    this.#endWindow = undefined
  }

  #waitAfter(error: unknown): Promise<void> {
    const { clock, backOff, listener } = this.#settings
    const waitMs = backOff.next()
    this.#lastWaitMs = waitMs
    this.#failures += 1
    return new Promise((resolve) => {
      const timer = clock.schedule(waitMs, () => this.#endBackOff?.(), { background: true })
      this.#endBackOff = () => {
        timer.cancel()
        this.#endBackOff = undefined
        resolve()
      }
      listener.failed(error, waitMs, this.#failures)
    })
  }

  #passRefreshOn(): void {
    this.#refreshTimer?.cancel()
    this.#refreshTimer = undefined
    this.#refreshedAt = this.#settings.clock.now()
    if (this.#endBackOff !== undefined) this.#endBackOff()
    else this.#watch?.wake()
  }

  #stopRound(): void {
    const iterator = this.#iterator
    this.#iterator = undefined
    this.#watch?.end()
    this.#watch = undefined
    if (iterator?.return === undefined) return
    // Not waited for: a generator that does not listen to its signal would never let go. What it throws on its way out is of no use.
    try {
      Promise.resolve(iterator.return()).catch(() => {})
    } catch {
      // The same.
    }
  }

  #endTimers(): void {
    this.#refreshTimer?.cancel()
    this.#refreshTimer = undefined
    this.#nextWindow()
  }
}
