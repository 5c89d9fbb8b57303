import { type Duration, durationMs } from '../runtime/duration.ts'
import type { EjectionRulePart } from './ejection-rule.ts'

/** When an endpoint that fails is left out for a while. Every option has a default, see {@link ejectionDefaults}. */
export interface EjectionOptions {
  /**
   * So many replies in a row that are judged a failure eject their endpoint: by the default classifier, replies with a status of 500 or more.
   * `false` for no such rule.
   *
   * @defaultValue {@link ejectionDefaults}.consecutive5xx
   */
  readonly consecutive5xx?: number | false | undefined
  /** The same for replies with status 502, 503 or 504 alone. @defaultValue {@link ejectionDefaults}.consecutiveGatewayErrors: no such rule */
  readonly consecutiveGatewayErrors?: number | false | undefined
  /**
   * So many attempts in a row that bring no whole reply eject their endpoint: no connection, a connection that broke, no answer in time. What
   * happens in this process, such as a queue that is full, does not count.
   *
   * @defaultValue {@link ejectionDefaults}.consecutiveLocalFailures
   */
  readonly consecutiveLocalFailures?: number | false | undefined
  /** Ejects endpoints that fail far more often than the others. */
  readonly successRate?: SuccessRateOptions | false | undefined
  /** Ejects endpoints that fail more often than a fixed share, however the others do. */
  readonly failureShare?: FailureShareOptions | false | undefined
  /** Ejects endpoints that are far slower than the others. @defaultValue {@link ejectionDefaults}.latency: no such rule */
  readonly latency?: LatencyOutlierOptions | false | undefined
  /** Rules of your own. @defaultValue none */
  readonly rules?: readonly EjectionRulePart[] | undefined
  /** How often endpoints are compared, and how often a step of the back-off is forgiven. @defaultValue {@link ejectionDefaults}.interval */
  readonly interval?: Duration | undefined
  /** How long an endpoint is out. */
  readonly backoff?: EjectionBackoffOptions | undefined
  /**
   * The share of the service's endpoints that may be out at once: more than 0, at most 1. One endpoint may always be ejected, unless it is
   * the only one.
   *
   * @defaultValue {@link ejectionDefaults}.maxEjected
   */
  readonly maxEjected?: number | undefined
  /** How long the attempt may take that decides whether an endpoint comes back. @defaultValue {@link ejectionDefaults}.probeTimeout */
  readonly probeTimeout?: Duration | undefined
  /** The share of ejections that are carried out, from 0 to 1; the others are told and counted only. @defaultValue {@link ejectionDefaults}.enforce */
  readonly enforce?: number | undefined
}

/** Out: a share of successes below the mean of all by so many standard deviations. */
export interface SuccessRateOptions {
  /** Fewer endpoints than this with enough attempts are not compared: at least 2. @defaultValue {@link ejectionDefaults}.successRate.minHosts */
  readonly minHosts?: number | undefined
  /** Attempts an endpoint must have had in the interval. @defaultValue {@link ejectionDefaults}.successRate.minAttempts */
  readonly minAttempts?: number | undefined
  /** How many standard deviations. @defaultValue {@link ejectionDefaults}.successRate.stdevFactor */
  readonly stdevFactor?: number | undefined
  /** An endpoint that fails less often than this share is never out by comparison. @defaultValue {@link ejectionDefaults}.successRate.leastFailureShare */
  readonly leastFailureShare?: number | undefined
}

/** Out: so many failures among its attempts. */
export interface FailureShareOptions {
  /** From this share of failures on: more than 0, at most 1. @defaultValue {@link ejectionDefaults}.failureShare.threshold */
  readonly threshold?: number | undefined
  /** Fewer endpoints than this with enough attempts are not judged. @defaultValue {@link ejectionDefaults}.failureShare.minHosts */
  readonly minHosts?: number | undefined
  /** Attempts an endpoint must have had in the interval. @defaultValue {@link ejectionDefaults}.failureShare.minAttempts */
  readonly minAttempts?: number | undefined
}

/** Out: a mean latency above `factor` times the median of all, plus `delta`, if it is above `floor`. */
export interface LatencyOutlierOptions {
  /** At least 1. @defaultValue {@link latencyOutlierDefaults}.factor */
  readonly factor?: number | undefined
  /** @defaultValue {@link latencyOutlierDefaults}.delta */
  readonly delta?: Duration | undefined
  /** What is faster than this is never slow. @defaultValue {@link latencyOutlierDefaults}.floor */
  readonly floor?: Duration | undefined
  /** Successes an endpoint must have had in the interval. @defaultValue {@link latencyOutlierDefaults}.minSamples */
  readonly minSamples?: number | undefined
  /** Fewer endpoints than this with enough successes are not compared: at least 2. @defaultValue {@link latencyOutlierDefaults}.minHosts */
  readonly minHosts?: number | undefined
}

/** How long an endpoint is out: `base` times how often it has been ejected, at most `max`, and a random part of `jitter` on top. */
export interface EjectionBackoffOptions {
  /** The first time. @defaultValue {@link ejectionDefaults}.backoff.base */
  readonly base?: Duration | undefined
  /** What it never exceeds but for the jitter. @defaultValue {@link ejectionDefaults}.backoff.max */
  readonly max?: Duration | undefined
  /** So that many clients do not come back at once. @defaultValue {@link ejectionDefaults}.backoff.jitter */
  readonly jitter?: Duration | undefined
}

/**
 * The defaults of {@link EjectionOptions}. Numbers are Envoy's, but for these: at most half is out instead of a tenth; the fixed share is in
 * force, because the comparison sees nothing when more than a fifth of the endpoints are ill; and an endpoint that nearly always succeeds is
 * left alone.
 */
export const ejectionDefaults = Object.freeze({
  consecutive5xx: 5,
  consecutiveGatewayErrors: false,
  consecutiveLocalFailures: 5,
  successRate: Object.freeze({ minHosts: 5, minAttempts: 100, stdevFactor: 1.9, leastFailureShare: 0.05 }),
  failureShare: Object.freeze({ threshold: 0.5, minHosts: 2, minAttempts: 50 }),
  latency: false,
  rules: Object.freeze([]),
  interval: '10s',
  backoff: Object.freeze({ base: '30s', max: '5m', jitter: '1s' }),
  maxEjected: 0.5,
  probeTimeout: '5s',
  enforce: 1,
} as const satisfies EjectionOptions)

/** The defaults of {@link LatencyOutlierOptions}, for whoever asks for the rule: `.ejection({ latency: {} })`. */
export const latencyOutlierDefaults = Object.freeze({
  factor: 3,
  delta: '50ms',
  floor: '100ms',
  minSamples: 20,
  minHosts: 3,
} as const satisfies LatencyOutlierOptions)

/** {@link EjectionOptions} without the rules, with every default filled in and every duration in milliseconds. */
export interface EjectionSettings {
  readonly intervalMs: number
  readonly baseMs: number
  readonly maxMs: number
  readonly jitterMs: number
  readonly maxEjected: number
  readonly probeTimeoutMs: number
  readonly enforce: number
}

/** Fills in defaults and converts durations. */
export function ejectionSettings(options?: EjectionOptions): EjectionSettings {
  const given = options ?? {}
  const { backoff } = given
  return Object.freeze({
    intervalMs: durationMs(given.interval ?? ejectionDefaults.interval, 'ejection.interval'),
    baseMs: durationMs(backoff?.base ?? ejectionDefaults.backoff.base, 'ejection.backoff.base'),
    maxMs: durationMs(backoff?.max ?? ejectionDefaults.backoff.max, 'ejection.backoff.max'),
    jitterMs: durationMs(backoff?.jitter ?? ejectionDefaults.backoff.jitter, 'ejection.backoff.jitter'),
    maxEjected: given.maxEjected ?? ejectionDefaults.maxEjected,
    probeTimeoutMs: durationMs(given.probeTimeout ?? ejectionDefaults.probeTimeout, 'ejection.probeTimeout'),
    enforce: given.enforce ?? ejectionDefaults.enforce,
  })
}
