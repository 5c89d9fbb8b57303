import * as v from 'valibot'
import type { Call } from '../call/call.ts'
import { defaultBurst, type RateLimitOptions, rateLimitDefaults } from '../policies/limit/rate-limit-options.ts'
import { duration, number, options, thing } from './plan-pieces.ts'

const cost = thing<NonNullable<RateLimitOptions['cost']>>(
  'a number in (0, Infinity), or a function from a call to one',
  (value) => typeof value === 'function' || (typeof value === 'number' && value > 0 && Number.isFinite(value)),
)

/** The rate limit of a service. */
export const rateLimitSchema = v.pipe(
  options({
    permits: number({ from: 0, above: true }),
    per: v.optional(duration({ from: 0, above: true }), rateLimitDefaults.per),
    burst: v.optional(number({ from: 1 })),
    cost: v.optional(cost, rateLimitDefaults.cost),
    enforce: v.optional(number({ from: 0, to: 1 }), rateLimitDefaults.enforce),
  } satisfies { readonly [K in keyof RateLimitOptions]-?: v.GenericSchema }),
  v.transform((given): RateLimitPlan => Object.freeze({ ...given, burst: given.burst ?? defaultBurst(given.permits) })),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const { cost: costs, burst } = dataset.value
    if (typeof costs !== 'number' || costs <= burst) return
    addIssue({
      input: costs,
      message: `at most the burst (${burst}): such a call could never be made`,
      path: [{ type: 'object', origin: 'value', input: { ...dataset.value }, key: 'cost', value: costs }],
    })
  }),
)

/** {@link RateLimitOptions} in a finished plan: durations in milliseconds. */
export interface RateLimitPlan {
  /** See {@link RateLimitOptions.permits}. */
  readonly permits: number
  /** See {@link RateLimitOptions.per}. */
  readonly per: number
  /** See {@link RateLimitOptions.burst}. */
  readonly burst: number
  /** See {@link RateLimitOptions.cost}. */
  readonly cost: number | ((call: Call) => number)
  /** See {@link RateLimitOptions.enforce}. */
  readonly enforce: number
}
