import type { Duration } from '../runtime/duration.ts'
import { durationMs } from '../runtime/duration.ts'
import {
  ejectionDefaults,
  type FailureShareOptions,
  type LatencyOutlierOptions,
  latencyOutlierDefaults,
  type SuccessRateOptions,
} from './ejection-options.ts'
import type { EjectionRule, EndpointInterval } from './ejection-rule.ts'

const forgetful = () => {}

/**
 * Ejects endpoints whose share of successes is below the mean by more than `stdevFactor` standard deviations (of all endpoints compared, not of a
 * sample), as Envoy and gRPC do. If k of N endpoints fail alike and the others not at all, it sees them only while
 * `sqrt((N - k) / k) > stdevFactor`: with 1.9, below 21.7 %. That is why {@link failureShareRule} stands beside it.
 */
export function successRateRule(options: SuccessRateOptions): EjectionRule {
  const { minHosts, minAttempts, stdevFactor, leastFailureShare } = { ...ejectionDefaults.successRate, ...given(options) }
  return {
    name: 'success-rate',
    review(intervals) {
      const compared = intervals.filter(({ attempts }) => attempts >= minAttempts)
      if (compared.length < minHosts) return []
      const rates = compared.map((interval) => 1 - failureShareOf(interval))
      const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
      const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length
      const limit = mean - stdevFactor * Math.sqrt(variance)
      const outliers = compared.filter((interval, i) => (rates[i] as number) < limit && failureShareOf(interval) >= leastFailureShare)
      return worstFirst(outliers, failureShareOf)
    },
    readmitted: forgetful,
  }
}

/** Ejects endpoints from a fixed share of failures on, `threshold` itself included, as Envoy does; gRPC leaves it out. */
export function failureShareRule(options: FailureShareOptions): EjectionRule {
  const { threshold, minHosts, minAttempts } = { ...ejectionDefaults.failureShare, ...given(options) }
  return {
    name: 'failure-share',
    review(intervals) {
      const judged = intervals.filter(({ attempts }) => attempts >= minAttempts)
      if (judged.length < minHosts) return []
      return worstFirst(
        judged.filter((interval) => failureShareOf(interval) >= threshold),
        failureShareOf,
      )
    },
    readmitted: forgetful,
  }
}

/** Ejects endpoints whose mean latency is above `factor` times the median, plus `delta`, and above `floor`. Only successes count: to fail fast is not to be fast. */
export function latencyRule(options: LatencyOutlierOptions): EjectionRule {
  const { factor, delta, floor, minSamples, minHosts } = { ...latencyOutlierDefaults, ...given(options) }
  const [deltaMs, floorMs] = [ms(delta, 'delta'), ms(floor, 'floor')]
  return {
    name: 'latency',
    review(intervals) {
      const compared = intervals.filter(({ attempts, failures }) => attempts - failures >= minSamples)
      if (compared.length < minHosts) return []
      const limit = Math.max(floorMs, factor * medianOf(compared.map(latencyOf)) + deltaMs)
      return worstFirst(
        compared.filter((interval) => latencyOf(interval) > limit),
        latencyOf,
      )
    },
    readmitted: forgetful,
  }
}

const ms = (value: Duration, field: string) => durationMs(value, `ejection.latency.${field}`)

const latencyOf = ({ meanLatencyMs }: EndpointInterval) => meanLatencyMs

const failureShareOf = ({ attempts, failures }: EndpointInterval) => failures / attempts

function worstFirst(intervals: readonly EndpointInterval[], badness: (interval: EndpointInterval) => number) {
  return [...intervals].sort((left, right) => badness(right) - badness(left)).map(({ endpoint }) => endpoint)
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

/** What was not given must not hide a default. */
function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never
}
