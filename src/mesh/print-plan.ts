import { inspect } from 'node:util'
import { isPlainObject } from './plan-pieces.ts'

/** What is shown of a setting that must not be seen. */
const hidden = '(hidden)'

/** Headers whose values let somebody in. */
const credentials = /authorization|cookie|key|token|secret|password/i

function isSecret(name: string, key: string): boolean {
  return name === 'tls' ? key === 'key' : name === 'setHeaders' && credentials.test(key)
}

/** A value of a plan as JSON can carry it; `name` is what it is called. */
function printable(value: unknown, name: string): unknown {
  if (value instanceof Uint8Array) return `(${value.byteLength} bytes)`
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (typeof value === 'function') {
    const described = (value as { toJSON?: () => unknown }).toJSON?.()
    return described === undefined ? `(function${value.name === '' ? '' : ` ${value.name}`})` : printable(described, '')
  }
  if (Array.isArray(value)) return value.map((entry) => printable(entry, ''))
  if (typeof value !== 'object' || value === null) return value
  const { scope, name: policy } = value as { scope?: unknown; name?: unknown }
  if (typeof scope === 'string' && 'layer' in value) return { policy, scope }
  if (!isPlainObject(value)) return inspect(value, { depth: 0 })
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, isSecret(name, key) ? hidden : printable(entry, key)]))
}

/**
 * Makes a plan print well, for `JSON.stringify` and for `console.log`: parts by their kind and options, policies by their names,and neither a
 * private key nor the credentials that a route sets.
 *
 * The two methods cannot be enumerated, so a plan stays plain data: copies, comparisons and loops do not see them.
 */
export function withPrinting<T extends object>(plan: T): T {
  return Object.defineProperties(plan, {
    toJSON: { value: () => printable(plan, '') },
    [inspect.custom]: { value: (_depth: number, settings: object) => inspect(printable(plan, ''), { ...settings, depth: 6 }) },
  })
}
