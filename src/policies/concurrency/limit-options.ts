import { printValue } from '../../errors/print-value.ts'

/**
 * A number among the options of a limit.
 *
 * @param field for the message, such as `'vegasLimit: max'`.
 * @throws TypeError when it is none, or out of range.
 */
export function numberIn(field: string, value: unknown, low: number, high = Number.POSITIVE_INFINITY): number {
  if (typeof value === 'number' && value >= low && value <= high && Number.isFinite(value)) return value
  throw new TypeError(
    `${field}: expected a number in [${low}, ${high === Number.POSITIVE_INFINITY ? 'Infinity)' : `${high}]`}, got ${printValue(value)}`,
  )
}

/** The same for a whole number. @throws TypeError when it is none, or out of range. */
export function integerIn(field: string, value: unknown, low: number, high: number): number {
  if (Number.isInteger(value) && (value as number) >= low && (value as number) <= high) return value as number
  throw new TypeError(`${field}: expected an integer in [${low}, ${high}], got ${printValue(value)}`)
}

/** @throws TypeError when there is an option that does not exist. */
export function checkNames(part: string, given: object, names: readonly string[]): void {
  if (typeof given !== 'object' || given === null) throw new TypeError(`${part}: expected an object of options, got ${printValue(given)}`)
  const wrong = Object.keys(given).find((name) => !names.includes(name))
  if (wrong !== undefined) throw new TypeError(`${part}: expected only the options ${names.join(', ')}, got ${printValue(wrong)}`)
}

/** The bounds of a limit: the largest is not below the smallest. @throws TypeError when it is. */
export function checkBounds(part: string, min: number, max: number): void {
  if (min > max) throw new TypeError(`${part}: min: expected an integer of at most max (${max}), got ${min}`)
}

/** Most that a limit may ever say. */
export const mostConcurrency = 1_000_000
