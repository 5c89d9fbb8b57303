import type { Clock, Timer } from '../runtime/clock.ts'

/** Most different things that are counted at a time. */
const mostKeys = 1_000

const background = Object.freeze({ background: true })

/** What was said of one thing since its window began. */
interface Window {
  readonly endsAt: number
  said: number
  leftOut: number
  timer: Timer | undefined
}

/**
 * Lets the same thing be said so many times in a window of time, and tells at the end of the window how often it was left out.
 *
 * A window begins with what is said first; a timer runs only when something was left out.
 */
export class RepeatLimit {
  readonly #most: number
  readonly #withinMs: number
  readonly #clock: Clock
  readonly #summary: (key: string, leftOut: number) => void
  readonly #windows = new Map<string, Window>()

  /**
   * @param most how often a thing may be said in a window.
   * @param withinMs the length of a window, in milliseconds.
   * @param clock the source of time.
   * @param summary is told what was left out, at the end of its window.
   */
  constructor(most: number, withinMs: number, clock: Clock, summary: (key: string, leftOut: number) => void) {
    this.#most = most
    this.#withinMs = withinMs
    this.#clock = clock
    this.#summary = summary
  }

  /** Whether this may be said now. */
  admits(key: string): boolean {
    const window = this.#windowOf(key)
    if (window.said < this.#most) {
      window.said += 1
      return true
    }
    window.leftOut += 1
    window.timer ??= this.#clock.schedule(window.endsAt - this.#clock.now(), () => this.#close(key, window), background)
    return false
  }

  /** Tells now what was left out, and forgets everything. */
  stop(): void {
    for (const [key, window] of [...this.#windows]) this.#close(key, window)
  }

  #windowOf(key: string): Window {
    const now = this.#clock.now()
    const known = this.#windows.get(key)
    if (known !== undefined && now < known.endsAt) return known
    if (known !== undefined) this.#close(key, known)
    // The oldest first: its window is the next to end, or has ended.
    for (const [oldest, window] of this.#windows) {
      if (now < window.endsAt && this.#windows.size < mostKeys) break
      this.#close(oldest, window)
    }
    const window: Window = { endsAt: now + this.#withinMs, said: 0, leftOut: 0, timer: undefined }
    this.#windows.set(key, window)
    return window
  }

  #close(key: string, window: Window): void {
    window.timer?.cancel()
    this.#windows.delete(key)
    if (window.leftOut > 0) this.#summary(key, window.leftOut)
  }
}
