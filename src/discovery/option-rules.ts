import { ConfigError, type ConfigProblem } from '../errors/config-error.ts'
import { printValue } from '../errors/print-value.ts'
import { durationExpectation, readDuration } from '../runtime/duration.ts'

/** Looks at one option that was given; answers with what was expected when it is wrong. */
export type OptionRule = (value: unknown) => string | undefined

/** A rule for every option that there is. */
export type OptionRules<T> = { readonly [K in keyof T]-?: OptionRule }

/** A duration above nothing and below for ever. */
export const duration: OptionRule = (value) => {
  const ms = readDuration(value)
  return ms !== undefined && ms > 0 && ms < Number.POSITIVE_INFINITY ? undefined : `${durationExpectation}, in (0, Infinity)`
}

/** A whole number from `low` to `high`. */
export function integerIn(low: number, high: number): OptionRule {
  return (value) =>
    Number.isInteger(value) && (value as number) >= low && (value as number) <= high ? undefined : `an integer in [${low}, ${high}]`
}

/** A share from 0 to 1. */
export const share: OptionRule = (value) => (typeof value === 'number' && value >= 0 && value <= 1 ? undefined : 'a number in [0, 1]')

/** Text that is not empty. */
export const text: OptionRule = (value) => (typeof value === 'string' && value !== '' ? undefined : 'text')

/** One of a few values. */
export function oneOf(...values: readonly unknown[]): OptionRule {
  return (value) => (values.includes(value) ? undefined : `one of ${values.map(printValue).join(', ')}`)
}

/** What is wrong with options that a user gave. Names that no rule knows are problems, too. */
export function optionProblems<T>(options: unknown, rules: OptionRules<T>, path: string): ConfigProblem[] {
  if (options === undefined) return []
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    return [{ path, expected: 'an object', received: printValue(options) }]
  const known = rules as Readonly<Record<string, OptionRule>>
  return Object.entries(options).flatMap(([name, value]) => {
    if (!Object.hasOwn(known, name)) {
      return [{ path: `${path}.${name}`, expected: `one of ${Object.keys(known).join(', ')}`, received: 'an unknown name' }]
    }
    const expected = value === undefined ? undefined : known[name]?.(value)
    return expected === undefined ? [] : [{ path: `${path}.${name}`, expected, received: printValue(value) }]
  })
}

/** @throws ConfigError when there are problems. */
export function refuse(problems: readonly ConfigProblem[]): void {
  if (problems.length > 0) throw new ConfigError(problems)
}
