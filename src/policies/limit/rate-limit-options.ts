import type { Call } from '../../call/call.ts'
import { type Duration, durationMs } from '../../runtime/duration.ts'
import type { LimitKey } from './limit-key.ts'
import type { QuotaPart } from './quota-source.ts'

/** How many calls a service may be sent. See {@link rateLimitDefaults}. */
export interface RateLimitOptions {
  /** Permits that grow back in {@link RateLimitOptions.per}: greater than 0, and finite. */
  readonly permits: number
  /** The time in which they grow back. @defaultValue {@link rateLimitDefaults}.per */
  readonly per?: Duration | undefined
  /**
   * Most permits that are kept for a burst: at least 1.
   *
   * @defaultValue {@link RateLimitOptions.permits}, and at least 1; 1 for a leaky bucket
   */
  readonly burst?: number | undefined
  /**
   * What a call costs, in permits: a number greater than 0, or a function that tells it of a call. A call that costs more than
   * {@link RateLimitOptions.burst} could never be made, and is an error; with a leaky bucket it passes, and those after it wait for longer.
   *
   * @defaultValue {@link rateLimitDefaults}.cost
   */
  readonly cost?: number | ((call: Call) => number) | undefined
  /** Share of the refusals that are carried out, from 0 (only counted) to 1. @defaultValue {@link rateLimitDefaults}.enforce */
  readonly enforce?: number | undefined
  /**
   * `'token-bucket'`: bursts pass at once. `'leaky-bucket'`: calls are spaced evenly, one every `per / permits`; see {@link leakyBucket}.
   *
   * @defaultValue {@link rateLimitDefaults}.algorithm
   */
  readonly algorithm?: LimitAlgorithm | undefined
  /** What of a call says which bucket it draws from, see {@link LimitKey}. @defaultValue all calls of the service share one */
  readonly key?: LimitKey | undefined
  /**
   * Most keys of which a bucket is kept. For a new one the bucket of a key is given up that was not used for long: the oldest of those that were
   * not used again since. Should that key come again, its bucket is full.
   *
   * @defaultValue {@link rateLimitDefaults}.maxKeys
   */
  readonly maxKeys?: number | undefined
  /**
   * What becomes of a call without a permit. `'reject'`: it is refused at once. `'queue'`: it waits for its turn, by priority and then in order,
   * until its deadline passes or its caller leaves.
   *
   * @defaultValue {@link rateLimitDefaults}.overflow
   */
  readonly overflow?: LimitOverflow | undefined
  /** Most calls that may wait, of all keys together; the next one is refused. @defaultValue {@link rateLimitDefaults}.maxQueue */
  readonly maxQueue?: number | undefined
  /**
   * Whether calls stay away, too, while the server says so: `RateLimit`, `RateLimit-Remaining`, `X-RateLimit-Remaining` with their resets, and
   * `Retry-After` of a 429 or 503. By key, if there is one.
   *
   * @defaultValue {@link rateLimitDefaults}.obeyServer
   */
  readonly obeyServer?: boolean | undefined
  /** A server that wants calls to stay away for longer is obeyed for this long. @defaultValue {@link rateLimitDefaults}.maxServerHold */
  readonly maxServerHold?: Duration | undefined
  /**
   * Where the permits come from that all processes share: `quota({ redis })` of `proxyless/quota`, or a source of your own. Beside
   * `algorithm: 'token-bucket'`, whole permits and no `key`.
   *
   * @defaultValue the rate is that of this process alone
   */
  readonly quota?: QuotaPart | undefined
}

/** See {@link RateLimitOptions.algorithm}. */
export type LimitAlgorithm = 'token-bucket' | 'leaky-bucket'

/** See {@link RateLimitOptions.overflow}. */
export type LimitOverflow = 'reject' | 'queue'

/** The defaults of {@link RateLimitOptions}. A service that says nothing has no rate limit. */
export const rateLimitDefaults = Object.freeze({
  /** Rates are nearly always said by the second. */
  per: '1s',
  /** Every call counts the same. */
  cost: 1,
  /** A limit that one asks for is meant. */
  enforce: 1,
  /** Most servers count by the window and take bursts. */
  algorithm: 'token-bucket',
  /** About 3 MB of buckets. */
  maxKeys: 10_000,
  /** To wait is a choice: it hides from callers that they are too many. */
  overflow: 'reject',
  /** Enough for a burst, and seldom more than a deadline outlasts. */
  maxQueue: 1_000,
  /** Not every server means what it says. */
  obeyServer: false,
  /** A window of a minute is common; whoever names an hour may be wrong. */
  maxServerHold: '1m',
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
  /** See {@link RateLimitOptions.algorithm}. */
  readonly algorithm: LimitAlgorithm
  /** See {@link RateLimitOptions.key}. */
  readonly key: LimitKey | undefined
  /** See {@link RateLimitOptions.maxKeys}. */
  readonly maxKeys: number
  /** See {@link RateLimitOptions.overflow}. */
  readonly overflow: LimitOverflow
  /** See {@link RateLimitOptions.maxQueue}. */
  readonly maxQueue: number
  /** See {@link RateLimitOptions.obeyServer}. */
  readonly obeyServer: boolean
  /** See {@link RateLimitOptions.maxServerHold}. */
  readonly maxServerHoldMs: number
  /** See {@link RateLimitOptions.quota}. */
  readonly quota: QuotaPart | undefined
}

/** Fills in defaults and converts durations. */
export function rateLimitSettings(options: RateLimitOptions): RateLimitSettings {
  return Object.freeze({
    permits: options.permits,
    perMs: durationMs(options.per ?? rateLimitDefaults.per, 'rateLimit.per'),
    burst: options.burst ?? defaultBurst(options),
    cost: options.cost ?? rateLimitDefaults.cost,
    enforce: options.enforce ?? rateLimitDefaults.enforce,
    algorithm: options.algorithm ?? rateLimitDefaults.algorithm,
    key: options.key,
    maxKeys: options.maxKeys ?? rateLimitDefaults.maxKeys,
    overflow: options.overflow ?? rateLimitDefaults.overflow,
    maxQueue: options.maxQueue ?? rateLimitDefaults.maxQueue,
    obeyServer: options.obeyServer ?? rateLimitDefaults.obeyServer,
    maxServerHoldMs: durationMs(options.maxServerHold ?? rateLimitDefaults.maxServerHold, 'rateLimit.maxServerHold'),
    quota: options.quota,
  })
}

/** The burst of a limit that does not say one: what grows back in one period, and enough for one call; none for a leaky bucket. */
export function defaultBurst({ permits, algorithm }: Pick<RateLimitOptions, 'permits' | 'algorithm'>): number {
  return algorithm === 'leaky-bucket' ? 1 : Math.max(1, permits)
}
