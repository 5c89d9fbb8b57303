import { isLogger, type Logger, type LogLevel } from './logger.ts'

/** What a line of the access log knows of a call. */
export interface AccessLogEntry {
  /** When the call began, as ISO 8601 in UTC. */
  readonly time: string
  /** The service that was called, or the host, when no service declares it. */
  readonly service: string
  /** Of the request. */
  readonly method: string
  /** Path and query, without secrets. */
  readonly path: string
  /** The status that came back, or the code of the {@link MeshError}. */
  readonly status: number | string
  /** The endpoint whose answer the call went on with; `undefined` when nothing was sent. */
  readonly endpoint: string | undefined
  /** How many attempts it took. */
  readonly attempts: number
  /** From the beginning of the call to the head of its reply, or to its failure, in milliseconds. */
  readonly durationMs: number
  /** How much of that the call waited without an attempt under way, in milliseconds. */
  readonly waitedMs: number
  /** The trace of the call, where there is one. */
  readonly traceId: string | undefined
}

/** How calls are written to an access log. Every option but `to` has a default, see {@link accessLogDefaults}. */
export interface AccessLogOptions {
  /** A logger (pino's, `console`) gets fields and a message; a function gets a line of text. */
  readonly to: Logger | ((line: string) => void)
  /**
   * `'json'` writes every field of {@link AccessLogEntry}; anything else is a template such as `'{method} {path} -> {status} {endpoint} {attempts}
   * {duration}'`, with the names of the fields, and `{duration}` with its unit. To a logger, the template is the message beside the fields.
   *
   * @defaultValue {@link accessLogDefaults}.format
   */
  readonly format?: string | undefined
  /** Share of calls that are written, from 0 to 1. Calls that failed are always written. @defaultValue {@link accessLogDefaults}.sample */
  readonly sample?: number | undefined
  /** The level of lines of a logger. @defaultValue {@link accessLogDefaults}.level */
  readonly level?: LogLevel | undefined
}

/** The defaults of {@link AccessLogOptions}. */
export const accessLogDefaults = Object.freeze({
  format: 'json',
  sample: 1,
  level: 'info',
  /** The message to a logger, unless `format` is a template. */
  message: '{method} {service}{path} -> {status} {duration}',
} as const)

/** {@link AccessLogOptions} with every default filled in. */
export interface AccessLogSettings {
  /** What it gives is a promise if the target is asynchronous. */
  readonly write: (entry: AccessLogEntry) => unknown
  readonly sample: number
}

const fields: Readonly<Record<keyof AccessLogEntry | 'duration', (entry: AccessLogEntry) => string>> = {
  time: ({ time }) => time,
  service: ({ service }) => service,
  method: ({ method }) => method,
  path: ({ path }) => path,
  status: ({ status }) => String(status),
  endpoint: ({ endpoint }) => endpoint ?? '-',
  attempts: ({ attempts }) => String(attempts),
  durationMs: ({ durationMs }) => String(durationMs),
  duration: ({ durationMs }) => `${durationMs} ms`,
  waitedMs: ({ waitedMs }) => String(waitedMs),
  traceId: ({ traceId }) => traceId ?? '-',
}

/** What a template may name. */
export const templateFields: readonly string[] = Object.freeze(Object.keys(fields))

/** Whatever stands in braces: a name that is none, such as `{user-agent}`, is a mistake and no text. */
const placeholder = /\{([^{}]*)\}/g

/** The names in a template that are no field. */
export function unknownFields(template: string): readonly string[] {
  return [...template.matchAll(placeholder)].map(([, name = '']) => name).filter((name) => !templateFields.includes(name))
}

/** Whether a value can be written to. */
export function isAccessLogTarget(value: unknown): value is AccessLogOptions['to'] {
  return typeof value === 'function' || isLogger(value)
}

/** Fills in defaults. */
export function accessLogSettings({ to, format, sample, level }: AccessLogOptions): AccessLogSettings {
  const { format: usual, message } = accessLogDefaults
  const isJson = (format ?? usual) === usual
  const print = printer(isJson ? message : (format as string))
  const at = level ?? accessLogDefaults.level
  const write =
    typeof to !== 'function'
      ? (entry: AccessLogEntry) => to[at](entry, print(entry))
      : isJson
        ? (entry: AccessLogEntry) => to(JSON.stringify(entry))
        : (entry: AccessLogEntry) => to(print(entry))
  return Object.freeze({ write, sample: sample ?? accessLogDefaults.sample })
}

/** Reads the template once, and not for each call. */
function printer(template: string): (entry: AccessLogEntry) => string {
  // Texts and names in turn.
  const parts = template.split(placeholder)
  const readers = parts.map((part, i) => (i % 2 === 0 ? () => part : (fields[part as keyof typeof fields] ?? (() => ''))))
  return (entry) => readers.map((read) => read(entry)).join('')
}
