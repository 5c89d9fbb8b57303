import { type Duration, durationMs } from '../runtime/duration.ts'

/** One status, or the first and the last of a range. */
export type StatusRange = number | readonly [from: number, to: number]

/**
 * How endpoints are asked whether they are well, besides the calls that they get. Every option has a default, see {@link healthCheckDefaults}. An
 * endpoint is taken to be well until its first check is over.
 */
export interface HealthCheckOptions {
  /**
   * `'http'` sends a request and looks at the reply; `'tcp'` makes a connection, TLS included; `'grpc'` asks `grpc.health.v1.Health` over HTTP/2.
   *
   * @defaultValue {@link healthCheckDefaults}.protocol
   */
  readonly protocol?: 'http' | 'tcp' | 'grpc' | undefined
  /** HTTP: path and query, beginning with `/`. @defaultValue {@link healthCheckDefaults}.path */
  readonly path?: string | undefined
  /** HTTP: the method; `HEAD` cannot be combined with {@link HealthCheckOptions.bodyIncludes}. @defaultValue {@link healthCheckDefaults}.method */
  readonly method?: string | undefined
  /** HTTP and gRPC: the `Host` of the request. @defaultValue `http.authority`, else the name of the service */
  readonly authority?: string | undefined
  /** HTTP and gRPC: headers to send. @defaultValue none */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** HTTP: statuses that say that all is well, at least one. @defaultValue {@link healthCheckDefaults}.expect */
  readonly expect?: readonly StatusRange[] | undefined
  /** HTTP: statuses that count towards {@link HealthCheckOptions.unhealthyThreshold}. Any other says at once that the endpoint is not well. @defaultValue none */
  readonly retriable?: readonly StatusRange[] | undefined
  /** HTTP: text that must stand in the first 1,024 bytes of the reply. @defaultValue none */
  readonly bodyIncludes?: string | undefined
  /** gRPC: the service to ask about. @defaultValue {@link healthCheckDefaults}.grpcService: the server as a whole */
  readonly grpcService?: string | undefined
  /** How long a check may take. @defaultValue {@link healthCheckDefaults}.timeout */
  readonly timeout?: Duration | undefined
  /** The time from the end of a check to the next. @defaultValue {@link healthCheckDefaults}.interval */
  readonly interval?: Duration | undefined
  /** So many checks in a row that fail, and an endpoint is not well. The first check of all counts at once. @defaultValue {@link healthCheckDefaults}.unhealthyThreshold */
  readonly unhealthyThreshold?: number | undefined
  /** So many checks in a row that succeed, and it is well again. @defaultValue {@link healthCheckDefaults}.healthyThreshold */
  readonly healthyThreshold?: number | undefined
  /** The interval while an endpoint is not well. @defaultValue {@link HealthCheckOptions.interval} */
  readonly unhealthyInterval?: Duration | undefined
  /** The time to the first check after an endpoint was found not well. @defaultValue {@link HealthCheckOptions.unhealthyInterval} */
  readonly unhealthyEdgeInterval?: Duration | undefined
  /** The time to the first check after an endpoint was found well again. @defaultValue {@link HealthCheckOptions.interval} */
  readonly healthyEdgeInterval?: Duration | undefined
  /** The interval as long as the service has not been called. @defaultValue {@link healthCheckDefaults}.noTrafficInterval */
  readonly noTrafficInterval?: Duration | undefined
  /** The first check begins after a random part of this. @defaultValue {@link healthCheckDefaults}.initialJitter */
  readonly initialJitter?: Duration | undefined
  /** A random part of this is added to each interval. @defaultValue {@link healthCheckDefaults}.jitter */
  readonly jitter?: Duration | undefined
  /** A random part of this share of the interval is added to it: from 0 to 1. @defaultValue {@link healthCheckDefaults}.jitterShare */
  readonly jitterShare?: number | undefined
  /** Most checks under way at once, for the service as a whole. @defaultValue {@link healthCheckDefaults}.concurrency */
  readonly concurrency?: number | undefined
}

/** The defaults of {@link HealthCheckOptions}. */
export const healthCheckDefaults = Object.freeze({
  protocol: 'http',
  path: '/',
  method: 'GET',
  authority: undefined,
  headers: Object.freeze({}),
  expect: Object.freeze([200]),
  retriable: Object.freeze([]),
  bodyIncludes: undefined,
  grpcService: '',
  timeout: '1s',
  interval: '5s',
  unhealthyThreshold: 3,
  healthyThreshold: 2,
  unhealthyInterval: undefined,
  unhealthyEdgeInterval: undefined,
  healthyEdgeInterval: undefined,
  noTrafficInterval: '60s',
  initialJitter: '1s',
  jitter: '0ms',
  jitterShare: 0.1,
  concurrency: 100,
} as const satisfies HealthCheckOptions)

/** When checks take place, with every default filled in and every duration in milliseconds. */
export interface CheckSchedule {
  readonly timeoutMs: number
  readonly intervalMs: number
  readonly unhealthyIntervalMs: number
  readonly unhealthyEdgeMs: number
  readonly healthyEdgeMs: number
  readonly noTrafficMs: number
  readonly initialJitterMs: number
  readonly jitterMs: number
  readonly jitterShare: number
  readonly unhealthyThreshold: number
  readonly healthyThreshold: number
  readonly concurrency: number
}

/** Fills in defaults and converts durations. */
export function checkSchedule(options: HealthCheckOptions): CheckSchedule {
  const ms = (name: keyof HealthCheckOptions, otherwise: Duration) =>
    durationMs((options[name] ?? otherwise) as Duration, `healthCheck.${name}`)
  const intervalMs = ms('interval', healthCheckDefaults.interval)
  const unhealthyIntervalMs = ms('unhealthyInterval', intervalMs)
  return Object.freeze({
    timeoutMs: ms('timeout', healthCheckDefaults.timeout),
    intervalMs,
    unhealthyIntervalMs,
    unhealthyEdgeMs: ms('unhealthyEdgeInterval', unhealthyIntervalMs),
    healthyEdgeMs: ms('healthyEdgeInterval', intervalMs),
    noTrafficMs: ms('noTrafficInterval', healthCheckDefaults.noTrafficInterval),
    initialJitterMs: ms('initialJitter', healthCheckDefaults.initialJitter),
    jitterMs: ms('jitter', healthCheckDefaults.jitter),
    jitterShare: options.jitterShare ?? healthCheckDefaults.jitterShare,
    unhealthyThreshold: options.unhealthyThreshold ?? healthCheckDefaults.unhealthyThreshold,
    healthyThreshold: options.healthyThreshold ?? healthCheckDefaults.healthyThreshold,
    concurrency: options.concurrency ?? healthCheckDefaults.concurrency,
  })
}
