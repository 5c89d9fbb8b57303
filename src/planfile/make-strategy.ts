import { ConfigError } from '../errors/config-error.ts'
import { printValue } from '../errors/print-value.ts'
import { check, pathTo } from '../mesh/config-problems.ts'
import { nearestName } from '../mesh/nearest-name.ts'
import type { StrategyKind } from '../mesh/plan-form.ts'
import { isPlainObject } from '../mesh/plan-pieces.ts'
import { balancers, meters } from './balancers.ts'
import { convert, oneOfTable } from './convert.ts'
import { type FileReading, policyStandIn, standIn } from './file-reading.ts'
import { limits } from './limits.ts'
import { type Located, plainOf } from './located.ts'
import { type MakePart, tableNames } from './plan-file-parts.ts'
import { quotaSchema } from './quotas.ts'
import type { Strategy } from './strategy.ts'

const examples: { readonly [K in StrategyKind]: string } = {
  resolver: "a resolver such as { dns: 'orders.internal' } or { fixed: ['http://10.0.0.7:8080'] }",
  balancer: 'a balancer such as roundRobin or { powerOfTwo: peakEwma }',
  meter: 'a load meter such as inFlight or { peakEwma: { decay: 10s } }',
  limit: 'a limit: an integer, gradientLimit, or the like',
  quota: "a quota: { redis: 'redis://127.0.0.1', name: 'partner' }, or one of the program, { custom: name }",
  policy: 'a policy of the program: { custom: name }',
}

/** The strategies of this package that a file can name. */
export function strategiesOf(kind: StrategyKind, reading: Pick<FileReading, 'resolvers'>): Readonly<Record<string, Strategy>> {
  return { resolver: reading.resolvers, balancer: balancers, meter: meters, limit: limits, quota: {}, policy: {} }[kind]
}

/**
 * Makes a strategy of its name, or of its name with what stands behind it.
 *
 * @returns something that stands in for it when it cannot be made; then there is a problem.
 */
export function makeStrategy(kind: StrategyKind, at: Located, path: string, reading: FileReading): unknown {
  const before = reading.problems.length
  const strategy = tryToMake(kind, at, path, reading)
  if (reading.problems.length === before) return strategy
  return kind === 'policy' ? policyStandIn : standIn
}

function tryToMake(kind: StrategyKind, at: Located, path: string, reading: FileReading): unknown {
  if (kind === 'quota' && at.kind === 'map' && !at.entries.has('custom')) return makeQuota(at, path, reading)
  const named = nameOf(at)
  const known = strategiesOf(kind, reading)
  // An address of a Redis may hold a password.
  const isAddress = kind === 'quota' && at.kind === 'scalar' && typeof at.value === 'string'
  if (named === undefined || isAddress) {
    reading.problems.push({ path, expected: examples[kind], received: isAddress ? 'a text' : printValue(plainOf(at)) })
    return undefined
  }
  const { name, given } = named
  if (name === 'custom' && given !== undefined) return makeCustom(kind, given, pathTo(path, name), reading)
  const strategy = Object.hasOwn(known, name) ? known[name] : undefined
  if (strategy === undefined || (given === undefined && !strategy.alone)) {
    const wrong = given === undefined ? path : pathTo(path, name)
    reading.problems.push(strategy === undefined ? unknown(kind, name, Object.keys(known), wrong, reading) : incomplete(name, path))
    return undefined
  }
  if (given === undefined) return strategy.make(undefined as never)
  return checkedAndMade(strategy, given, pathTo(path, name), reading)
}

/** Makes a strategy of what it takes, if that is as it should be. */
function checkedAndMade({ schema, make }: Pick<Strategy, 'schema' | 'make'>, given: Located, path: string, reading: FileReading): unknown {
  const before = reading.problems.length
  const value = convert(schema, given, path, reading)
  reading.problems.push(...check(schema, value, path).problems)
  return reading.problems.length > before ? undefined : made(() => make(value as never), path, reading, value)
}

/** A quota in Redis, which only the program can make: this package does not load what reaches Redis. */
function makeQuota(at: Located, path: string, reading: FileReading): unknown {
  const make = reading.parts.quotas?.redis
  if (make !== undefined) return checkedAndMade({ schema: quotaSchema, make }, at, path, reading)
  const expected = "quotas.redis among what the program hands in, that is quota of 'proxyless/quota'"
  reading.problems.push({ path, expected, received: 'nothing' })
  return undefined
}

/** A name, alone or with what stands behind it. */
function nameOf(at: Located): { readonly name: string; readonly given: Located | undefined } | undefined {
  if (at.kind === 'scalar') return typeof at.value === 'string' ? { name: at.value, given: undefined } : undefined
  const [entry, ...others] = at.kind === 'map' ? at.entries : []
  return entry === undefined || others.length > 0 ? undefined : { name: entry[0], given: entry[1].value }
}

function makeCustom(kind: StrategyKind, at: Located, path: string, reading: FileReading): unknown {
  const tableName = tableNames[kind]
  const table: Readonly<Record<string, MakePart<unknown>>> = reading.parts[tableName] ?? {}
  const named = nameOf(at)
  if (named === undefined || !Object.hasOwn(table, named.name)) {
    const wrong = named?.name ?? ''
    reading.problems.push({ path, expected: oneOfTable(tableName, table, wrong), received: printValue(named?.name ?? plainOf(at)) })
    return undefined
  }
  const make = table[named.name] as MakePart<unknown>
  const value = named.given === undefined ? undefined : plainOf(named.given)
  return made(() => make(value as never), named.given === undefined ? path : pathTo(path, named.name), reading, value)
}

/** What a function makes; what it throws is a problem of the file. */
function made(make: () => unknown, path: string, reading: FileReading, given: unknown): unknown {
  try {
    return make()
  } catch (error) {
    if (ConfigError.is(error)) {
      // Its paths are options of the function, or begin with its name, which the path here ends with.
      for (const { path: inner, expected, received } of error.problems) {
        const [, name] = isPlainObject(given) && Object.hasOwn(given, inner) ? ['', inner] : (/^[^.]+\.(.+)$/.exec(inner) ?? [])
        reading.problems.push({ path: name === undefined ? path : `${path}.${name}`, expected, received })
      }
      return undefined
    }
    const message = error instanceof Error ? error.message : String(error)
    const [, name, expected, received] = /^[^:]*: (?:([A-Za-z.]+): )?expected (.*), got (.*)$/s.exec(message) ?? []
    const problem =
      expected === undefined || received === undefined ? { expected: message, received: printValue(given) } : { expected, received }
    reading.problems.push({ path: name === undefined ? path : `${path}.${name}`, ...problem })
    return undefined
  }
}

function unknown(kind: StrategyKind, name: string, known: readonly string[], path: string, { parts }: FileReading) {
  const own = Object.keys(parts[tableNames[kind]] ?? {})
  const nearest = nearestName(name, known)
  const custom = own.length === 0 ? '' : `, or { custom: ${own.join(' | ')} }`
  const hint = own.includes(name) ? ` (did you mean { custom: ${name} }?)` : nearest === undefined ? '' : ` (did you mean ${nearest}?)`
  const expected = known.length === 0 ? `${examples[kind]}${custom}` : `one of ${known.join(', ')}${custom}${hint}`
  return { path, expected, received: printValue(name) }
}

function incomplete(name: string, path: string) {
  return { path, expected: `{ ${name}: ... } with what it takes`, received: `${printValue(name)} alone` }
}
