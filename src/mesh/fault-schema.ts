import * as v from 'valibot'
import {
  type AbortFault,
  type CutBodyFault,
  type DelayFault,
  type FaultMatch,
  type FaultOptions,
  faultDefaults,
  type ThrottleFault,
} from '../policies/fault/fault-options.ts'
import { someTexts } from './plan-form.ts'
import { duration, flag, integer, isPlainObject, number, oneOf, options, orAlone, thing } from './plan-pieces.ts'

type SchemaOf<T> = { readonly [K in keyof T]-?: v.GenericSchema }

/** Adds a problem at one of the options. */
function problemAt(dataset: { readonly value: unknown }, key: string, message: string, input: unknown) {
  const item: v.ObjectPathItem = { type: 'object', origin: 'value', input: dataset.value as Record<string, unknown>, key, value: input }
  const path: [v.IssuePathItem] = [item]
  return { input, message, path }
}

const share = () => number({ from: 0, to: 1 })

const positive = () => duration({ from: 0, above: true })

const between = v.pipe(
  options({ min: duration({ from: 0 }), max: positive() }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const { min, max } = dataset.value
    if (min > max) addIssue(problemAt(dataset, 'min', `a duration not above max, which is ${max} ms`, `${min} ms`))
  }),
)

const time = orAlone(between, duration({ from: 0, above: true }, ', or { min, max }'))

const delay = options({
  share: share(),
  time,
  where: v.optional(oneOf(['request', 'reply']), faultDefaults.where),
} satisfies SchemaOf<DelayFault>)

const abort = v.pipe(
  options({
    share: share(),
    status: v.optional(
      thing<number>('a status in [200, 599]', (value) => Number.isInteger(value) && (value as number) >= 200 && (value as number) <= 599, {
        type: 'integer',
        minimum: 200,
        maximum: 599,
      }),
    ),
    error: v.optional(oneOf(['reset', 'refused', 'timeout'])),
  } satisfies SchemaOf<AbortFault>),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const { status, error } = dataset.value
    if (status === undefined && error === undefined) addIssue(problemAt(dataset, 'status', 'a status, or an error beside share', undefined))
    if (status !== undefined && error !== undefined) addIssue(problemAt(dataset, 'error', 'a status or an error, not both', error))
  }),
  v.transform((checked) => checked as AbortFault),
)

const cutBody = options({ share: share(), afterBytes: integer({ from: 0 }) } satisfies SchemaOf<CutBodyFault>)

const throttle = options({ share: share(), bytesPerSecond: integer({ from: 1 }) } satisfies SchemaOf<ThrottleFault>)

const texts = (expected: string) =>
  v.pipe(
    thing<readonly string[]>(
      expected,
      (value) => Array.isArray(value) && value.length > 0 && value.every((entry) => typeof entry === 'string' && entry !== ''),
      someTexts,
    ),
    v.transform((list) => Object.freeze([...list])),
  )

const match = options({
  path: v.optional(
    thing<string>("how a path begins, such as '/v1/'", (value) => typeof value === 'string' && value.startsWith('/'), {
      type: 'string',
      pattern: '^/',
    }),
  ),
  methods: v.optional(texts('a list of methods, at least one')),
  headers: v.optional(
    v.pipe(
      thing<Readonly<Record<string, string | true>>>(
        'an object of headers, each with its value or true',
        (value) => isPlainObject(value) && Object.values(value).every((entry) => typeof entry === 'string' || entry === true),
        { type: 'object', additionalProperties: { anyOf: [{ const: true }, { type: 'string' }] } },
      ),
      v.transform((headers) => Object.freeze({ ...headers })),
    ),
  ),
  endpoints: v.optional(texts('a list of addresses of endpoints, at least one')),
  zones: v.optional(texts('a list of zones, at least one')),
} satisfies SchemaOf<FaultMatch>)

/** What `.fault(...)` takes. */
export const faultSchema = v.pipe(
  options({
    delay: v.optional(delay),
    abort: v.optional(abort),
    cutBody: v.optional(cutBody),
    throttle: v.optional(throttle),
    match: v.optional(match),
    header: v.optional(flag(), faultDefaults.header),
    enabled: v.optional(flag(), faultDefaults.enabled),
    maxDelay: v.optional(duration({ from: 0, above: true }), faultDefaults.maxDelay),
    maxActive: v.optional(integer({ from: 1 }), faultDefaults.maxActive),
    maxActiveShare: v.optional(number({ from: 0, above: true, to: 1 }), faultDefaults.maxActiveShare),
    allowInProduction: v.optional(flag(), faultDefaults.allowInProduction),
  } satisfies SchemaOf<FaultOptions>),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const { delay, abort, cutBody, throttle, header, maxDelay } = dataset.value
    if (delay === undefined && abort === undefined && cutBody === undefined && throttle === undefined && !header) {
      addIssue(problemAt(dataset, 'delay', 'a fault: delay, abort, cutBody or throttle, or header: true', undefined))
    }
    const time = delay === undefined ? 0 : ((typeof delay.time === 'object' ? delay.time.max : delay.time) as number)
    if (time > maxDelay) addIssue(problemAt(dataset, 'delay', `a time not above maxDelay, which is ${maxDelay} ms`, `${time} ms`))
  }),
)
