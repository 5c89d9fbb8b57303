import { type Duration, durationMs } from '../runtime/duration.ts'
import { type Given, withDefaults } from '../runtime/with-defaults.ts'
import { type DispatcherFactory, type HttpOptions, httpDefaults, type TlsOptions } from './http-options.ts'

/** {@link HttpOptions} with every default filled in and every duration in milliseconds. */
export interface HttpSettings {
  readonly protocol: 'h1' | 'h2' | 'auto'
  readonly connections: number
  readonly streams: number
  readonly pending: number
  readonly pendingTimeoutMs: number
  readonly connectTimeoutMs: number
  readonly keepAliveMs: number
  readonly maxConnectionAgeMs: number
  readonly bodyTimeoutMs: number
  readonly maxReplyBytes: number
  readonly dispatcher: DispatcherFactory | undefined
  readonly tls: TlsOptions
}

/** Fills in defaults and converts durations. */
export function httpSettings(http: HttpOptions | undefined, tls: TlsOptions | undefined): HttpSettings {
  const given = withDefaults<Required<HttpOptions>>(httpDefaults, http as Given<Required<HttpOptions>> | undefined)
  const ms = (field: keyof HttpOptions) => durationMs(given[field] as Duration, `http.${field}`)
  return Object.freeze({
    protocol: given.protocol ?? httpDefaults.protocol,
    connections: given.connections ?? httpDefaults.connections,
    streams: given.streams ?? httpDefaults.streams,
    pending: given.pending ?? httpDefaults.pending,
    pendingTimeoutMs: ms('pendingTimeout'),
    connectTimeoutMs: ms('connectTimeout'),
    keepAliveMs: ms('keepAlive'),
    maxConnectionAgeMs: ms('maxConnectionAge'),
    bodyTimeoutMs: ms('bodyTimeout'),
    maxReplyBytes: given.maxReplyBytes ?? httpDefaults.maxReplyBytes,
    dispatcher: given.dispatcher,
    tls: tls ?? {},
  })
}
