import * as v from 'valibot'
import type { ConcurrencyLimitPart } from '../policies/concurrency/concurrency-limit.ts'
import {
  type ConcurrencyOptions,
  concurrencyDefaults,
  type EndpointConcurrencyOptions,
} from '../policies/concurrency/concurrency-options.ts'
import { withForm } from './plan-form.ts'
import { duration, integer, number, options, orFalse, thing } from './plan-pieces.ts'
import type { RouteConcurrencyOptions } from './route-options.ts'

type SchemaOf<T> = { readonly [K in keyof T]-?: v.GenericSchema }

const limit = withForm(
  thing<number | ConcurrencyLimitPart>(
    'an integer in [1, Infinity), or a limit such as gradientLimit()',
    (value) => typeof value === 'function' || (Number.isSafeInteger(value) && (value as number) >= 1),
  ),
  { kind: 'strategy', of: 'limit', json: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER } },
)
const queue = () => v.optional(integer({ from: 0 }), concurrencyDefaults.queue)

/** What `.concurrency(...)` takes. */
export const concurrencySchema = v.pipe(
  options({
    limit: v.optional(limit),
    endpoints: v.optional(
      orFalse(options({ limit, queue: queue() } satisfies SchemaOf<EndpointConcurrencyOptions>)),
      concurrencyDefaults.endpoints,
    ),
    queue: queue(),
    queueTimeout: v.optional(duration({ from: 0, above: true, endless: true }), concurrencyDefaults.queueTimeout),
    enforce: v.optional(number({ from: 0, to: 1 }), concurrencyDefaults.enforce),
  } satisfies SchemaOf<ConcurrencyOptions>),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || dataset.value.limit !== undefined || dataset.value.endpoints !== false) return
    const path = { type: 'object', origin: 'value', input: dataset.value, key: 'limit', value: undefined } as const
    addIssue({ input: undefined, message: 'a limit, here or in endpoints: without one nothing is limited', path: [path] })
  }),
)

/** What the `concurrency` of a route takes: attempts at endpoints are limited for the service as a whole. */
export const routeConcurrencySchema = options({
  limit,
  queue: queue(),
  queueTimeout: v.optional(duration({ from: 0, above: true, endless: true }), concurrencyDefaults.queueTimeout),
  enforce: v.optional(number({ from: 0, to: 1 }), concurrencyDefaults.enforce),
} satisfies SchemaOf<RouteConcurrencyOptions>)

/** {@link ConcurrencyOptions} in a finished plan: durations in milliseconds. */
export interface ConcurrencyPlan {
  /** See {@link ConcurrencyOptions.limit}. */
  readonly limit?: number | ConcurrencyLimitPart | undefined
  /** See {@link ConcurrencyOptions.endpoints}. */
  readonly endpoints: { readonly limit: number | ConcurrencyLimitPart; readonly queue: number } | false
  /** See {@link ConcurrencyOptions.queue}. */
  readonly queue: number
  /** See {@link ConcurrencyOptions.queueTimeout}. */
  readonly queueTimeout: number
  /** See {@link ConcurrencyOptions.enforce}. */
  readonly enforce: number
}
