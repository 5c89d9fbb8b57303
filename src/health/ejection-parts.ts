import { ConfigError } from '../errors/config-error.ts'
import { printValue } from '../errors/print-value.ts'
import type { Host } from '../runtime/host.ts'
import { hearLateRejection } from '../runtime/late-rejection.ts'
import type { Random } from '../runtime/random.ts'
import { type EjectionOptions, type EjectionSettings, ejectionSettings } from './ejection-options.ts'
import type { EjectionRule, EjectionRulePart } from './ejection-rule.ts'
import { builtInRules } from './ejection-rules.ts'
import { RulePanel } from './rule-panel.ts'

/** What a plan says about ejection, made into parts. */
export interface EjectionParts {
  readonly settings: EjectionSettings
  readonly panel: RulePanel
}

/**
 * Makes the rules that options ask for.
 *
 * @param options what was given; nothing means the defaults.
 * @param host what the rules of users are made with.
 * @throws ConfigError when a rule of a user is none.
 */
export function makeEjection(options: EjectionOptions, host: Host): EjectionParts {
  const own = (options.rules ?? []).map((make, i) => checked(make({ ...host, random: streamOf(host.random, i) }), i))
  return { settings: ejectionSettings(options), panel: new RulePanel([...builtInRules(options), ...own], host) }
}

const streamOf = (random: Random, i: number) => random.fork(`rules[${i}]`)

function checked(rule: ReturnType<EjectionRulePart>, i: number): EjectionRule {
  const given = (rule ?? {}) as Partial<EjectionRule>
  const fits =
    typeof given.name === 'string' &&
    given.name !== '' &&
    typeof given.readmitted === 'function' &&
    (typeof given.judge === 'function' || typeof given.review === 'function')
  if (fits) return rule
  hearLateRejection(rule)
  const expected = 'a rule: an object with name, judge or review, and readmitted'
  throw new ConfigError([{ path: `rules[${i}]`, expected, received: printValue(rule) }])
}
