import { ConfigError, type ConfigProblem } from '../errors/config-error.ts'
import { printValue } from '../errors/print-value.ts'
import type { Clock } from '../runtime/clock.ts'
import { type Duration, durationExpectation, readDuration } from '../runtime/duration.ts'
import type { HeardEvent, MeshEventName } from '../runtime/events.ts'
import { hearLateRejection } from '../runtime/late-rejection.ts'
import { systemClock } from '../runtime/system-clock.ts'
import { eventLevels, otherEventLevel } from './event-levels.ts'
import { isLogger, type Logger, type LogLevel, logLevels } from './logger.ts'
import { RepeatLimit } from './repeat-limit.ts'

/** How {@link logTo} writes events. Every option has a default, see {@link logDefaults}. */
export interface LogOptions {
  /** Levels of events in place of those of {@link eventLevels}; `'off'` for not at all. @defaultValue {@link eventLevels} */
  readonly levels?: { readonly [Name in MeshEventName]?: LogLevel | 'off' | undefined } | undefined
  /**
   * How often the same event of the same service and endpoint is written in a length of time; at the end of it, one line says how many were left
   * out. `false` for no limit.
   *
   * @defaultValue {@link logDefaults}.repeats
   */
  readonly repeats?: { readonly most?: number | undefined; readonly within?: Duration | undefined } | false | undefined
  /** The source of time. @defaultValue the clock of the system */
  readonly clock?: Clock | undefined
}

/** The defaults of {@link LogOptions}. */
export const logDefaults = Object.freeze({ repeats: Object.freeze({ most: 10, within: '10s' }) } as const satisfies LogOptions)

/** What events come from: a mesh. */
export interface EventSource {
  /** Adds a listener to all events, and gives back what takes it away. */
  on(event: '*', listener: (heard: HeardEvent) => void): () => void
}

/**
 * Writes the events of a mesh to a logger, as fields and a short message. The field `event` is the name of the event, the others are what it
 * carries; an error is in `err`, where pino looks for it.
 *
 * @param net a mesh.
 * @param logger pino's, `console`, or whatever else takes fields and a message.
 * @param options see {@link LogOptions}.
 * @returns a function that ends it.
 * @throws ConfigError with every wrong option.
 * @example
 * ```ts
 * import { fixed, logTo, mesh } from 'proxyless'
 *
 * const net = mesh()
 *   .service('orders', (s) => s.resolve(fixed(['http://10.0.0.7:8080'])))
 *   .build()
 * const stop = logTo(net, console, { levels: { 'attempt-repeated': 'info', 'endpoints-changed': 'off' } })
 * stop()
 * await net.close()
 * ```
 */
export function logTo(net: EventSource, logger: Logger, options: LogOptions = {}): () => void {
  const { levels, most, withinMs, clock } = readOptions(logger, options)
  const lastOf = new Map<string, HeardEvent>()
  const write = (level: LogLevel, fields: object, message: string): void => {
    try {
      hearLateRejection(logger[level](fields, message))
    } catch {
      // A logger is a guest on the path of a call.
    }
  }
  const limit = new RepeatLimit(most, withinMs, clock, (key, leftOut) => {
    const heard = lastOf.get(key)
    lastOf.delete(key)
    if (heard === undefined) return
    const { service, endpoint } = heard.event as { service?: string; endpoint?: string }
    const fields = { event: heard.name, service, endpoint, leftOut, withinMs }
    write(levels(heard.name) as LogLevel, fields, `${titleOf(heard)}: ${leftOut} more within ${withinMs} ms`)
  })
  const leave = net.on('*', (heard) => {
    const level = levels(heard.name)
    if (level === 'off') return
    const title = titleOf(heard)
    if (!limit.admits(title)) {
      lastOf.set(title, heard)
      return
    }
    write(level, fieldsOf(heard), title)
  })
  return () => {
    leave()
    limit.stop()
  }
}

function titleOf({ name, event }: HeardEvent): string {
  const { service, endpoint } = event as { service?: unknown; endpoint?: unknown }
  return [name, service, endpoint].filter((part) => typeof part === 'string').join(' ')
}

function fieldsOf({ name, event }: HeardEvent): object {
  const { error, ...rest } = event as { error?: unknown }
  return error === undefined ? { event: name, ...rest } : { event: name, ...rest, err: error }
}

function readOptions(logger: unknown, options: LogOptions) {
  const problems: ConfigProblem[] = []
  if (!isLogger(logger))
    problems.push({ path: 'logTo.logger', expected: `an object with ${logLevels.join(', ')}`, received: printValue(logger) })
  for (const [name, level] of Object.entries(options.levels ?? {})) {
    if (level === undefined || level === 'off' || logLevels.includes(level)) continue
    problems.push({ path: `logTo.levels.${name}`, expected: `one of ${logLevels.join(', ')}, off`, received: printValue(level) })
  }
  const given = options.repeats === false ? { most: Number.POSITIVE_INFINITY } : options.repeats
  const { most = logDefaults.repeats.most, within = logDefaults.repeats.within } = given ?? {}
  if (!(most >= 0)) problems.push({ path: 'logTo.repeats.most', expected: 'a number of 0 or more', received: printValue(most) })
  const withinMs = readDuration(within)
  if (withinMs === undefined || withinMs === 0 || withinMs === Number.POSITIVE_INFINITY)
    problems.push({ path: 'logTo.repeats.within', expected: `${durationExpectation}, above 0`, received: printValue(within) })
  if (problems.length > 0) throw new ConfigError(problems)
  const own: Readonly<Record<string, LogLevel | 'off' | undefined>> = { ...eventLevels, ...options.levels }
  return {
    // By its own: an event that another version adds has a level, too.
    levels: (name: string): LogLevel | 'off' => (Object.hasOwn(own, name) ? own[name] : undefined) ?? otherEventLevel,
    most,
    withinMs: withinMs as number,
    clock: options.clock ?? systemClock,
  }
}
