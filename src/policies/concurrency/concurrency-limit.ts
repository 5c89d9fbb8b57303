/**
 * How many calls at once?
 *
 * A *concurrency limit* is a number that may learn: it is told how calls end, and says how many there may be. It never knows who waits, in
 * which order, or what becomes of a call that finds no room. A service has one; each endpoint has one, made for it, if its attempts are
 * limited, too. The same part serves for both.
 *
 * To add one: a file here that makes a {@link ConcurrencyLimitPart}, and an export line. Outside this package: pass your own to
 * `.concurrency({ limit })`.
 *
 * @example
 * ```ts
 * import { type ConcurrencyLimit, part } from 'proxyless'
 *
 * // Ten; half as many after a sign of overload, and one more after each call that ends well.
 * export const careful = () =>
 *   part<ConcurrencyLimit>('careful', {}, () => {
 *     let limit = 10
 *     return {
 *       name: 'careful',
 *       get limit() {
 *         return limit
 *       },
 *       ended: ({ overloaded }) => {
 *         limit = overloaded ? Math.max(1, Math.floor(limit / 2)) : Math.min(10, limit + 1)
 *       },
 *     }
 *   })
 * ```
 */
import type { Part } from '../../runtime/host.ts'

/** A call that is over, as a limit hears of it. */
export interface ConcurrencySample {
  /** From the beginning of the attempt that decided it to the head of the reply or the failure, in milliseconds. */
  readonly latencyMs: number
  /** How many calls were in flight when it began, itself included. */
  readonly inFlight: number
  /** Whether it ended with a sign of overload: a status of 429 or 503, a refusal, or no answer in time. */
  readonly overloaded: boolean
  /** Monotonic time, in milliseconds. */
  readonly now: number
}

/** See the top of this file. What it throws is told as an event, and the number stays as it was. */
export interface ConcurrencyLimit {
  /** For the snapshot. */
  readonly name: string
  /** Most calls at once: a number of at least 1, `Infinity` for any number. Read at the beginning, and after each {@link ConcurrencyLimit.ended}. */
  readonly limit: number
  /** The head of a reply came, or a call failed. Not told of calls that say nothing about the server: those whose caller left, and mistakes. */
  ended?(sample: ConcurrencySample): void
}

/** A limit, as a function of its host. */
export type ConcurrencyLimitPart = Part<ConcurrencyLimit>
