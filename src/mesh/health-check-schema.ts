/** What a plan may say about health checks, and what it is when it says nothing. */
import * as v from 'valibot'
import { type HealthCheckOptions, healthCheckDefaults, type StatusRange } from '../health/health-check-options.ts'
import { aliasExpectation, hostInFile, readServiceHost } from './host-syntax.ts'
import { duration, integer, isPlainObject, number, oneOf, options, text, thing } from './plan-pieces.ts'

type SchemaOf<T> = { readonly [K in keyof T]-?: v.GenericSchema }

const wait = () => duration({ from: 0, above: true })

const isStatus = (value: unknown) => Number.isInteger(value) && (value as number) >= 100 && (value as number) <= 599

const status = { type: 'integer', minimum: 100, maximum: 599 }

const statuses = (expected: string, least: number) =>
  v.pipe(
    thing<readonly StatusRange[]>(
      `${expected} in [100, 599] or [from, to]`,
      (value) => Array.isArray(value) && value.length >= least && value.every(isRange),
      { type: 'array', minItems: least, items: { anyOf: [status, { type: 'array', minItems: 2, maxItems: 2, items: status }] } },
    ),
    v.transform((ranges) => Object.freeze(ranges.map((range) => (typeof range === 'number' ? range : Object.freeze([...range] as const))))),
  )

function isRange(value: unknown): boolean {
  if (!Array.isArray(value)) return isStatus(value)
  return value.length === 2 && value.every(isStatus) && value[0] <= value[1]
}

const headerName = /^[!#$%&'*+.^_`|~\w-]+$/
const path = /^\/[!-~]*$/
const unsendable = /[\0\r\n]/

const headers = v.pipe(
  thing<Readonly<Record<string, string>>>(
    'an object of header names and texts',
    (value) =>
      isPlainObject(value) &&
      Object.entries(value).every(([name, entry]) => headerName.test(name) && typeof entry === 'string' && !unsendable.test(entry)),
    {
      type: 'object',
      propertyNames: { pattern: headerName.source },
      additionalProperties: { type: 'string', not: { pattern: unsendable.source } },
    },
  ),
  v.transform((given) => Object.freeze({ ...given })),
)

/** See {@link HealthCheckOptions}. */
export const healthCheckSchema = v.pipe(
  options({
    protocol: v.optional(oneOf(['http', 'tcp', 'grpc']), healthCheckDefaults.protocol),
    path: v.optional(
      thing<string>("a path that begins with '/'", (value) => typeof value === 'string' && path.test(value), {
        type: 'string',
        pattern: path.source,
      }),
      healthCheckDefaults.path,
    ),
    method: v.optional(
      thing<string>('an HTTP method', (value) => typeof value === 'string' && headerName.test(value), {
        type: 'string',
        pattern: headerName.source,
      }),
      healthCheckDefaults.method,
    ),
    authority: v.optional(thing<string>(aliasExpectation, (value) => readServiceHost(value) !== undefined, hostInFile)),
    headers: v.optional(headers, healthCheckDefaults.headers),
    expect: v.optional(statuses('a list of at least one status', 1), healthCheckDefaults.expect),
    retriable: v.optional(statuses('a list of statuses', 0), healthCheckDefaults.retriable),
    bodyIncludes: v.optional(text()),
    grpcService: v.optional(
      thing<string>('text', (value) => typeof value === 'string', { type: 'string' }),
      healthCheckDefaults.grpcService,
    ),
    timeout: v.optional(wait(), healthCheckDefaults.timeout),
    interval: v.optional(wait(), healthCheckDefaults.interval),
    unhealthyThreshold: v.optional(integer({ from: 1 }), healthCheckDefaults.unhealthyThreshold),
    healthyThreshold: v.optional(integer({ from: 1 }), healthCheckDefaults.healthyThreshold),
    unhealthyInterval: v.optional(wait()),
    unhealthyEdgeInterval: v.optional(wait()),
    healthyEdgeInterval: v.optional(wait()),
    noTrafficInterval: v.optional(wait(), healthCheckDefaults.noTrafficInterval),
    initialJitter: v.optional(duration({ from: 0 }), healthCheckDefaults.initialJitter),
    jitter: v.optional(duration({ from: 0 }), healthCheckDefaults.jitter),
    jitterShare: v.optional(number({ from: 0, to: 1 }), healthCheckDefaults.jitterShare),
    concurrency: v.optional(integer({ from: 1 }), healthCheckDefaults.concurrency),
  } satisfies SchemaOf<HealthCheckOptions>),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const { method, bodyIncludes } = dataset.value
    if (method !== 'HEAD' || bodyIncludes === undefined) return
    const path = { type: 'object', origin: 'value', input: dataset.value, key: 'bodyIncludes', value: bodyIncludes } as const
    addIssue({ message: 'nothing, since a reply to HEAD has no body', input: bodyIncludes, path: [path] })
  }),
)
