import { ConfigError, type ConfigProblem } from '../errors/config-error.ts'
import { printValue } from '../errors/print-value.ts'
import type { Clock } from '../runtime/clock.ts'
import { type Duration, durationExpectation, readDuration } from '../runtime/duration.ts'
import { systemClock } from '../runtime/system-clock.ts'
import type { SpanExporter } from './ended-span.ts'

/** Which traces are always exported, whatever `sample` says of them. Every option has a default, see {@link keepDefaults}. */
export interface KeepOptions {
  /** Traces in which something failed: an attempt that its service's classifier calls a failure, or any span with an error. @defaultValue {@link keepDefaults}.failed */
  readonly failed?: boolean | undefined
  /** Traces in which a call took more than one attempt: repeated or hedged, here or by whoever calls this server. @defaultValue {@link keepDefaults}.repeated */
  readonly repeated?: boolean | undefined
  /** Traces with an attempt, a call or a served request that took so long; `Infinity` for none. @defaultValue {@link keepDefaults}.slow */
  readonly slow?: Duration | undefined
  /** How long a trace may take before it is let go without its end. @defaultValue {@link keepDefaults}.holdFor */
  readonly holdFor?: Duration | undefined
  /** How many spans are held until their trace is over, of all traces together. @defaultValue {@link keepDefaults}.maxSpans */
  readonly maxSpans?: number | undefined
}

/** The defaults of {@link KeepOptions}. */
export const keepDefaults = Object.freeze({
  failed: true,
  repeated: true,
  slow: '1s',
  holdFor: '30s',
  maxSpans: 10_000,
} as const satisfies KeepOptions)

/** How tracing is set up. Every option but the name of the service has a default, see {@link tracingDefaults}. */
export interface TracingOptions {
  /** The name of this program in traces (`service.name`). */
  readonly service: string
  /**
   * Where spans go: `'otlp'` is OTLP over HTTP, which Jaeger, Tempo and the OpenTelemetry Collector take; `'zipkin'` is Zipkin's own; or an exporter.
   *
   * @defaultValue {@link tracingDefaults}.exporter
   */
  readonly exporter?: 'otlp' | 'zipkin' | SpanExporter | undefined
  /** Where the collector is; without a path, the usual one is added. @defaultValue {@link tracingDefaults}.url, by the exporter */
  readonly url?: string | undefined
  /** Sent with every batch, such as a token. @defaultValue none */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Share of traces that are exported, from 0 to 1; those that are to be kept come on top. @defaultValue {@link tracingDefaults}.sample */
  readonly sample?: number | undefined
  /** Which traces are exported in any case; `false` for none, which costs less: what is not sampled is not recorded. @defaultValue {@link keepDefaults} */
  readonly keep?: KeepOptions | false | undefined
  /** What else every span says of this program, such as `service.version`. @defaultValue none */
  readonly attributes?: Readonly<Record<string, string | number | boolean>> | undefined
  /** How many spans may wait for their export; more are dropped, and counted. @defaultValue {@link tracingDefaults}.queue */
  readonly queue?: number | undefined
  /** How often a batch is sent. @defaultValue {@link tracingDefaults}.every */
  readonly every?: Duration | undefined
  /** How long a batch may take to be delivered. @defaultValue {@link tracingDefaults}.exportTimeout */
  readonly exportTimeout?: Duration | undefined
  /**
   * Signals at which everything is sent before the process ends, such as `'SIGTERM'`. If nobody else listens to the signal, it then ends the
   * process as it would have. If somebody does, tracing goes on: who ends the process calls `stop()` last.
   *
   * @defaultValue none
   */
  readonly flushOn?: NodeJS.Signals | readonly NodeJS.Signals[] | undefined
  /** What to do when the program has an SDK already. @defaultValue {@link tracingDefaults}.whenRegistered */
  readonly whenRegistered?: 'throw' | 'leave' | undefined
  /** Hears why a batch could not be delivered. @defaultValue nobody does; `counts()` tells how many */
  readonly onError?: ((error: Error) => void) | undefined
  /** The source of time for what is held. @defaultValue the clock of the system */
  readonly clock?: Clock | undefined
}

/** The defaults of {@link TracingOptions}. */
export const tracingDefaults = Object.freeze({
  exporter: 'otlp',
  url: Object.freeze({ otlp: 'http://127.0.0.1:4318/v1/traces', zipkin: 'http://127.0.0.1:9411/api/v2/spans' }),
  sample: 1,
  queue: 2_048,
  every: '5s',
  exportTimeout: '5s',
  whenRegistered: 'throw',
} as const)

/** {@link TracingOptions} with every default filled in. */
export interface TracingSettings {
  readonly service: string
  readonly exporter: 'otlp' | 'zipkin' | SpanExporter
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly sample: number
  readonly keep:
    | {
        readonly failed: boolean
        readonly repeated: boolean
        readonly slowMs: number
        readonly holdForMs: number
        readonly maxSpans: number
      }
    | undefined
  readonly attributes: Readonly<Record<string, string | number | boolean>>
  readonly queue: number
  readonly everyMs: number
  readonly exportTimeoutMs: number
  readonly flushOn: readonly NodeJS.Signals[]
  readonly whenRegistered: 'throw' | 'leave'
  readonly onError: ((error: Error) => void) | undefined
  readonly clock: Clock
}

/** Reads options one by one, and notes what is wrong with them. */
class OptionReader {
  readonly problems: ConfigProblem[] = []

  /** The value if it fits, else its default; `undefined` means that it was not given. */
  read<T, D>(path: string, value: T | undefined, fallback: D, expected: string, fits: (value: T) => boolean): T | D {
    if (value === undefined) return fallback
    if (fits(value)) return value
    this.problems.push({ path: `startTracing.${path}`, expected, received: printValue(value) })
    return fallback
  }

  /** In milliseconds. */
  duration(path: string, value: Duration | undefined, fallback: Duration, finite: boolean): number {
    const expected = finite ? `${durationExpectation}, above 0` : durationExpectation
    const fits = (given: Duration) => {
      const ms = readDuration(given)
      return ms !== undefined && (!finite || (ms > 0 && ms !== Number.POSITIVE_INFINITY))
    }
    return readDuration(this.read(path, value, fallback, expected, fits)) as number
  }

  /** Notes names that are no option. */
  known(path: string, given: object, names: readonly string[]): void {
    for (const name of Object.keys(given)) {
      if (names.includes(name)) continue
      this.problems.push({ path: `startTracing.${path}${name}`, expected: `one of ${names.join(', ')}`, received: 'an unknown option' })
    }
  }
}

const optionNames: readonly string[] = Object.keys({
  service: true,
  exporter: true,
  url: true,
  headers: true,
  sample: true,
  keep: true,
  attributes: true,
  queue: true,
  every: true,
  exportTimeout: true,
  flushOn: true,
  whenRegistered: true,
  onError: true,
  clock: true,
} satisfies { readonly [K in keyof Required<TracingOptions>]: true })

/**
 * Fills in defaults.
 *
 * @throws ConfigError with everything that is wrong.
 */
export function tracingSettings(options: TracingOptions): TracingSettings {
  const reader = new OptionReader()
  const isObject = (value: unknown) => typeof value === 'object' && value !== null
  if (!isObject(options)) throw new ConfigError([{ path: 'startTracing', expected: 'an object of options', received: printValue(options) }])
  reader.known('', options, optionNames)
  if (typeof options.service !== 'string' || options.service.trim() === '')
    reader.problems.push({ path: 'startTracing.service', expected: 'the name of this program', received: printValue(options.service) })
  const exporter = reader.read(
    'exporter',
    options.exporter,
    tracingDefaults.exporter,
    "'otlp', 'zipkin', or an object with export() and shutdown()",
    (value) => value === 'otlp' || value === 'zipkin' || (typeof value === 'object' && typeof value?.export === 'function'),
  )
  const usual = tracingDefaults.url[exporter === 'zipkin' ? 'zipkin' : 'otlp']
  const url = reader.read('url', options.url, usual, 'an absolute URL of http or https', (value) =>
    /^https?:$/.test(URL.parse(value)?.protocol ?? ''),
  )
  const whole = (value: number) => Number.isInteger(value) && value >= 1
  const settings: TracingSettings = {
    service: options.service,
    exporter,
    url: new URL(url).pathname === '/' ? new URL(new URL(usual).pathname, url).href : url,
    headers: reader.read('headers', options.headers, {}, 'an object of texts', isObject),
    sample: reader.read('sample', options.sample, tracingDefaults.sample, 'a number from 0 to 1', (value) => value >= 0 && value <= 1),
    keep: keepSettings(reader, options.keep),
    attributes: reader.read('attributes', options.attributes, {}, 'an object of texts, numbers and booleans', isObject),
    queue: reader.read('queue', options.queue, tracingDefaults.queue, 'an integer of 1 or more', whole),
    everyMs: reader.duration('every', options.every, tracingDefaults.every, true),
    exportTimeoutMs: reader.duration('exportTimeout', options.exportTimeout, tracingDefaults.exportTimeout, true),
    flushOn: signals(reader, options.flushOn),
    whenRegistered: reader.read('whenRegistered', options.whenRegistered, tracingDefaults.whenRegistered, "'throw' or 'leave'", (value) =>
      ['throw', 'leave'].includes(value),
    ),
    onError: reader.read('onError', options.onError, undefined, 'a function', (value) => typeof value === 'function'),
    clock: options.clock ?? systemClock,
  }
  if (reader.problems.length > 0) throw new ConfigError(reader.problems)
  return Object.freeze(settings)
}

function keepSettings(reader: OptionReader, given: KeepOptions | false | undefined): TracingSettings['keep'] {
  if (given === false) return undefined
  const keep = reader.read(
    'keep',
    given,
    {} as KeepOptions,
    'an object of options, or false',
    (value) => typeof value === 'object' && value !== null,
  )
  reader.known('keep.', keep, Object.keys(keepDefaults))
  const yesOrNo = (value: boolean) => typeof value === 'boolean'
  return {
    failed: reader.read('keep.failed', keep.failed, keepDefaults.failed, 'true or false', yesOrNo),
    repeated: reader.read('keep.repeated', keep.repeated, keepDefaults.repeated, 'true or false', yesOrNo),
    slowMs: reader.duration('keep.slow', keep.slow, keepDefaults.slow, false),
    holdForMs: reader.duration('keep.holdFor', keep.holdFor, keepDefaults.holdFor, true),
    maxSpans: reader.read(
      'keep.maxSpans',
      keep.maxSpans,
      keepDefaults.maxSpans,
      'an integer of 1 or more',
      (value) => Number.isInteger(value) && value >= 1,
    ),
  }
}

function signals(reader: OptionReader, given: TracingOptions['flushOn']): readonly NodeJS.Signals[] {
  const list = typeof given === 'string' ? [given] : given
  return reader.read(
    'flushOn',
    list,
    [],
    "a signal such as 'SIGTERM', or a list of them",
    (value) => Array.isArray(value) && value.every((name) => typeof name === 'string' && /^SIG[A-Z\d]+$/.test(name)),
  )
}
