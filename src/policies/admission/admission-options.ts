import type { Outcome } from '../../call/outcome.ts'
import { isOverload } from '../../call/overload.ts'
import { type Duration, durationMs } from '../../runtime/duration.ts'

/** When calls are refused here, because the service refuses too many of them there. Every option has a default, see {@link admissionDefaults}. */
export interface AdmissionOptions {
  /**
   * How many calls the service may be sent for each one that it accepts: at least 1. At 2 a service that is overloaded turns away about half of what
   * it gets, and at 1.1 a tenth. @defaultValue {@link admissionDefaults}.factor
   */
  readonly factor?: number | undefined
  /** How long calls are remembered. @defaultValue {@link admissionDefaults}.window */
  readonly window?: Duration | undefined
  /** Fewer calls than this within the window, and none is refused. @defaultValue {@link admissionDefaults}.minimumCalls */
  readonly minimumCalls?: number | undefined
  /** Most of the calls that are refused, as a share: the others show when the service is better. @defaultValue {@link admissionDefaults}.maxShare */
  readonly maxShare?: number | undefined
  /** How steeply refusals grow, at least 1: the share is taken to the power of 1 / this. @defaultValue {@link admissionDefaults}.aggression */
  readonly aggression?: number | undefined
  /** Tells a call that the service did not accept. @defaultValue {@link admissionDefaults}.overloaded: 429, 503, refused, or not answered in time */
  readonly overloaded?: ((outcome: Outcome) => boolean) | undefined
  /** Share of the refusals that are carried out, from 0 (only counted) to 1. @defaultValue {@link admissionDefaults}.enforce */
  readonly enforce?: number | undefined
}

/** The defaults of {@link AdmissionOptions}. A service that says nothing has no admission control. */
export const admissionDefaults: Readonly<{
  factor: number
  window: Duration
  minimumCalls: number
  maxShare: number
  aggression: number
  overloaded: (outcome: Outcome) => boolean
  enforce: number
}> = Object.freeze({
  /** As in the book "Site Reliability Engineering", chapter 21, and so is the window. */
  factor: 2,
  window: '2m',
  /** The formula refuses half of the calls after a single failure. */
  minimumCalls: 20,
  /** One call in twenty goes through whatever happens. */
  maxShare: 0.95,
  aggression: 1,
  overloaded: isOverload,
  /** A control that one asks for is meant. */
  enforce: 1,
})

/** {@link AdmissionOptions} with every default filled in and every duration in milliseconds. */
export interface AdmissionSettings {
  /** See {@link AdmissionOptions.factor}. */
  readonly factor: number
  /** See {@link AdmissionOptions.window}. */
  readonly windowMs: number
  /** See {@link AdmissionOptions.minimumCalls}. */
  readonly minimumCalls: number
  /** See {@link AdmissionOptions.maxShare}. */
  readonly maxShare: number
  /** See {@link AdmissionOptions.aggression}. */
  readonly aggression: number
  /** See {@link AdmissionOptions.overloaded}. */
  readonly overloaded: (outcome: Outcome) => boolean
  /** See {@link AdmissionOptions.enforce}. */
  readonly enforce: number
}

/** Fills in defaults and converts durations. */
export function admissionSettings(options: AdmissionOptions = {}): AdmissionSettings {
  return Object.freeze({
    factor: options.factor ?? admissionDefaults.factor,
    windowMs: durationMs(options.window ?? admissionDefaults.window, 'admission.window'),
    minimumCalls: options.minimumCalls ?? admissionDefaults.minimumCalls,
    maxShare: options.maxShare ?? admissionDefaults.maxShare,
    aggression: options.aggression ?? admissionDefaults.aggression,
    overloaded: options.overloaded ?? admissionDefaults.overloaded,
    enforce: options.enforce ?? admissionDefaults.enforce,
  })
}
