import * as v from 'valibot'
import {
  type CircuitBreakerOptions,
  type CircuitDefaults,
  type CircuitOptions,
  circuitBreakerDefaults,
  circuitSettings,
  serviceCircuitDefaults,
} from '../health/circuit-options.ts'
import { duration, flag, integer, number, options, orFalse } from './plan-pieces.ts'

/** {@link CircuitOptions} in a finished plan: durations in milliseconds. */
export interface CircuitPlan {
  /** See {@link CircuitOptions.failureShare}. */
  readonly failureShare: number
  /** See {@link CircuitOptions.minimumCalls}. */
  readonly minimumCalls: number
  /** See {@link CircuitOptions.window}. */
  readonly window: number
  /** See {@link CircuitOptions.consecutiveFailures}. */
  readonly consecutiveFailures: number | false
  /** See {@link CircuitOptions.slowCall}. */
  readonly slowCall: number | false
  /** See {@link CircuitOptions.slowShare}. */
  readonly slowShare: number
  /** See {@link CircuitOptions.openFor}. */
  readonly openFor: number
  /** See {@link CircuitOptions.maxOpenFor}. */
  readonly maxOpenFor: number
  /** See {@link CircuitOptions.jitter}. */
  readonly jitter: number
  /** See {@link CircuitOptions.probeTimeout}. */
  readonly probeTimeout: number
  /** See {@link CircuitOptions.enforce}. */
  readonly enforce: number
}

/** {@link CircuitBreakerOptions} in a finished plan. */
export interface CircuitBreakerPlan extends CircuitPlan {
  /** See {@link CircuitBreakerOptions.endpoints}. */
  readonly endpoints: boolean
  /** See {@link CircuitBreakerOptions.service}. */
  readonly service: CircuitPlan | false
}

const share = () => number({ from: 0, above: true, to: 1 })
const longer = (ms: number) => duration({ from: ms })

/** Every option of a circuit, with its default. */
export function circuitEntries(defaults: CircuitDefaults) {
  return {
    failureShare: v.optional(share(), defaults.failureShare),
    minimumCalls: v.optional(integer({ from: 1 }), defaults.minimumCalls),
    window: v.optional(longer(100), defaults.window),
    consecutiveFailures: v.optional(orFalse(integer({ from: 1 })), defaults.consecutiveFailures),
    slowCall: v.optional(orFalse(duration({ from: 0, above: true })), defaults.slowCall),
    slowShare: v.optional(share(), defaults.slowShare),
    openFor: v.optional(longer(1), defaults.openFor),
    maxOpenFor: v.optional(longer(1), defaults.maxOpenFor),
    jitter: v.optional(number({ from: 0, to: 1 }), defaults.jitter),
    probeTimeout: v.optional(longer(1), defaults.probeTimeout),
    enforce: v.optional(number({ from: 0, to: 1 }), defaults.enforce),
  } satisfies { readonly [K in keyof CircuitOptions]-?: v.GenericSchema }
}

/** What `.circuitBreaker(...)` takes; nothing means the defaults. */
export const circuitBreakerSchema = orFalse(
  options({
    ...circuitEntries(circuitBreakerDefaults),
    endpoints: v.optional(flag(), circuitBreakerDefaults.endpoints),
    service: v.optional(orFalse(options(circuitEntries(serviceCircuitDefaults))), circuitBreakerDefaults.service),
  } satisfies { readonly [K in keyof CircuitBreakerOptions]-?: v.GenericSchema }),
)

/** The settings of both kinds of circuits; `undefined` for none. */
export function circuitsOf(plan: CircuitBreakerPlan | false) {
  return {
    endpoints: plan !== false && plan.endpoints ? circuitSettings(plan) : undefined,
    service: plan !== false && plan.service !== false ? circuitSettings(plan.service, serviceCircuitDefaults) : undefined,
  }
}
