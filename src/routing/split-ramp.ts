import type { Clock, Timer } from '../runtime/clock.ts'
import type { RampSettings } from './split-options.ts'

/** Timers may fire a hair early in floating-point time. */
const hair = 1e-6

/** Goes along the steps of a ramp as time passes, with one timer at a time. It can be stopped, and goes on from where it was. */
export class SplitRamp {
  readonly #settings: RampSettings | undefined
  readonly #clock: Clock
  readonly #stepped: () => void
  #timer: Timer | undefined
  /** How far it had come when it was last stopped, in milliseconds; below 0 before the time at which it is to begin. */
  #reachedMs = 0
  #since: number | undefined
  #at = 0

  /**
   * @param settings the steps; `undefined` for a ramp that stays where it is.
   * @param clock the source of time.
   * @param stepped hears of each step.
   */
  constructor(settings: RampSettings | undefined, clock: Clock, stepped: () => void) {
    this.#settings = settings
    this.#clock = clock
    this.#stepped = stepped
  }

  /** How far it is on its way, from 0 to 1. */
  get progress(): number {
    return this.#at === 0 ? 0 : (this.#settings?.steps[this.#at - 1]?.share ?? 0)
  }

  /** Whether there is a step to come. */
  get hasNext(): boolean {
    return this.#at < (this.#settings?.steps.length ?? 0)
  }

  /** How long until the next step, in milliseconds; `undefined` when there is none, or it stands still. */
  get nextInMs(): number | undefined {
    const next = this.#settings?.steps[this.#at]
    return next === undefined || this.#since === undefined ? undefined : Math.max(0, next.atMs - this.#elapsedMs())
  }

  /** Begins. A ramp whose time to begin is past is at once where it should be. */
  start(): void {
    const startAt = this.#settings?.startAt
    if (startAt !== undefined) this.#reachedMs = this.#clock.wallTime() - startAt
    this.resume()
  }

  /** Goes on. */
  resume(): void {
    if (this.#since !== undefined) return
    this.#since = this.#clock.now()
    this.#advance(false)
  }

  /** Stands still. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#since === undefined) return
    this.#reachedMs = this.#elapsedMs()
    this.#since = undefined
  }

  #elapsedMs(): number {
    return this.#reachedMs + (this.#since === undefined ? 0 : this.#clock.now() - this.#since)
  }

  #advance(tell: boolean): void {
    const steps = this.#settings?.steps ?? []
    const before = this.#at
    while (this.#at < steps.length && (steps[this.#at]?.atMs as number) <= this.#elapsedMs() + hair) this.#at += 1
    const nextInMs = this.nextInMs
    this.#timer =
      nextInMs === undefined ? undefined : this.#clock.schedule(longest(nextInMs), () => this.#advance(true), { background: true })
    if (this.#at > before && tell) this.#stepped()
  }
}

/** Timers of the host cannot wait for longer than 24 days. */
function longest(ms: number): number {
  return Math.min(ms, 2 ** 30)
}
