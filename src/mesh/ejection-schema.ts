/** What a plan may say about ejection, and what it is when it says nothing. */
import * as v from 'valibot'
import {
  type EjectionBackoffOptions,
  type EjectionOptions,
  ejectionDefaults,
  type FailureShareOptions,
  type LatencyOutlierOptions,
  latencyOutlierDefaults,
  type SuccessRateOptions,
} from '../health/ejection-options.ts'
import type { EjectionRulePart } from '../health/ejection-rule.ts'
import { callable, duration, integer, number, options, orFalse } from './plan-pieces.ts'

type SchemaOf<T> = { readonly [K in keyof T]-?: v.GenericSchema }

const some = () => integer({ from: 1 })
const share = () => number({ from: 0, above: true, to: 1 })

const successRate = options({
  minHosts: v.optional(integer({ from: 2 }), ejectionDefaults.successRate.minHosts),
  minAttempts: v.optional(some(), ejectionDefaults.successRate.minAttempts),
  stdevFactor: v.optional(number({ from: 0 }), ejectionDefaults.successRate.stdevFactor),
  leastFailureShare: v.optional(number({ from: 0, to: 1 }), ejectionDefaults.successRate.leastFailureShare),
} satisfies SchemaOf<SuccessRateOptions>)

const failureShare = options({
  threshold: v.optional(share(), ejectionDefaults.failureShare.threshold),
  minHosts: v.optional(some(), ejectionDefaults.failureShare.minHosts),
  minAttempts: v.optional(some(), ejectionDefaults.failureShare.minAttempts),
} satisfies SchemaOf<FailureShareOptions>)

const latency = options({
  factor: v.optional(number({ from: 1 }), latencyOutlierDefaults.factor),
  delta: v.optional(duration({ from: 0 }), latencyOutlierDefaults.delta),
  floor: v.optional(duration({ from: 0 }), latencyOutlierDefaults.floor),
  minSamples: v.optional(some(), latencyOutlierDefaults.minSamples),
  minHosts: v.optional(integer({ from: 2 }), latencyOutlierDefaults.minHosts),
} satisfies SchemaOf<LatencyOutlierOptions>)

const backoff = v.pipe(
  options({
    base: v.optional(duration({ from: 0, above: true }), ejectionDefaults.backoff.base),
    max: v.optional(duration({ from: 0, above: true }), ejectionDefaults.backoff.max),
    jitter: v.optional(duration({ from: 0 }), ejectionDefaults.backoff.jitter),
  } satisfies SchemaOf<EjectionBackoffOptions>),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const { base, max } = dataset.value
    if (base <= max) return
    const path = { type: 'object', origin: 'value', input: dataset.value, key: 'base', value: base } as const
    addIssue({ message: `a duration not above ejection.backoff.max, which is ${max} ms`, input: base, path: [path] })
  }),
)

const rule = callable<EjectionRulePart>('a rule: a function from a host to an object with name, judge or review, and readmitted')

/** See {@link EjectionOptions}. */
export const ejectionSchema = options({
  consecutive5xx: v.optional(orFalse(some()), ejectionDefaults.consecutive5xx),
  consecutiveGatewayErrors: v.optional(orFalse(some()), ejectionDefaults.consecutiveGatewayErrors),
  consecutiveLocalFailures: v.optional(orFalse(some()), ejectionDefaults.consecutiveLocalFailures),
  successRate: v.optional(orFalse(successRate), {}),
  failureShare: v.optional(orFalse(failureShare), {}),
  latency: v.optional(orFalse(latency), ejectionDefaults.latency),
  rules: v.optional(
    v.pipe(
      v.array(rule, 'a list of rules'),
      v.transform((rules) => Object.freeze(rules)),
    ),
    [],
  ),
  interval: v.optional(duration({ from: 0, above: true }), ejectionDefaults.interval),
  backoff: v.optional(backoff, {}),
  maxEjected: v.optional(share(), ejectionDefaults.maxEjected),
  probeTimeout: v.optional(duration({ from: 0, above: true }), ejectionDefaults.probeTimeout),
  enforce: v.optional(number({ from: 0, to: 1 }), ejectionDefaults.enforce),
} satisfies SchemaOf<EjectionOptions>)
