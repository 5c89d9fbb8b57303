import { printValue } from '../errors/print-value.ts'
import type { Host } from '../runtime/host.ts'
import type { DescribedPart } from '../runtime/part.ts'
import type { ResolveFunction, Resolver, ResolverPart } from './resolver.ts'

/** Whatever `.resolve(...)`, `firstOf(...)` and `merge(...)` take as a source of endpoints. */
export type ResolverSource = ResolverPart | ResolveFunction

const asyncGeneratorFunction = Object.getPrototypeOf(async function* () {}) as object

/**
 * Makes a resolver of whatever a user passed as one.
 *
 * An async generator function, and any bare function of two or more arguments, is the resolver's `watch` itself. Any other function is
 * called with the host, and tells by what it returns: a resolver, or an async iterable, in which case it was a bare function, too. A part
 * that was made with `part(...)` is always called with the host, and what it throws is thrown on.
 *
 * @param source what the user passed.
 * @param host what a part is given.
 * @throws TypeError when it is neither.
 */
export function toResolver(source: ResolverSource, host: Host): Resolver {
  const value: unknown = source
  if (typeof value !== 'function') throw notAResolver(value, host)
  const described = typeof (value as Partial<DescribedPart<Resolver>>).kind === 'string'
  if (!described && (value.length >= 2 || Object.getPrototypeOf(value) === asyncGeneratorFunction)) return bare(value as ResolveFunction)
  const made: unknown = (value as (host: Host) => unknown)(host)
  if (isResolver(made)) return made
  if (!described && isAsyncIterable(made)) return bare(value as ResolveFunction)
  throw notAResolver(value, host, made)
}

function bare(watch: ResolveFunction): Resolver {
  return { name: watch.name === '' ? 'a function' : watch.name, watch: (service, given) => watch(service, given) }
}

function isResolver(value: unknown): value is Resolver {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Resolver>).watch === 'function'
}

/** Whether `for await` could walk it. */
export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function'
  )
}

function notAResolver(source: unknown, host: Host, made?: unknown): TypeError {
  let received = printValue(source)
  if (made instanceof Promise) {
    // Nobody else will look at it.
    made.catch(() => {})
    received += ', which returned a promise; poll(fn, { every }) asks such a function again and again'
  } else if (typeof source === 'function') {
    received += `, which returned ${printValue(made)}`
  }
  return new TypeError(
    `${host.service}: resolve: expected a resolver such as fixed([...]) or dns(...), or an async generator function, got ${received}`,
  )
}
