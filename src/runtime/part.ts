import { isDeepStrictEqual } from 'node:util'
import type { Host, Part } from './host.ts'

/** A part that can be printed and compared: its kind, and the options it was made with. */
export interface DescribedPart<T> extends Part<T> {
  /** What it is, such as `'power-of-two'`. */
  readonly kind: string
  /** What it was made with: plain data, or other described parts. */
  readonly options: Readonly<Record<string, unknown>>
  /** The same as plain data; `JSON.stringify` uses it. */
  toJSON(): Record<string, unknown>
}

/**
 * Makes a part that a plan can print and compare.
 *
 * @param kind what it is, in kebab-case.
 * @param options what it was made with.
 * @param create makes the part itself when a service is assembled.
 * @returns the part.
 * @example
 * ```ts
 * import { part, type Balancer } from 'proxyless'
 *
 * export const first = () =>
 *   part<Balancer>('first', {}, () => ({
 *     name: 'first',
 *     picker: (endpoints) => ({ pick: () => endpoints[0] }),
 *   }))
 * ```
 */
export function part<T>(kind: string, options: Readonly<Record<string, unknown>>, create: Part<T>): DescribedPart<T> {
  const made = (host: Host): T => create(host)
  return Object.freeze(Object.assign(made, { kind, options: Object.freeze({ ...options }), toJSON: () => ({ kind, ...options }) }))
}

/**
 * Whether two parts would behave alike, as far as that can be known: the same function, or the same kind with the same options.
 */
export function samePart(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (typeof left === 'function' && typeof right === 'function') {
    const a = left as unknown as Partial<DescribedPart<unknown>>
    const b = right as unknown as Partial<DescribedPart<unknown>>
    return a.kind !== undefined && a.kind === b.kind && samePart(a.options, b.options)
  }
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  const [a, b] = [left as Record<string, unknown>, right as Record<string, unknown>]
  const keys = Object.keys(a)
  if (Array.isArray(a) !== Array.isArray(b) || keys.length !== Object.keys(b).length) return false
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (keys.length === 0) return isDeepStrictEqual(a, b)
  return keys.every((key) => Object.hasOwn(b, key) && samePart(a[key], b[key]))
}
