import { isIP } from 'node:net'
import { ConfigError, type ConfigProblem } from '../errors/config-error.ts'
import { printValue } from '../errors/print-value.ts'
import type { Clock } from '../runtime/clock.ts'
import { type Duration, durationExpectation, readDuration } from '../runtime/duration.ts'
import { systemClock } from '../runtime/system-clock.ts'

/** Gives metrics in Prometheus' text format. */
export type MetricsText = () => string | Promise<string>

/** What the admin page of a mesh may be told, wherever it is mounted. */
export interface AdminHandlerOptions {
  /**
   * What `Authorization: Bearer` must carry: at least 16 letters, digits or signs, no spaces. Without one, only this machine is answered, under a
   * loopback name. Health and readiness are answered without it.
   *
   * @defaultValue none
   */
  readonly token?: string | undefined
  /** Whether the mesh may be acted upon: drain, eject, readmit, force a circuit, switch faults, abort and resume a split. @defaultValue {@link adminDefaults}.actions */
  readonly actions?: boolean | undefined
  /** Where it is mounted, such as `'/admin'`. @defaultValue {@link adminDefaults}.path */
  readonly path?: string | undefined
  /** How often those who look are told something new; from 100 ms on. @defaultValue {@link adminDefaults}.interval */
  readonly interval?: Duration | undefined
  /** How many may look at the same time. @defaultValue {@link adminDefaults}.viewers */
  readonly viewers?: number | undefined
  /** The services without which `/readyz` says no. @defaultValue all of them */
  readonly ready?: readonly string[] | undefined
  /**
   * What `/metrics` answers.
   *
   * @defaultValue `prometheusText` of this mesh, from `proxyless/metrics`; 501 where its peer `@opentelemetry/exporter-prometheus` is not installed
   */
  readonly metrics?: MetricsText | undefined
  /** The source of time. @defaultValue the clock of this machine */
  readonly clock?: Clock | undefined
}

/** Where an admin server listens, and what it may be told. */
export interface AdminOptions extends AdminHandlerOptions {
  /** A port; 0 lets the system choose. @defaultValue {@link adminDefaults}.port */
  readonly port?: number | undefined
  /** The address to listen on. One that is not loopback needs a token. @defaultValue {@link adminDefaults}.host */
  readonly host?: string | undefined
}

/** The defaults of {@link AdminOptions}. */
export const adminDefaults = Object.freeze({
  port: 9901,
  host: '127.0.0.1',
  actions: true,
  path: '/',
  interval: '1s',
  viewers: 200,
} as const satisfies AdminOptions)

/** The options in their final form. */
export interface AdminSettings {
  readonly port: number
  readonly host: string
  readonly token: string | undefined
  readonly actions: boolean
  /** Without a slash at its end: `''` for the root. */
  readonly base: string
  readonly intervalMs: number
  readonly viewers: number
  readonly ready: readonly string[] | undefined
  readonly metrics: MetricsText | undefined
  readonly clock: Clock
}

const names = ['port', 'host', 'token', 'actions', 'path', 'interval', 'viewers', 'ready', 'metrics', 'clock']

/**
 * Reads the options.
 *
 * @param options as untyped code may give them.
 * @param listens whether a server of its own is started with them.
 * @throws ConfigError with every problem.
 */
export function adminSettings(options: AdminOptions | undefined, listens: boolean): AdminSettings {
  const problems: ConfigProblem[] = []
  const given: AdminOptions = typeof options === 'object' && options !== null ? options : {}
  const check = (name: string, isRight: boolean, expected: string, value: unknown, secret = false): void => {
    if (!isRight) problems.push({ path: `admin.${name}`, expected, received: secret ? 'something else' : printValue(value) })
  }
  if (options !== undefined && given !== options)
    problems.push({ path: 'admin', expected: 'an object of options', received: printValue(options) })
  for (const name of Object.keys(given)) check(name, names.includes(name), `one of the options ${names.join(', ')}`, name)
  const { port = adminDefaults.port, host = adminDefaults.host, token, actions = adminDefaults.actions, path = adminDefaults.path } = given
  const { interval = adminDefaults.interval, viewers = adminDefaults.viewers, ready, metrics, clock = systemClock } = given
  const intervalMs = readDuration(interval)
  check('port', Number.isInteger(port) && port >= 0 && port <= 65_535, 'an integer in [0, 65535]', port)
  check('host', typeof host === 'string' && host !== '', 'an address to listen on', host)
  const tokenExpected = 'at least 16 characters without spaces'
  check('token', token === undefined || (typeof token === 'string' && /^[\x21-\x7e]{16,}$/.test(token)), tokenExpected, token, true)
  if (listens && token === undefined && typeof host === 'string' && !isLoopback(host)) {
    check('token', false, `a token, because ${printValue(host)} can be reached from other machines`, undefined)
  }
  check('actions', typeof actions === 'boolean', 'true or false', actions)
  check('path', typeof path === 'string' && /^\/[\w./~-]*$/.test(path), "a path such as '/admin'", path)
  check(
    'interval',
    intervalMs !== undefined && intervalMs >= 100 && Number.isFinite(intervalMs),
    `${durationExpectation}, from 100 ms on`,
    interval,
  )
  check('viewers', Number.isInteger(viewers) && viewers >= 1 && viewers <= 10_000, 'an integer in [1, 10000]', viewers)
  check(
    'ready',
    ready === undefined || (Array.isArray(ready) && ready.every((name) => typeof name === 'string')),
    'names of services',
    ready,
  )
  check('metrics', metrics === undefined || typeof metrics === 'function', 'a function', metrics)
  if (problems.length > 0) throw new ConfigError(problems)
  const base = path.replace(/\/+$/, '')
  return { port, host, token, actions, base, intervalMs: intervalMs as number, viewers, ready, metrics, clock }
}

/** Whether a host name or an address means this machine and nobody else can mean it. */
export function isLoopback(host: string): boolean {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host
  const address = bare.toLowerCase().replace(/^::ffff:/, '')
  if (isIP(address) === 4) return address.startsWith('127.')
  return address === '::1' || address === 'localhost' || address.endsWith('.localhost')
}
