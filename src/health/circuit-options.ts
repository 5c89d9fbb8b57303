import { type Duration, durationMs } from '../runtime/duration.ts'

/** When a circuit opens, and for how long. Every option has a default, see {@link circuitBreakerDefaults}. */
export interface CircuitOptions {
  /** Opens when at least this share of what ended within the window failed: greater than 0, at most 1. @defaultValue {@link circuitBreakerDefaults}.failureShare */
  readonly failureShare?: number | undefined
  /** Shares are looked at only when so much ended within the window: a whole number of at least 1. @defaultValue {@link circuitBreakerDefaults}.minimumCalls */
  readonly minimumCalls?: number | undefined
  /** How far back shares look. @defaultValue {@link circuitBreakerDefaults}.window */
  readonly window?: Duration | undefined
  /** Opens after so many failures in a row, whatever the shares are; `false` for never. @defaultValue {@link circuitBreakerDefaults}.consecutiveFailures */
  readonly consecutiveFailures?: number | false | undefined
  /** What takes longer than this until the head of the reply is slow; `false` if nothing is. @defaultValue {@link circuitBreakerDefaults}.slowCall */
  readonly slowCall?: Duration | false | undefined
  /** Opens when at least this share of what ended within the window was slow: greater than 0, at most 1. @defaultValue {@link circuitBreakerDefaults}.slowShare */
  readonly slowShare?: number | undefined
  /** How long it stays open the first time. Each opening that follows at once doubles it. @defaultValue {@link circuitBreakerDefaults}.openFor */
  readonly openFor?: Duration | undefined
  /** What the doubling never exceeds. @defaultValue {@link circuitBreakerDefaults}.maxOpenFor */
  readonly maxOpenFor?: Duration | undefined
  /** So much of the open time is added by chance, so that many clients do not come back in step: 0 to 1. @defaultValue {@link circuitBreakerDefaults}.jitter */
  readonly jitter?: number | undefined
  /** A probe that has no reply by then has failed. @defaultValue {@link circuitBreakerDefaults}.probeTimeout */
  readonly probeTimeout?: Duration | undefined
  /**
   * Share of openings that really keep calls away: 0 to 1. The others only count what they would have done, so 0 observes.
   *
   * @defaultValue {@link circuitBreakerDefaults}.enforce
   */
  readonly enforce?: number | undefined
}

/** The circuits of a service: one for each endpoint, and one for the service as a whole if that is asked for. */
export interface CircuitBreakerOptions extends CircuitOptions {
  /** Whether each endpoint has a circuit, with the options beside this one. @defaultValue {@link circuitBreakerDefaults}.endpoints */
  readonly endpoints?: boolean | undefined
  /**
   * The circuit of the service: when it is open, calls fail at once with `CIRCUIT_OPEN`. What it does not say itself, it has from
   * {@link serviceCircuitDefaults}.
   *
   * @defaultValue {@link circuitBreakerDefaults}.service
   */
  readonly service?: CircuitOptions | false | undefined
}

/**
 * The defaults of {@link CircuitBreakerOptions}.
 *
 * Five failures in a row are Envoy's and Finagle's number, half of the calls within ten seconds is opossum's; 20 calls keep a single failure on
 * a quiet endpoint from counting as half. The open time begins with Finagle's 5 s, and ends at Linkerd's 60 s.
 */
export const circuitBreakerDefaults = Object.freeze({
  failureShare: 0.5,
  minimumCalls: 20,
  window: '10s',
  consecutiveFailures: 5,
  slowCall: false,
  slowShare: 1,
  openFor: '5s',
  maxOpenFor: '60s',
  jitter: 0.2,
  probeTimeout: '10s',
  enforce: 1,
  endpoints: true,
  service: false,
} as const satisfies CircuitBreakerOptions)

/**
 * What the circuit of a service has by default. Failures in a row do not count: with many endpoints, and calls of many kinds, five of them
 * come together by chance.
 */
export const serviceCircuitDefaults = Object.freeze({
  ...withoutScopes(circuitBreakerDefaults),
  consecutiveFailures: false,
  minimumCalls: 50,
} as const satisfies CircuitOptions)

/** A default for every option of a circuit. */
export type CircuitDefaults = { readonly [K in keyof CircuitOptions]-?: NonNullable<CircuitOptions[K]> }

/** {@link CircuitOptions} with every default filled in and every duration in milliseconds. */
export interface CircuitSettings {
  /** See {@link CircuitOptions.failureShare}. */
  readonly failureShare: number
  /** See {@link CircuitOptions.minimumCalls}. */
  readonly minimumCalls: number
  /** See {@link CircuitOptions.window}. */
  readonly windowMs: number
  /** See {@link CircuitOptions.consecutiveFailures}; `Infinity` for never. */
  readonly consecutiveFailures: number
  /** See {@link CircuitOptions.slowCall}; `Infinity` if nothing is slow. */
  readonly slowCallMs: number
  /** See {@link CircuitOptions.slowShare}. */
  readonly slowShare: number
  /** See {@link CircuitOptions.openFor}. */
  readonly openForMs: number
  /** See {@link CircuitOptions.maxOpenFor}. */
  readonly maxOpenForMs: number
  /** See {@link CircuitOptions.jitter}. */
  readonly jitter: number
  /** See {@link CircuitOptions.probeTimeout}. */
  readonly probeTimeoutMs: number
  /** See {@link CircuitOptions.enforce}. */
  readonly enforce: number
}

/**
 * Fills in defaults and converts durations.
 *
 * @param options what was given; nothing means the defaults.
 * @param defaults {@link circuitBreakerDefaults} or {@link serviceCircuitDefaults}.
 */
export function circuitSettings(options?: CircuitOptions, defaults: CircuitDefaults = circuitBreakerDefaults): CircuitSettings {
  const given = (name: keyof CircuitOptions) => options?.[name] ?? defaults[name]
  const ms = (name: keyof CircuitOptions) => durationMs(given(name) as Duration, `circuitBreaker.${name}`)
  const endless = (name: keyof CircuitOptions) => (given(name) === false ? Number.POSITIVE_INFINITY : ms(name))
  return Object.freeze({
    failureShare: given('failureShare') as number,
    minimumCalls: given('minimumCalls') as number,
    windowMs: ms('window'),
    consecutiveFailures: endless('consecutiveFailures'),
    slowCallMs: endless('slowCall'),
    slowShare: given('slowShare') as number,
    openForMs: ms('openFor'),
    maxOpenForMs: ms('maxOpenFor'),
    jitter: given('jitter') as number,
    probeTimeoutMs: ms('probeTimeout'),
    enforce: given('enforce') as number,
  })
}

function withoutScopes<T extends CircuitBreakerOptions>({ endpoints, service, ...rest }: T): Omit<T, 'endpoints' | 'service'> {
  return rest
}
