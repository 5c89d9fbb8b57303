import { type Duration, durationMs } from '../../runtime/duration.ts'

/** How many attempts may be repeated, so that retries never multiply the load on a service that is failing. */
export interface BudgetOptions {
  /** Repeated attempts for each call: 0.2 allows one for five calls. At least 0. @defaultValue {@link retryDefaults}.budget.ratio */
  readonly ratio?: number | undefined
  /** Repeated attempts a second that are allowed in any case, so that a quiet service can repeat at all. At least 0. @defaultValue {@link retryDefaults}.budget.perSecond */
  readonly perSecond?: number | undefined
  /** How long a call counts: finite, and longer than 0. @defaultValue {@link retryDefaults}.budget.window */
  readonly window?: Duration | undefined
}

/** The defaults of {@link BudgetOptions}: Finagle's, but for its reserve of ten a second, since every client process has its own. */
export const budgetDefaults = Object.freeze({ ratio: 0.2, perSecond: 1, window: '10s' } as const satisfies BudgetOptions)

/** {@link BudgetOptions} in milliseconds. */
export interface BudgetSettings {
  /** See {@link BudgetOptions.ratio}. */
  readonly ratio: number
  /** See {@link BudgetOptions.perSecond}. */
  readonly perSecond: number
  /** See {@link BudgetOptions.window}. */
  readonly windowMs: number
}

/** Fills in defaults and converts durations. */
export function budgetSettings(budget?: BudgetOptions): BudgetSettings {
  return Object.freeze({
    ratio: budget?.ratio ?? budgetDefaults.ratio,
    perSecond: budget?.perSecond ?? budgetDefaults.perSecond,
    windowMs: durationMs(budget?.window ?? budgetDefaults.window, 'retry.budget.window'),
  })
}
