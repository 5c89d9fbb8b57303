/** The concurrency limits that a file can name. */
import * as v from 'valibot'
import { duration, integer, number, options } from '../mesh/plan-pieces.ts'
import { type AimdOptions, aimdDefaults, aimdLimit } from '../policies/concurrency/aimd-limit.ts'
import { type GradientOptions, gradientDefaults, gradientLimit } from '../policies/concurrency/gradient-limit.ts'
import { mostConcurrency } from '../policies/concurrency/limit-options.ts'
import { type VegasOptions, vegasDefaults, vegasLimit } from '../policies/concurrency/vegas-limit.ts'
import { type Strategy, takes } from './strategy.ts'

type SchemaOf<T> = { readonly [K in keyof T]-?: v.GenericSchema }

const some = () => integer({ from: 1, to: mostConcurrency })

/** For `concurrency.limit`, for the service and for its endpoints. */
export const limits: Readonly<Record<string, Strategy>> = {
  gradientLimit: takes(
    options({
      interval: v.optional(duration({ from: 1 }), gradientDefaults.interval),
      percentile: v.optional(number({ from: 0, to: 1 }), gradientDefaults.percentile),
      buffer: v.optional(number({ from: 0 }), gradientDefaults.buffer),
      min: v.optional(some(), gradientDefaults.min),
      max: v.optional(some(), gradientDefaults.max),
      quietSamples: v.optional(integer({ from: 1, to: 10_000 }), gradientDefaults.quietSamples),
      quietEvery: v.optional(duration({ from: 0, endless: true }), gradientDefaults.quietEvery),
      jitter: v.optional(number({ from: 0, to: 1 }), gradientDefaults.jitter),
    } satisfies SchemaOf<GradientOptions>),
    gradientLimit,
  ),
  vegasLimit: takes(
    options({
      initial: v.optional(some(), vegasDefaults.initial),
      max: v.optional(some(), vegasDefaults.max),
      smoothing: v.optional(number({ from: 0.01, to: 1 }), vegasDefaults.smoothing),
      probeMultiplier: v.optional(number({ from: 1 }), vegasDefaults.probeMultiplier),
    } satisfies SchemaOf<VegasOptions>),
    vegasLimit,
  ),
  aimdLimit: takes(
    options({
      initial: v.optional(some(), aimdDefaults.initial),
      min: v.optional(some(), aimdDefaults.min),
      max: v.optional(some(), aimdDefaults.max),
      backoff: v.optional(number({ from: 0.1, to: 0.99 }), aimdDefaults.backoff),
      timeout: v.optional(duration({ from: 0, endless: true }), aimdDefaults.timeout),
    } satisfies SchemaOf<AimdOptions>),
    aimdLimit,
  ),
}
