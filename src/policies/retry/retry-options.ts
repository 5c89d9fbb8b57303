import type { RetryOn } from '../../call/retry-on.ts'
import { type Duration, durationMs } from '../../runtime/duration.ts'
import { type BackoffOptions, type BackoffSettings, backoffDefaults, backoffSettings } from './backoff-options.ts'
import { type BudgetOptions, type BudgetSettings, budgetDefaults, budgetSettings } from './budget-options.ts'

/** When a failed attempt is followed by another one. Every option has a default, see {@link retryDefaults}. */
export interface RetryOptions {
  /**
   * Most attempts of one call, the first and hedges included: a whole number of at least 1. An attempt that provably never reached a server,
   * and is made again at another endpoint, does not count.
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
   * What may be repeated: classes, statuses, predicates; a list of at least one. It makes the service's judge, and nothing that is not on it is
   * repeated. A classifier given with `.classify(...)` has the last word; see {@link judgeRetryOn}.
   *
   * @defaultValue {@link retryDefaults}.on: what the service's classifier says
   */
  readonly on?: readonly RetryOn[] | undefined
  /**
   * Most times that one call goes on to another endpoint because the one before provably never got it: a whole number of at least 0. It
   * goes to no endpoint twice, so this limit is for services of which hundreds of endpoints are down at once.
   *
   * @defaultValue {@link retryDefaults}.requeues
   */
  readonly requeues?: number | undefined
  /** The wait before a repeated attempt. */
  readonly backoff?: BackoffOptions | undefined
  /**
   * The longest wait that a server may ask for, by `retry-after` and its like; a back-off is added to it. Who asks for more is not called
   * again by this call. `false`: what servers ask for is not looked at.
   *
   * @defaultValue {@link retryDefaults}.retryAfter
   */
  readonly retryAfter?: Duration | false | undefined
  /** How many attempts may be repeated in relation to calls, for the service as a whole; `false` for any number. */
  readonly budget?: BudgetOptions | false | undefined
  /** Whether another attempt prefers zones that the call has not tried. @defaultValue {@link retryDefaults}.avoidTriedZones */
  readonly avoidTriedZones?: boolean | undefined
  /**
   * The header that tells a server which attempt it sees; sent with repeated attempts alone, or `false` for never. A callee that captures it with
   * {@link inbound} does not repeat its own calls in turn.
   *
   * @defaultValue {@link retryDefaults}.attemptHeader
   */
  readonly attemptHeader?: string | false | undefined
  /** Share of the repetitions that are made; the others are counted only. From 0 to 1. @defaultValue {@link retryDefaults}.enforce */
  readonly enforce?: number | undefined
}

/** The defaults of {@link RetryOptions}. The back-off is Envoy's; ratio and window of the budget are Finagle's. */
export const retryDefaults = Object.freeze({
  attempts: 3,
  attemptTimeout: undefined,
  on: undefined,
  requeues: 100,
  backoff: backoffDefaults,
  retryAfter: '10s',
  budget: budgetDefaults,
  avoidTriedZones: false,
  attemptHeader: 'x-envoy-attempt-count',
  enforce: 1,
} as const satisfies RetryOptions)

/** {@link RetryOptions} with every default filled in and every duration in milliseconds. */
export interface RetrySettings {
  /** See {@link RetryOptions.attempts}. */
  readonly attempts: number
  /** See {@link RetryOptions.attemptTimeout}; `Infinity` for none. */
  readonly attemptTimeoutMs: number
  /** See {@link RetryOptions.on}. */
  readonly on: readonly RetryOn[] | undefined
  /** See {@link RetryOptions.requeues}. */
  readonly requeues: number
  /** See {@link RetryOptions.backoff}. */
  readonly backoff: BackoffSettings
  /** See {@link RetryOptions.retryAfter}. */
  readonly retryAfterMs: number | false
  /** See {@link RetryOptions.budget}. */
  readonly budget: BudgetSettings | false
  /** See {@link RetryOptions.avoidTriedZones}. */
  readonly avoidTriedZones: boolean
  /** See {@link RetryOptions.attemptHeader}. */
  readonly attemptHeader: string | false
  /** See {@link RetryOptions.enforce}. */
  readonly enforce: number
}

/**
 * Fills in defaults and converts durations.
 *
 * @param options what was given; nothing means the defaults.
 */
export function retrySettings(options?: RetryOptions): RetrySettings {
  const { budget, retryAfter = retryDefaults.retryAfter } = options ?? {}
  return Object.freeze({
    attempts: options?.attempts ?? retryDefaults.attempts,
    attemptTimeoutMs: durationMs(options?.attemptTimeout ?? Number.POSITIVE_INFINITY, 'retry.attemptTimeout'),
    on: options?.on,
    requeues: options?.requeues ?? retryDefaults.requeues,
    backoff: backoffSettings(options?.backoff),
    retryAfterMs: retryAfter === false ? false : durationMs(retryAfter, 'retry.retryAfter'),
    budget: budget === false ? false : budgetSettings(budget),
    avoidTriedZones: options?.avoidTriedZones ?? retryDefaults.avoidTriedZones,
    attemptHeader: options?.attemptHeader ?? retryDefaults.attemptHeader,
    enforce: options?.enforce ?? retryDefaults.enforce,
  })
}
