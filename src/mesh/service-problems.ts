import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { directoryDefaults } from '../discovery/directory-options.ts'
import { endpointSpecProblems } from '../discovery/endpoint-spec-problems.ts'
import type { ConfigProblem } from '../errors/config-error.ts'
import { circuitBreakerDefaults } from '../health/circuit-options.ts'
import { retryDefaults } from '../policies/retry/retry-options.ts'
import { readDuration } from '../runtime/duration.ts'
import type { DescribedPart } from '../runtime/part.ts'
import { pathTo } from './config-problems.ts'
import { isPlainObject } from './plan-pieces.ts'
import { routeProblems } from './route-problems.ts'
import { serviceDefaults } from './service-defaults.ts'
import { splitProblems } from './split-problems.ts'
import { fallbackProblems } from './subset-problems.ts'

type Settings = Readonly<Record<string, unknown>>

/**
 * What is wrong with a service though its settings may be right one by one. It looks at unchecked settings, so that a mistake elsewhere
 * does not hide these; what it cannot read, it leaves to the schema.
 *
 * @param settings the service.
 * @param path where it stands.
 */
export function serviceProblems(settings: unknown, path: string): ConfigProblem[] {
  if (!isPlainObject(settings)) return []
  return [
    ...timeProblems(settings, path),
    ...endpointProblems(settings.resolver, pathTo(path, 'resolver')),
    ...tlsProblems(settings, path),
    ...fallbackProblems(settings, path),
    ...routeProblems(settings, path),
    ...splitProblems(settings, path),
  ]
}

/** A setting within others. */
function at(settings: Settings, ...names: readonly string[]): unknown {
  return names.reduce<unknown>((inner, name) => (isPlainObject(inner) ? inner[name] : undefined), settings)
}

function timeProblems(settings: Settings, path: string): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const notAbove = (names: readonly string[], byDefault: unknown, limitNames: readonly string[], limitByDefault: unknown) => {
    const [ms, limitMs] = [readDuration(at(settings, ...names) ?? byDefault), readDuration(at(settings, ...limitNames) ?? limitByDefault)]
    if (ms === undefined || limitMs === undefined || ms <= limitMs) return
    const expected = `a duration not above ${limitNames.join('.')}, which is ${limitMs} ms`
    problems.push({ path: names.reduce(pathTo, path), expected, received: `${ms} ms` })
  }
  notAbove(['retry', 'attemptTimeout'], undefined, ['deadline'], serviceDefaults.deadline)
  notAbove(['retry', 'backoff', 'base'], retryDefaults.backoff.base, ['retry', 'backoff', 'max'], retryDefaults.backoff.max)
  const { openFor, maxOpenFor } = circuitBreakerDefaults
  notAbove(['circuitBreaker', 'openFor'], openFor, ['circuitBreaker', 'maxOpenFor'], maxOpenFor)
  notAbove(['circuitBreaker', 'service', 'openFor'], openFor, ['circuitBreaker', 'service', 'maxOpenFor'], maxOpenFor)
  const { initial, max } = directoryDefaults.backoff
  notAbove(['directory', 'backoff', 'initial'], initial, ['directory', 'backoff', 'max'], max)
  return problems
}

/** Lists of endpoints that stand in the plan itself, also within `firstOf(...)` and the like. */
function endpointProblems(resolver: unknown, path: string): ConfigProblem[] {
  if (Array.isArray(resolver)) return resolver.flatMap((inner: unknown, i) => endpointProblems(inner, pathTo(path, i)))
  if (typeof resolver !== 'function') return []
  const { kind, options } = resolver as Partial<DescribedPart<unknown>>
  if (kind === undefined || options === undefined) return []
  if (kind === 'fixed') return endpointSpecProblems(options.endpoints, pathTo(path, 'endpoints'))
  return Object.entries(options).flatMap(([name, inner]) => endpointProblems(inner, pathTo(path, name)))
}

function tlsProblems({ tls }: Settings, path: string): ConfigProblem[] {
  if (!isPlainObject(tls)) return []
  try {
    const { ca, cert, key } = tls
    createSecureContext({ ca, cert, key } as SecureContextOptions)
    return []
  } catch (error) {
    // A value of a wrong type is the schema's to tell.
    if (error instanceof TypeError) return []
    const received = error instanceof Error ? error.message : String(error)
    return [{ path: pathTo(path, 'tls'), expected: 'certificates and a key that belong together, in PEM', received }]
  }
}
