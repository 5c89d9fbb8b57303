import type { Clock, Timer } from '../runtime/clock.ts'

/** Whether a sudden empty answer is to be believed. */
export class EmptyGuard {
  readonly #clock: Clock
  readonly #guardMs: number
  readonly #believe: () => void
  #since: number | undefined
  #timer: Timer | undefined

  /**
   * @param clock where time comes from.
   * @param guardMs how long an empty answer is held; 0 for not at all.
   * @param believe called when an empty answer was held for long enough.
   */
  constructor(clock: Clock, guardMs: number, believe: () => void) {
    this.#clock = clock
    this.#guardMs = guardMs
    this.#believe = believe
  }

  /** Whether an empty answer is held at the moment. */
  get holding(): boolean {
    return this.#since !== undefined
  }

  /**
   * Takes an empty answer.
   *
   * @returns `'held'` when this one began to be held, `'still held'`, or `'believed'` when it has been the answer for long enough.
   */
  take(): 'held' | 'still held' | 'believed' {
    if (this.#guardMs === 0) return 'believed'
    const now = this.#clock.now()
    if (this.#since === undefined) {
      this.#since = now
      this.#timer = this.#clock.schedule(this.#guardMs, () => this.#believe(), { background: true })
      return 'held'
    }
    if (now - this.#since < this.#guardMs) return 'still held'
    this.clear()
    return 'believed'
  }

  /** Forgets the held answer: another one came. */
  clear(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#since = undefined
  }
}
