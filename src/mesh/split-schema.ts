import * as v from 'valibot'
import type { HashOn } from '../balancing/hash-on.ts'
import {
  heaviestVersion,
  type SplitAbortOptions,
  type SplitLatencyOptions,
  type SplitOptions,
  type SplitRampOptions,
  splitAbortDefaults,
  splitLatencyDefaults,
  type VersionWeights,
} from '../routing/split-options.ts'
import { hashOn } from './hash-on-schema.ts'
import { duration, integer, isPlainObject, number, options, orFalse, text, thing } from './plan-pieces.ts'

const isWeight = (value: unknown) => typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY

const weights = v.pipe(
  thing<VersionWeights>(
    'finite numbers of at least 0 by version, such as { v1: 95, v2: 5 }',
    (value) =>
      isPlainObject(value) &&
      Object.keys(value).length > 0 &&
      Object.values(value).every((entry) => entry === undefined || isWeight(entry)),
    { type: 'object', minProperties: 1, additionalProperties: { type: 'number', minimum: 0 } },
  ),
  v.transform(
    (given): Readonly<Record<string, number>> =>
      Object.freeze(Object.fromEntries(Object.entries(given).filter((entry): entry is [string, number] => entry[1] !== undefined))),
  ),
)

const stickyBy = v.pipe(
  hashOn,
  v.transform((given): HashOn => (Array.isArray(given) ? Object.freeze([...given]) : given)),
)

const step = options({ after: duration({ from: 0 }), share: number({ from: 0, above: true, to: 1 }) })

/** A time has its zone: processes in several zones would each read another moment out of it. A day alone begins in UTC. */
const moment = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/

const date = thing<string | number>(
  "a date with its zone such as '2026-11-21T09:00:00Z', or milliseconds since the Unix epoch",
  (value) =>
    typeof value === 'number'
      ? Number.isFinite(value)
      : typeof value === 'string' && moment.test(value) && Number.isFinite(Date.parse(value)),
  // Some texts of this form are no dates; which, no pattern tells.
  { anyOf: [{ type: 'number' }, { type: 'string', pattern: moment.source }] },
)

const ramp = options({
  to: weights,
  over: v.optional(duration({ from: 0, above: true })),
  curve: v.optional(number({ from: 0, above: true })),
  steps: v.optional(
    v.pipe(
      v.array(step, 'a list of steps, each { after, share }'),
      v.transform((given) => Object.freeze(given)),
    ),
  ),
  startAt: v.optional(date),
} satisfies { readonly [K in keyof SplitRampOptions]-?: v.GenericSchema })

const latency = options({
  quantile: v.optional(number({ from: 0.5, to: 0.999 }), splitLatencyDefaults.quantile),
  factor: v.optional(number({ from: 1 }), splitLatencyDefaults.factor),
} satisfies { readonly [K in keyof SplitLatencyOptions]-?: v.GenericSchema })

const abort = options({
  margin: v.optional(number({ from: 0, to: 1 }), splitAbortDefaults.margin),
  minCalls: v.optional(integer({ from: 1 }), splitAbortDefaults.minCalls),
  window: v.optional(duration({ from: 100 }), splitAbortDefaults.window),
  confidence: v.optional(number({ from: 0.5, to: 0.999_999 }), splitAbortDefaults.confidence),
  latency: v.optional(latency),
} satisfies { readonly [K in keyof SplitAbortOptions]-?: v.GenericSchema })

const split = options({
  by: text('the name of a label'),
  weights,
  stable: v.optional(text('one of the versions')),
  stickyBy: v.optional(stickyBy),
  ramp: v.optional(ramp),
  abort: v.optional(orFalse(abort)),
} satisfies { readonly [K in keyof SplitOptions]-?: v.GenericSchema })

/** What `.split(...)` takes. */
export const splitSchema = v.pipe(
  split,
  v.transform((given): SplitPlan => {
    const stable = given.stable ?? heaviestVersion(given.weights)
    // A ramp goes on while nobody looks; a split that stays as it is may be meant, whatever becomes of its versions.
    const ending = given.abort ?? (given.ramp === undefined ? false : abortByDefault)
    return Object.freeze({ ...given, stable, abort: ending })
  }),
)

const abortByDefault: v.InferOutput<typeof abort> = v.parse(abort, {})

/** {@link SplitOptions} in a finished plan: durations in milliseconds. */
export interface SplitPlan {
  /** See {@link SplitOptions.by}. */
  readonly by: string
  /** See {@link SplitOptions.weights}. */
  readonly weights: Readonly<Record<string, number>>
  /** See {@link SplitOptions.stable}. */
  readonly stable: string
  /** See {@link SplitOptions.stickyBy}. */
  readonly stickyBy?: HashOn | undefined
  /** See {@link SplitOptions.ramp}. */
  readonly ramp?:
    | {
        readonly to: Readonly<Record<string, number>>
        readonly over?: number | undefined
        readonly curve?: number | undefined
        readonly steps?: readonly { readonly after: number; readonly share: number }[] | undefined
        readonly startAt?: string | number | undefined
      }
    | undefined
  /** See {@link SplitOptions.abort}. */
  readonly abort:
    | {
        readonly margin: number
        readonly minCalls: number
        readonly window: number
        readonly confidence: number
        readonly latency?: { readonly quantile: number; readonly factor: number } | undefined
      }
    | false
}
