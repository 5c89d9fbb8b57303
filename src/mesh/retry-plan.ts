import type { RetryOn } from '../call/retry-on.ts'
import type { DeadlineHeader } from '../inbound/deadline-header.ts'
import type { BackoffKind } from '../policies/retry/backoff-options.ts'

/** {@link RetryOptions} in a finished plan: durations in milliseconds. */
export interface RetryPlan {
  /** See {@link RetryOptions.attempts}. */
  readonly attempts: number
  /** See {@link RetryOptions.attemptTimeout}; left out for none. */
  readonly attemptTimeout?: number | undefined
  /** See {@link RetryOptions.on}; left out for what the classifier says. */
  readonly on?: readonly RetryOn[] | undefined
  /** See {@link RetryOptions.requeues}. */
  readonly requeues: number
  /** See {@link RetryOptions.backoff}. */
  readonly backoff: { readonly kind: BackoffKind; readonly base: number; readonly max: number }
  /** See {@link RetryOptions.retryAfter}. */
  readonly retryAfter: number | false
  /** See {@link RetryOptions.budget}. */
  readonly budget: { readonly ratio: number; readonly perSecond: number; readonly window: number } | false
  /** See {@link RetryOptions.avoidTriedZones}. */
  readonly avoidTriedZones: boolean
  /** See {@link RetryOptions.attemptHeader}. */
  readonly attemptHeader: string | false
  /** See {@link RetryOptions.enforce}. */
  readonly enforce: number
}

/** {@link HedgeOptions} in a finished plan: durations in milliseconds. */
export interface HedgePlan {
  /** See {@link HedgeOptions.after}; left out for the percentile. */
  readonly after?: number | undefined
  /** See {@link HedgeOptions.percentile}. */
  readonly percentile: number
  /** See {@link HedgeOptions.window}. */
  readonly window: number
  /** See {@link HedgeOptions.samples}. */
  readonly samples: number
  /** See {@link HedgeOptions.minDelay}. */
  readonly minDelay: number
  /** See {@link HedgeOptions.attempts}. */
  readonly attempts: number
  /** See {@link HedgeOptions.enforce}. */
  readonly enforce: number
}

/** {@link SendOnOptions} in a finished plan. */
export interface SendOnPlan {
  /** See {@link SendOnOptions.send}. */
  readonly send: 'inbound' | 'always' | false
  /** See {@link SendOnOptions.headers}. */
  readonly headers: readonly DeadlineHeader[]
}
