/** The resolvers that a file can name. */
import * as v from 'valibot'
import { dns } from '../discovery/dns.ts'
import { type DnsOptions, dnsDefaults } from '../discovery/dns-options.ts'
import { endpointSpecProblems } from '../discovery/endpoint-spec-problems.ts'
import { type FileOptions, file, fileDefaults } from '../discovery/file.ts'
import { firstOf } from '../discovery/first-of.ts'
import { fixed } from '../discovery/fixed.ts'
import { merge } from '../discovery/merge.ts'
import type { ResolverPart } from '../discovery/resolver.ts'
import type { EndpointSpec } from '../endpoint/endpoint.ts'
import { textsByName } from '../mesh/plan-form.ts'
import { duration, integer, number, oneOf, options, orAlone, strategy, text, thing } from '../mesh/plan-pieces.ts'
import { type Strategy, takes } from './strategy.ts'

type SchemaOf<T> = { readonly [K in keyof T]-?: v.GenericSchema }

const url = { type: 'string', minLength: 1 }

const endpointForm = {
  type: 'object',
  required: ['url'],
  properties: {
    url,
    weight: { type: 'number', exclusiveMinimum: 0 },
    region: { type: 'string' },
    zone: { type: 'string' },
    priority: { type: 'integer', minimum: 0, maximum: 127 },
    labels: { ...textsByName, additionalProperties: { type: 'string' } },
    servername: { type: 'string' },
    health: { enum: ['healthy', 'degraded', 'draining', 'unhealthy'] },
  } satisfies Record<keyof EndpointSpec, unknown>,
  additionalProperties: false,
}

const endpoints = v.pipe(
  thing<readonly (EndpointSpec | string)[]>('a list of at least one endpoint', (value) => Array.isArray(value) && value.length > 0, {
    type: 'array',
    minItems: 1,
    items: { anyOf: [url, endpointForm] },
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    for (const { path, expected } of endpointSpecProblems(dataset.value, '')) {
      // What follows the point is the name as the file has it, and may be anything, nothing included.
      const [, index, name] = /^\[(\d+)\](?:\.(.*))?$/s.exec(path) ?? []
      const spec: unknown = dataset.value[Number(index)]
      const input = name === undefined ? spec : (spec as Record<string, unknown>)[name]
      const steps = [
        { type: 'array', origin: 'value', input: dataset.value, key: Number(index), value: spec } as const,
        ...(name === undefined ? [] : [{ type: 'object', origin: 'value', input: spec as object, key: name, value: input } as const]),
      ]
      addIssue({ message: expected, input, path: steps as never })
    }
  }),
)

/** What a name server is asked, and the name itself: `dns: orders.internal`, or `dns: { name: orders.internal, port: 8080 }`. */
const question = options({
  name: text("a name such as 'orders.internal', without port or protocol"),
  port: v.optional(integer({ from: 1, to: 65_535 })),
  records: v.optional(oneOf(['address', 'srv']), dnsDefaults.records),
  family: v.optional(
    thing<4 | 6 | 'any'>("one of 4, 6, 'any'", (value) => value === 4 || value === 6 || value === 'any', { enum: [4, 6, 'any'] }),
    dnsDefaults.family,
  ),
  lookup: v.optional(oneOf(['dns', 'system']), dnsDefaults.lookup),
  servers: v.optional(
    thing<readonly string[]>("a list of at least one IP address with or without a port, such as '127.0.0.1:5353'", isTexts, {
      type: 'array',
      minItems: 1,
      items: { type: 'string', minLength: 1 },
    }),
  ),
  scheme: v.optional(oneOf(['http', 'https'])),
  servername: v.optional(text('a host name')),
  minTtl: v.optional(duration({ from: 0, above: true }), dnsDefaults.minTtl),
  maxTtl: v.optional(duration({ from: 0, above: true }), dnsDefaults.maxTtl),
  every: v.optional(duration({ from: 0, above: true }), dnsDefaults.every),
  negativeTtl: v.optional(duration({ from: 0, above: true }), dnsDefaults.negativeTtl),
  jitter: v.optional(number({ from: 0, to: 1 }), dnsDefaults.jitter),
  timeout: v.optional(duration({ from: 0, above: true }), dnsDefaults.timeout),
  tries: v.optional(integer({ from: 1, to: 10 }), dnsDefaults.tries),
} satisfies SchemaOf<DnsOptions & { name: string }>)

const readFile = options({
  path: text('the path of a file'),
  format: v.optional(oneOf(['json', 'yaml'])),
  every: v.optional(duration({ from: 0, above: true }), fileDefaults.every),
  maxBytes: v.optional(integer({ from: 1 }), fileDefaults.maxBytes),
} satisfies SchemaOf<FileOptions & { path: string }>)

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((entry) => typeof entry === 'string' && entry !== '')
}

const sources = v.pipe(
  v.array(strategy<ResolverPart>('resolver', "a resolver such as { dns: 'orders.internal' }"), 'a list of resolvers'),
  v.minLength(1, 'a list of at least one resolver'),
)

/** For `resolve`. `inFolder` makes a path relative to the folder of the plan file. */
export function resolvers(inFolder: (path: string) => string): Readonly<Record<string, Strategy>> {
  return {
    fixed: takes(endpoints, fixed),
    dns: takes(
      orAlone(question, text('a name, or an object of options with name')),
      (given: string | (Partial<DnsOptions> & { readonly name: string })) => {
        const { name, ...rest } = typeof given === 'string' ? { name: given } : given
        return Object.keys(rest).length === 0 ? dns(name) : dns(name, rest)
      },
    ),
    file: takes(
      orAlone(readFile, text('a path, or an object of options with path')),
      (given: string | (Partial<FileOptions> & { readonly path: string })) => {
        const { path, ...rest } = typeof given === 'string' ? { path: given } : given
        return Object.keys(rest).length === 0 ? file(inFolder(path)) : file(inFolder(path), rest)
      },
    ),
    firstOf: takes(sources, (given: readonly ResolverPart[]) => firstOf(...given)),
    merge: takes(sources, (given: readonly ResolverPart[]) => merge(...given)),
  }
}
