/**
 * Time, handed in.
 *
 * Everything that waits or measures takes a {@link Clock}; nothing else in this package reads the host's time.
 * That is what lets a test, or a whole simulation, run a day of traffic in a second.
 */

/**
 * A source of time.
 *
 * @example
 * ```ts
 * import type { Clock } from 'proxyless'
 *
 * function stopwatch(clock: Clock): () => number {
 *   const startedAt = clock.now()
 *   return () => clock.now() - startedAt
 * }
 * ```
 */
export interface Clock {
  /** Monotonic time in milliseconds, with fractions. Only differences mean anything. */
  now(): number
  /** Milliseconds since the Unix epoch, for log lines and date-valued headers. Never subtract two of these. */
  wallTime(): number
  /**
   * Runs `task` once.
   *
   * @param delayMs milliseconds from now; the task never runs earlier than that.
   * @param task what to run.
   * @param options see {@link TimerOptions}.
   * @returns a handle that cancels the task.
   */
  schedule(delayMs: number, task: () => void, options?: TimerOptions): Timer
}

/** A task that a {@link Clock} will run. */
export interface Timer {
  /** Takes the task off the clock; does nothing when it already ran. */
  cancel(): void
}

/** How a timer relates to the life of the process. */
export interface TimerOptions {
  /**
   * `true` when no caller is waiting for the task: such a timer does not keep the process alive.
   *
   * @defaultValue `false`
   */
  readonly background?: boolean
}
