import { type Duration, durationMs } from '../../runtime/duration.ts'

/** When a failed attempt is followed by another one. Every option has a default, see {@link retryDefaults}. */
export interface RetryOptions {
  /**
   * Most attempts of one call, the first included: a whole number of at least 1. An attempt that provably never reached a server, and is
   * made again at another endpoint, does not count.
   *
   * @defaultValue {@link retryDefaults}.attempts
   */
  readonly attempts?: number | undefined
  /**
   * How long one attempt may take until the head of its reply comes. The last attempt that {@link RetryOptions.attempts} allows has no limit but
   * the call's deadline.
   *
   * @defaultValue {@link retryDefaults}.attemptTimeout: none
   */
  readonly attemptTimeout?: Duration | undefined
  /**
   * Most times that one call goes on to another endpoint because the one before provably never got it: a whole number of at least 0. It
   * goes to no endpoint twice, so this limit is for services of which hundreds of endpoints are down at once.
   *
   * @defaultValue {@link retryDefaults}.requeues
   */
  readonly requeues?: number | undefined
  /** The wait before a repeated attempt. */
  readonly backoff?: BackoffOptions | undefined
  /** How many attempts may be repeated in relation to calls, for the service as a whole; `false` for any number. */
  readonly budget?: BudgetOptions | false | undefined
}

/** The wait before a repeated attempt: a random time between 0 and a limit that doubles from one to the next. */
export interface BackoffOptions {
  /** The limit before the second attempt. @defaultValue {@link retryDefaults}.backoff.base */
  readonly base?: Duration | undefined
  /** What the limit never exceeds. @defaultValue {@link retryDefaults}.backoff.max */
  readonly max?: Duration | undefined
}

/** How many attempts may be repeated, so that retries never multiply the load on a service that is failing. */
export interface BudgetOptions {
  /** Repeated attempts for each call: 0.2 allows one for five calls. At least 0. @defaultValue {@link retryDefaults}.budget.ratio */
  readonly ratio?: number | undefined
  /** Repeated attempts a second that are allowed in any case, so that a quiet service can repeat at all. At least 0. @defaultValue {@link retryDefaults}.budget.perSecond */
  readonly perSecond?: number | undefined
  /** How long a call counts: finite, and longer than 0. @defaultValue {@link retryDefaults}.budget.window */
  readonly window?: Duration | undefined
}

/**
 * The defaults of {@link RetryOptions}. The back-off is Envoy's; ratio and window are Finagle's. Finagle's reserve of ten a second is one
 * here: every client process has its own.
 */
export const retryDefaults = Object.freeze({
  attempts: 3,
  attemptTimeout: undefined,
  requeues: 100,
  backoff: Object.freeze({ base: '25ms', max: '250ms' }),
  budget: Object.freeze({ ratio: 0.2, perSecond: 1, window: '10s' }),
} as const satisfies RetryOptions)

/** {@link RetryOptions} with every default filled in and every duration in milliseconds. */
export interface RetrySettings {
  /** See {@link RetryOptions.attempts}. */
  readonly attempts: number
  /** See {@link RetryOptions.attemptTimeout}; `Infinity` for none. */
  readonly attemptTimeoutMs: number
  /** See {@link RetryOptions.requeues}. */
  readonly requeues: number
  /** See {@link RetryOptions.backoff}. */
  readonly backoff: BackoffSettings
  /** See {@link RetryOptions.budget}. */
  readonly budget: BudgetSettings | false
}

/** {@link BackoffOptions} in milliseconds. */
export interface BackoffSettings {
  /** See {@link BackoffOptions.base}. */
  readonly baseMs: number
  /** See {@link BackoffOptions.max}. */
  readonly maxMs: number
}

/** {@link BudgetOptions} in milliseconds. */
export interface BudgetSettings {
  /** See {@link BudgetOptions.ratio}. */
  readonly ratio: number
  /** See {@link BudgetOptions.perSecond}. */
  readonly perSecond: number
  /** See {@link BudgetOptions.window}. */
  readonly windowMs: number
}

/**
 * Fills in defaults and converts durations.
 *
 * @param options what was given; nothing means the defaults.
 */
export function retrySettings(options?: RetryOptions): RetrySettings {
  const { backoff, budget } = options ?? {}
  return Object.freeze({
    attempts: options?.attempts ?? retryDefaults.attempts,
    attemptTimeoutMs: durationMs(options?.attemptTimeout ?? Number.POSITIVE_INFINITY, 'retry.attemptTimeout'),
    requeues: options?.requeues ?? retryDefaults.requeues,
    backoff: Object.freeze({
      baseMs: durationMs(backoff?.base ?? retryDefaults.backoff.base, 'retry.backoff.base'),
      maxMs: durationMs(backoff?.max ?? retryDefaults.backoff.max, 'retry.backoff.max'),
    }),
    budget: budget === false ? false : budgetSettings(budget),
  })
}

function budgetSettings(budget: BudgetOptions | undefined): BudgetSettings {
  return Object.freeze({
    ratio: budget?.ratio ?? retryDefaults.budget.ratio,
    perSecond: budget?.perSecond ?? retryDefaults.budget.perSecond,
    windowMs: durationMs(budget?.window ?? retryDefaults.budget.window, 'retry.budget.window'),
  })
}
