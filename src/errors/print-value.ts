import { inspect } from 'node:util'

const longest = 60

/** A value as a short phrase for a message: `"12 seconds"`, `0`, `undefined`, `a function`. */
export function printValue(value: unknown): string {
  if (typeof value === 'function') return value.name === '' ? 'a function' : `the function ${value.name}`
  const text =
    typeof value === 'string'
      ? JSON.stringify(value)
      : inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 3 })
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text
}
