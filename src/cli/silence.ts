import type { Timer } from '../runtime/clock.ts'
import { systemClock } from '../runtime/system-clock.ts'
import { TopError } from './top-error.ts'

/** Gives up on somebody who says nothing for too long. */
export class Silence {
  readonly #limitMs: number
  readonly #whose: string
  readonly #end = new AbortController()
  #timer: Timer
  #wasBroken = false

  /**
   * @param limitMs how long it may last, in milliseconds.
   * @param whose for the message.
   */
  constructor(limitMs: number, whose: string) {
    this.#limitMs = limitMs
    this.#whose = whose
    this.#timer = this.#arm()
  }

  /** Aborted when it lasted too long. */
  get signal(): AbortSignal {
    return this.#end.signal
  }

  /** What to say then; `undefined` before. */
  get error(): TopError | undefined {
    return this.#end.signal.aborted ? (this.#end.signal.reason as TopError) : undefined
  }

  /** Somebody said something. */
  broken(): void {
    this.#wasBroken = true
    this.#timer.cancel()
    this.#timer = this.#arm()
  }

  /** Nobody listens any more. */
  end(): void {
    this.#timer.cancel()
  }

  #arm(): Timer {
    return systemClock.schedule(this.#limitMs, () => this.#end.abort(new TopError(this.#complaint())))
  }

  #complaint(): string {
    const within = `for ${this.#limitMs / 1_000} s (see --timeout)`
    return this.#wasBroken ? `${this.#whose} fell silent: nothing came ${within}` : `${this.#whose} did not answer ${within}`
  }
}
