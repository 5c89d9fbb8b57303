import { type AccessLogOptions, type AccessLogSettings, accessLogSettings } from './access-log-options.ts'
import type { TraceFormat } from './trace-format.ts'

/** How calls are traced. Every option has a default, see {@link telemetryDefaults}. */
export interface TelemetryOptions {
  /**
   * The headers that carry a trace to the server. `'auto'` leaves that to the propagator that the program has set up with OpenTelemetry, and is
   * `['w3c']` when there is none; without an SDK it passes on what `inbound()` captured, as it came.
   *
   * @defaultValue {@link telemetryDefaults}.propagate
   */
  readonly propagate?: 'auto' | readonly TraceFormat[] | undefined
  /**
   * When a call has a span of its own, around those of its attempts: `'when-needed'` when there is more to tell than one attempt (another
   * attempt, a wait of ten milliseconds or more, a call that was refused), or when the call is in nobody's service and so begins a trace.
   *
   * @defaultValue {@link telemetryDefaults}.callSpan
   */
  readonly callSpan?: 'when-needed' | 'always' | 'never' | undefined
  /** Names of query parameters whose values no span shows, beside {@link telemetryDefaults}.redact; in any case. */
  readonly redact?: readonly string[] | undefined
  /** Writes a line for each call. @defaultValue none are written */
  readonly accessLog?: AccessLogOptions | undefined
}

/** The defaults of {@link TelemetryOptions}. */
export const telemetryDefaults = Object.freeze({
  propagate: 'auto',
  callSpan: 'when-needed',
  /** Signatures and keys of cloud storage, as the semantic conventions list them, and the usual names of secrets. */
  redact: Object.freeze([
    'awsaccesskeyid',
    'signature',
    'sig',
    'x-goog-signature',
    'x-goog-credential',
    'x-amz-signature',
    'x-amz-credential',
    'x-amz-security-token',
    'token',
    'access_token',
    'refresh_token',
    'id_token',
    'api_key',
    'apikey',
    'api-key',
    'key',
    'auth',
    'code',
    'jwt',
    'password',
    'passwd',
    'pwd',
    'secret',
    'client_secret',
    'session',
  ]),
} as const)

/** {@link TelemetryOptions} with every default filled in. */
export interface TelemetrySettings {
  /** See {@link TelemetryOptions.propagate}. */
  readonly propagate: 'auto' | readonly TraceFormat[]
  /** See {@link TelemetryOptions.callSpan}. */
  readonly callSpan: 'when-needed' | 'always' | 'never'
  /** In lower case. */
  readonly redact: ReadonlySet<string>
  /** `undefined` when no line is written. */
  readonly accessLog: AccessLogSettings | undefined
}

/** Fills in defaults. */
export function telemetrySettings(options: TelemetryOptions = {}): TelemetrySettings {
  return Object.freeze({
    propagate: options.propagate ?? telemetryDefaults.propagate,
    callSpan: options.callSpan ?? telemetryDefaults.callSpan,
    redact: new Set([...telemetryDefaults.redact, ...(options.redact ?? []).map((name) => name.toLowerCase())]),
    accessLog: options.accessLog === undefined ? undefined : accessLogSettings(options.accessLog),
  })
}
