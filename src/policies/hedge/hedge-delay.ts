import type { HedgeSettings } from './hedge-options.ts'
import { LatencyWindow } from './latency-window.ts'

/** The percentile is read so many times in a window: it moves slowly, and reading it walks all buckets. */
const readingsPerWindow = 50

/** How long an attempt may take before another one is made beside it. */
export class HedgeDelay {
  readonly #settings: HedgeSettings
  readonly #latencies: LatencyWindow | undefined
  #delayMs = Number.POSITIVE_INFINITY
  #readAgainAt = Number.NEGATIVE_INFINITY

  /** @param settings see {@link HedgeSettings}. */
  constructor(settings: HedgeSettings) {
    this.#settings = settings
    this.#latencies = settings.afterMs === undefined ? new LatencyWindow(settings.windowMs) : undefined
  }

  /**
   * How long a first attempt took, or how long it had taken when it was given up. The latter belongs here too: it was slower than the delay,
   * and without such attempts the percentile would sink from one hedge to the next.
   *
   * @param at monotonic time, in milliseconds.
   * @param ms in milliseconds.
   */
  took(at: number, ms: number): void {
    this.#latencies?.add(at, ms)
  }

  /**
   * The delay for an attempt that begins now.
   *
   * @param at monotonic time, in milliseconds.
   * @returns in milliseconds; `Infinity` while too little is known.
   */
  delayMs(at: number): number {
    const { afterMs, percentile, samples, minDelayMs, windowMs } = this.#settings
    const latencies = this.#latencies
    if (latencies === undefined) return afterMs as number
    if (at < this.#readAgainAt) return this.#delayMs
    const readMs = latencies.percentile(at, percentile)
    if (latencies.count < samples) return Number.POSITIVE_INFINITY
    this.#delayMs = Math.max(minDelayMs, readMs)
    this.#readAgainAt = at + windowMs / readingsPerWindow
    return this.#delayMs
  }
}
