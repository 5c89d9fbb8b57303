import { failureShareRule, latencyRule, successRateRule } from './compare-endpoints.ts'
import { consecutiveLocalFailures, consecutiveReplies } from './consecutive-failures.ts'
import { type EjectionOptions, ejectionDefaults } from './ejection-options.ts'
import type { EjectionRule } from './ejection-rule.ts'

/** The rules that options ask for, but for those of users. */
export function builtInRules(options: EjectionOptions): EjectionRule[] {
  const { consecutive5xx, consecutiveGatewayErrors, consecutiveLocalFailures: local, successRate, failureShare, latency } = options
  const rules: EjectionRule[] = []
  const add = <T>(given: T | false | undefined, byDefault: T | false, make: (value: T) => EjectionRule) => {
    const value = given === undefined ? byDefault : given
    if (value !== false) rules.push(make(value))
  }
  add(consecutive5xx, ejectionDefaults.consecutive5xx, (limit) => consecutiveReplies(limit, false))
  add(consecutiveGatewayErrors, ejectionDefaults.consecutiveGatewayErrors, (limit) => consecutiveReplies(limit, true))
  add(local, ejectionDefaults.consecutiveLocalFailures, consecutiveLocalFailures)
  add(successRate, ejectionDefaults.successRate, successRateRule)
  add(failureShare, ejectionDefaults.failureShare, failureShareRule)
  add(latency, ejectionDefaults.latency, latencyRule)
  return rules
}
