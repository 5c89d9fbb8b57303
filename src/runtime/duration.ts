import { inspect } from 'node:util'

/** A length of time: text with a unit, such as `'250ms'`, `'2s'`, `'1m'` or `'1h'`, or a number of milliseconds. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h'}`

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const

const pattern = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/

/**
 * Reads a duration that comes from outside.
 *
 * @param value what came.
 * @returns milliseconds, or `undefined` when `value` is not a duration. `Infinity` is one: it means no limit.
 */
export function readDuration(value: unknown): number | undefined {
  if (typeof value === 'number') return value >= 0 ? value : undefined
  if (typeof value !== 'string') return undefined
  const match = pattern.exec(value)
  return match ? Number(match[1]) * unitMs[match[2] as keyof typeof unitMs] : undefined
}

/** What a message says that a duration should have been. */
export const durationExpectation = "a duration such as '250ms', '2s' or '1m', or a number of milliseconds"

/**
 * A duration in milliseconds.
 *
 * @param value see {@link Duration}.
 * @param field names the setting in the error.
 * @returns milliseconds.
 * @throws TypeError when `value` is not a duration, which only untyped code can bring about.
 */
export function durationMs(value: Duration, field: string): number {
  const ms = readDuration(value)
  if (ms !== undefined) return ms
  const received = typeof value === 'string' ? JSON.stringify(value) : inspect(value)
  throw new TypeError(`${field}: expected ${durationExpectation}, got ${received}`)
}
