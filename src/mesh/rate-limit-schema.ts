import * as v from 'valibot'
import type { Call } from '../call/call.ts'
import type { LimitKey } from '../policies/limit/limit-key.ts'
import type { QuotaPart } from '../policies/limit/quota-source.ts'
import {
  defaultBurst,
  type LimitAlgorithm,
  type LimitOverflow,
  type RateLimitOptions,
  rateLimitDefaults,
} from '../policies/limit/rate-limit-options.ts'
import { functionInFile, oneNameInFile, tokenPattern } from './plan-form.ts'
import { duration, flag, integer, isPlainObject, number, oneOf, options, strategy, thing } from './plan-pieces.ts'

const cost = thing<NonNullable<RateLimitOptions['cost']>>(
  'a number in (0, Infinity), or a function from a call to one',
  (value) => typeof value === 'function' || (typeof value === 'number' && value > 0 && Number.isFinite(value)),
  { anyOf: [{ type: 'number', exclusiveMinimum: 0 }, functionInFile] },
)

const key = v.pipe(
  thing<LimitKey>(
    '{ header: name }, { cookie: name }, or a function from a call to a text',
    (value) => typeof value === 'function' || (isPlainObject(value) && isNamed(value)),
    { anyOf: [oneNameInFile('header'), oneNameInFile('cookie'), functionInFile] },
  ),
  v.transform((value) => (typeof value === 'function' ? value : Object.freeze({ ...value }))),
)

function isNamed(value: Record<string, unknown>): boolean {
  const [entry, ...others] = Object.entries(value)
  if (entry === undefined || others.length > 0) return false
  const [kind, name] = entry
  return (kind === 'header' || kind === 'cookie') && typeof name === 'string' && tokenPattern.test(name)
}

const quota = strategy<QuotaPart>('quota', 'a quota, such as quota({ redis, name })')

/** The rate limit of a service. */
export const rateLimitSchema = v.pipe(
  options({
    permits: number({ from: 0, above: true }),
    per: v.optional(duration({ from: 0, above: true }), rateLimitDefaults.per),
    burst: v.optional(number({ from: 1 })),
    cost: v.optional(cost, rateLimitDefaults.cost),
    enforce: v.optional(number({ from: 0, to: 1 }), rateLimitDefaults.enforce),
    algorithm: v.optional(oneOf(['token-bucket', 'leaky-bucket']), rateLimitDefaults.algorithm),
    key: v.optional(key),
    maxKeys: v.optional(integer({ from: 1, to: 10_000_000 }), rateLimitDefaults.maxKeys),
    overflow: v.optional(oneOf(['reject', 'queue']), rateLimitDefaults.overflow),
    maxQueue: v.optional(integer({ from: 1 }), rateLimitDefaults.maxQueue),
    obeyServer: v.optional(flag(), rateLimitDefaults.obeyServer),
    maxServerHold: v.optional(duration({ from: 0, above: true }), rateLimitDefaults.maxServerHold),
    quota: v.optional(quota),
  } satisfies { readonly [K in keyof RateLimitOptions]-?: v.GenericSchema }),
  v.transform((given): RateLimitPlan => Object.freeze({ ...given, burst: given.burst ?? defaultBurst(given) })),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const { cost: costs, burst, algorithm } = dataset.value
    for (const problem of quotaProblems(dataset.value)) addIssue(problem)
    if (algorithm === 'leaky-bucket') return
    if (typeof costs !== 'number' || costs <= burst) return
    addIssue({
      input: costs,
      message: `at most the burst (${burst}): such a call could never be made`,
      path: [{ type: 'object', origin: 'value', input: { ...dataset.value }, key: 'cost', value: costs }],
    })
  }),
)

/** A shared reservoir counts whole permits, and there is one of it. */
function* quotaProblems(plan: RateLimitPlan) {
  if (plan.quota === undefined) return
  const problem = (name: keyof RateLimitPlan, message: string) => ({
    input: plan[name],
    message,
    path: [{ type: 'object' as const, origin: 'value' as const, input: { ...plan }, key: name, value: plan[name] }] as [v.ObjectPathItem],
  })
  if (plan.algorithm !== 'token-bucket') yield problem('algorithm', "'token-bucket' beside quota")
  if (plan.key !== undefined) yield problem('key', 'none beside quota: make a service, or a route, of each')
  if (!Number.isInteger(plan.permits)) yield problem('permits', 'a whole number beside quota')
}

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
  /** See {@link RateLimitOptions.algorithm}. */
  readonly algorithm: LimitAlgorithm
  /** See {@link RateLimitOptions.key}. */
  readonly key?: LimitKey | undefined
  /** See {@link RateLimitOptions.maxKeys}. */
  readonly maxKeys: number
  /** See {@link RateLimitOptions.overflow}. */
  readonly overflow: LimitOverflow
  /** See {@link RateLimitOptions.maxQueue}. */
  readonly maxQueue: number
  /** See {@link RateLimitOptions.obeyServer}. */
  readonly obeyServer: boolean
  /** See {@link RateLimitOptions.maxServerHold}. */
  readonly maxServerHold: number
  /** See {@link RateLimitOptions.quota}. */
  readonly quota?: QuotaPart | undefined
}
