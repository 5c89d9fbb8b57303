import { type Duration, durationMs } from '../../runtime/duration.ts'

/** A length of time, or one drawn evenly from a range. */
export type FaultTime = Duration | { readonly min: Duration; readonly max: Duration }

/** Lets attempts wait. */
export interface DelayFault {
  /** How many attempts, from 0 to 1. */
  readonly share: number
  /** How long; at most {@link FaultOptions.maxDelay}. */
  readonly time: FaultTime
  /**
   * `'request'`: before anything is sent, so that what an attempt is cut off from in the meantime never reaches the server. `'reply'`: the server
   * answers as ever, and its answer is held back. @defaultValue {@link faultDefaults}.where
   */
  readonly where?: 'request' | 'reply' | undefined
}

/**
 * How an attempt fails that never gets to its server: `'reset'` as `CONNECTION_LOST` after it was sent, `'refused'` as `CONNECT_FAILED`, and
 * `'timeout'` not at all, until its timeout, the deadline or the caller ends it, or {@link FaultOptions.maxDelay} is over.
 */
export type AbortError = 'reset' | 'refused' | 'timeout'

/** Ends attempts without asking the server: with a status, or with an error. */
export type AbortFault =
  | { readonly share: number; readonly status: number; readonly error?: undefined }
  | { readonly share: number; readonly error: AbortError; readonly status?: undefined }

/** Cuts the bodies of replies off. */
export interface CutBodyFault {
  /** How many attempts, from 0 to 1. */
  readonly share: number
  /** How much still comes, in bytes as they go over the wire. A reply that is shorter is not cut. */
  readonly afterBytes: number
}

/** Slows the bodies of replies down. */
export interface ThrottleFault {
  /** How many attempts, from 0 to 1. */
  readonly share: number
  /** How fast the body comes; it is let through in sixteenths of a second. */
  readonly bytesPerSecond: number
}

/** Which attempts may get a fault: all that fit everything that is said. */
export interface FaultMatch {
  /** How their path begins. */
  readonly path?: string | undefined
  /** Their methods. */
  readonly methods?: readonly string[] | undefined
  /** Headers that they carry: with this value, or `true` for any. */
  readonly headers?: Readonly<Record<string, string | true>> | undefined
  /** Addresses of the endpoints that they go to, as the snapshot has them. */
  readonly endpoints?: readonly string[] | undefined
  /** Zones of the endpoints that they go to. */
  readonly zones?: readonly string[] | undefined
}

/**
 * Which faults are put into the attempts of a service, to rehearse an outage. They look real to everything that surrounds an attempt (retries,
 * circuits, ejection, meters), and are marked for everybody who watches. Each kind has dice of its own, so that an attempt may get several.
 */
export interface FaultOptions {
  /** Lets attempts wait. @defaultValue none */
  readonly delay?: DelayFault | undefined
  /** Ends attempts without asking the server. @defaultValue none */
  readonly abort?: AbortFault | undefined
  /** Cuts the bodies of replies off. @defaultValue none */
  readonly cutBody?: CutBodyFault | undefined
  /** Slows the bodies of replies down. @defaultValue none */
  readonly throttle?: ThrottleFault | undefined
  /** Which attempts may get a fault. @defaultValue all */
  readonly match?: FaultMatch | undefined
  /**
   * Whether a call may ask for faults itself, by the header `x-proxyless-fault`, such as `delay=200ms; abort=503`. Such a call gets what it
   * asks for, in place of the dice, and the header is not sent on. @defaultValue {@link faultDefaults}.header
   */
  readonly header?: boolean | undefined
  /** Whether faults are on from the beginning; `net.service(name).fault` turns them on and off. @defaultValue {@link faultDefaults}.enabled */
  readonly enabled?: boolean | undefined
  /** The longest that a fault holds an attempt up. @defaultValue {@link faultDefaults}.maxDelay */
  readonly maxDelay?: Duration | undefined
  /** Most attempts under a fault at once; others are left alone. @defaultValue {@link faultDefaults}.maxActive */
  readonly maxActive?: number | undefined
  /**
   * Most of the attempts in flight that are under a fault at once, as a share; one always may be.
   * @defaultValue {@link faultDefaults}.maxActiveShare
   */
  readonly maxActiveShare?: number | undefined
  /** Whether faults are injected in production, see {@link MeshOptions.production}. @defaultValue {@link faultDefaults}.allowInProduction */
  readonly allowInProduction?: boolean | undefined
}

/** The defaults of {@link FaultOptions}. A service that says nothing has no faults. */
export const faultDefaults = Object.freeze({
  where: 'request',
  /** A header comes from outside, and whoever writes it decides about the call. */
  header: false,
  enabled: true,
  maxDelay: '30s',
  maxActive: 100,
  maxActiveShare: 1,
  allowInProduction: false,
} as const satisfies Partial<FaultOptions & DelayFault>)

/** The header by which a call asks for faults, and by which a reply says that it is one. */
export const faultHeader = 'x-proxyless-fault'

/** A fault by dice, in milliseconds. */
export interface DelaySettings {
  readonly share: number
  readonly minMs: number
  readonly maxMs: number
  readonly where: 'request' | 'reply'
}

/** {@link FaultOptions} with every default filled in and every duration in milliseconds. */
export interface FaultSettings {
  /** See {@link FaultOptions.delay}. */
  readonly delay: DelaySettings | undefined
  /** See {@link FaultOptions.abort}. */
  readonly abort: AbortFault | undefined
  /** See {@link FaultOptions.cutBody}. */
  readonly cutBody: CutBodyFault | undefined
  /** See {@link FaultOptions.throttle}. */
  readonly throttle: ThrottleFault | undefined
  /** See {@link FaultOptions.match}. */
  readonly match: FaultMatch
  /** See {@link FaultOptions.header}. */
  readonly header: boolean
  /** See {@link FaultOptions.enabled}. */
  readonly enabled: boolean
  /** See {@link FaultOptions.maxDelay}. */
  readonly maxDelayMs: number
  /** See {@link FaultOptions.maxActive}. */
  readonly maxActive: number
  /** See {@link FaultOptions.maxActiveShare}. */
  readonly maxActiveShare: number
  /** See {@link FaultOptions.allowInProduction}. */
  readonly allowInProduction: boolean
}

/** Fills in defaults and converts durations. */
export function faultSettings(options: FaultOptions): FaultSettings {
  const { delay, abort, cutBody, throttle, match = {} } = options
  const maxDelayMs = durationMs(options.maxDelay ?? faultDefaults.maxDelay, 'fault.maxDelay')
  return Object.freeze({
    delay: delay && delaySettings(delay, maxDelayMs),
    abort,
    cutBody,
    throttle,
    match,
    header: options.header ?? faultDefaults.header,
    enabled: options.enabled ?? faultDefaults.enabled,
    maxDelayMs,
    maxActive: options.maxActive ?? faultDefaults.maxActive,
    maxActiveShare: options.maxActiveShare ?? faultDefaults.maxActiveShare,
    allowInProduction: options.allowInProduction ?? faultDefaults.allowInProduction,
  })
}

function delaySettings({ share, time, where = faultDefaults.where }: DelayFault, limitMs: number): DelaySettings {
  const [min, max] = typeof time === 'object' ? [time.min, time.max] : [time, time]
  const limited = (given: Duration) => Math.min(limitMs, durationMs(given, 'fault.delay.time'))
  return { share, minMs: limited(min), maxMs: limited(max), where }
}
