import type { Call } from '../../call/call.ts'
import { type Duration, durationMs } from '../../runtime/duration.ts'

/** How many calls a service may be sent. See {@link rateLimitDefaults}. */
export interface RateLimitOptions {
  /** Permits that grow back in {@link RateLimitOptions.per}: greater than 0, and finite. */
  readonly permits: number
  /** The time in which they grow back. @defaultValue {@link rateLimitDefaults}.per */
  readonly per?: Duration | undefined
  /** Most permits that are kept for a burst: at least 1. @defaultValue {@link RateLimitOptions.permits}, and at least 1 */
  readonly burst?: number | undefined
  /**
   * What a call costs, in permits: a number greater than 0, or a function that tells it of a call. A call that costs more than
   * {@link RateLimitOptions.burst} could never be made, and is an error.
   *
   * @defaultValue {@link rateLimitDefaults}.cost
   */
  readonly cost?: number | ((call: Call) => number) | undefined
  /** Share of the refusals that are carried out, from 0 (only counted) to 1. @defaultValue {@link rateLimitDefaults}.enforce */
  readonly enforce?: number | undefined
}

/** The defaults of {@link RateLimitOptions}. A service that says nothing has no rate limit. */
export const rateLimitDefaults = Object.freeze({
  /** Rates are nearly always said by the second. */
  per: '1s',
  /** Every call counts the same. */
  cost: 1,
  /** A limit that one asks for is meant. */
  enforce: 1,
} as const)

/** {@link RateLimitOptions} with every default filled in and every duration in milliseconds. */
export interface RateLimitSettings {
  /** See {@link RateLimitOptions.permits}. */
  readonly permits: number
  /** See {@link RateLimitOptions.per}. */
  readonly perMs: number
  /** See {@link RateLimitOptions.burst}. */
  readonly burst: number
  /** See {@link RateLimitOptions.cost}. */
  readonly cost: number | ((call: Call) => number)
  /** See {@link RateLimitOptions.enforce}. */
  readonly enforce: number
}

/** Fills in defaults and converts durations. */
export function rateLimitSettings(options: RateLimitOptions): RateLimitSettings {
  return Object.freeze({
    permits: options.permits,
    perMs: durationMs(options.per ?? rateLimitDefaults.per, 'rateLimit.per'),
    burst: options.burst ?? defaultBurst(options.permits),
    cost: options.cost ?? rateLimitDefaults.cost,
    enforce: options.enforce ?? rateLimitDefaults.enforce,
  })
}

/** The burst of a limit that does not say one: what grows back in one period, and enough for one call. */
export function defaultBurst(permits: number): number {
  return Math.max(1, permits)
}
