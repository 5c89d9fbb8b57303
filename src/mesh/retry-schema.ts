/** What a plan may say about repeating attempts, and what it is when it says nothing. */
import * as v from 'valibot'
import { type RetryOn, retryClasses } from '../call/retry-on.ts'
import { deadlineHeaders } from '../inbound/deadline-header.ts'
import { type SendOnOptions, sendOnDefaults } from '../inbound/send-on-options.ts'
import { type HedgeOptions, hedgeDefaults } from '../policies/hedge/hedge-options.ts'
import { type BackoffOptions, backoffKinds } from '../policies/retry/backoff-options.ts'
import type { BudgetOptions } from '../policies/retry/budget-options.ts'
import { type RetryOptions, retryDefaults } from '../policies/retry/retry-options.ts'
import { functionInFile, type JsonSchema } from './plan-form.ts'
import { duration, flag, integer, number, oneOf, options, orFalse, thing } from './plan-pieces.ts'

/** Every option must have a schema: a new one that is forgotten here does not compile. */
type SchemaOf<T> = { readonly [K in keyof T]-?: v.GenericSchema }

const share = () => number({ from: 0, to: 1 })

/** A list of at least one entry, copied and frozen. */
function listOf<T>(expected: string, test: (value: unknown) => boolean, items: JsonSchema) {
  const json = { type: 'array', minItems: 1, items }
  return v.pipe(
    thing<readonly T[]>(expected, (value) => Array.isArray(value) && value.length > 0 && value.every(test), json),
    v.transform((values) => Object.freeze([...values])),
  )
}

const backoff = options({
  kind: v.optional(oneOf(backoffKinds), retryDefaults.backoff.kind),
  base: v.optional(duration({ from: 0 }), retryDefaults.backoff.base),
  max: v.optional(duration({ from: 0 }), retryDefaults.backoff.max),
} satisfies SchemaOf<BackoffOptions>)

const budget = options({
  ratio: v.optional(number({ from: 0 }), retryDefaults.budget.ratio),
  perSecond: v.optional(number({ from: 0 }), retryDefaults.budget.perSecond),
  window: v.optional(duration({ from: 1_000 }), retryDefaults.budget.window),
} satisfies SchemaOf<BudgetOptions>)

function isRetryOn(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 200 && value <= 599
  return typeof value === 'function' || retryClasses.includes(value as never)
}

const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** See {@link RetryOptions}. */
export const retrySchema = options({
  attempts: v.optional(integer({ from: 1 }), retryDefaults.attempts),
  attemptTimeout: v.optional(duration({ from: 0, above: true, endless: true })),
  on: v.optional(
    listOf<RetryOn>(
      `a list of classes (${retryClasses.join(', ')}), statuses from 200 to 599 and functions (outcome, attempt) => boolean`,
      isRetryOn,
      { anyOf: [{ enum: retryClasses }, { type: 'integer', minimum: 200, maximum: 599 }, functionInFile] },
    ),
  ),
  requeues: v.optional(integer({ from: 0 }), retryDefaults.requeues),
  backoff: v.optional(backoff, {}),
  retryAfter: v.optional(orFalse(duration({ from: 0, endless: true })), retryDefaults.retryAfter),
  budget: v.optional(orFalse(budget), {}),
  avoidTriedZones: v.optional(flag(), retryDefaults.avoidTriedZones),
  attemptHeader: v.optional(
    orFalse(
      thing<string>('the name of a header', (value) => typeof value === 'string' && headerName.test(value), {
        type: 'string',
        pattern: headerName.source,
      }),
    ),
    retryDefaults.attemptHeader,
  ),
  enforce: v.optional(share(), retryDefaults.enforce),
} satisfies SchemaOf<RetryOptions>)

/** See {@link HedgeOptions}. */
export const hedgeSchema = options({
  after: v.optional(duration({ from: 0 })),
  percentile: v.optional(
    thing<number>('a share in (0, 1)', (value) => typeof value === 'number' && value > 0 && value < 1, {
      type: 'number',
      exclusiveMinimum: 0,
      exclusiveMaximum: 1,
    }),
    hedgeDefaults.percentile,
  ),
  window: v.optional(duration({ from: 1_000 }), hedgeDefaults.window),
  samples: v.optional(integer({ from: 1 }), hedgeDefaults.samples),
  minDelay: v.optional(duration({ from: 0 }), hedgeDefaults.minDelay),
  attempts: v.optional(integer({ from: 2, to: 5 }), hedgeDefaults.attempts),
  enforce: v.optional(share(), hedgeDefaults.enforce),
} satisfies SchemaOf<HedgeOptions>)

/** See {@link SendOnOptions}. */
export const sendOnSchema = options({
  send: v.optional(orFalse(oneOf(['inbound', 'always'])), sendOnDefaults.send),
  headers: v.optional(
    listOf<(typeof deadlineHeaders)[number]>(
      `a list of ${deadlineHeaders.join(', ')}`,
      (value) => deadlineHeaders.includes(value as never),
      { enum: deadlineHeaders },
    ),
    sendOnDefaults.headers,
  ),
} satisfies SchemaOf<SendOnOptions>)
