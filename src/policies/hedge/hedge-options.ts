import { type Duration, durationMs } from '../../runtime/duration.ts'

/** When another attempt is made beside one that takes long. Every option has a default, see {@link hedgeDefaults}. */
export interface HedgeOptions {
  /**
   * How long an attempt may take before another one is made beside it.
   *
   * @defaultValue {@link hedgeDefaults}.after: as long as {@link HedgeOptions.percentile} of the attempts took lately
   */
  readonly after?: Duration | undefined
  /** The share of attempts that are faster than the delay, if {@link HedgeOptions.after} is not given: above 0, below 1. @defaultValue {@link hedgeDefaults}.percentile */
  readonly percentile?: number | undefined
  /** How long an attempt counts for the percentile: at least a second. @defaultValue {@link hedgeDefaults}.window */
  readonly window?: Duration | undefined
  /** How many attempts must have been seen within the window before anything is hedged by percentile: at least 1. @defaultValue {@link hedgeDefaults}.samples */
  readonly samples?: number | undefined
  /** The least delay, whatever the percentile says. @defaultValue {@link hedgeDefaults}.minDelay */
  readonly minDelay?: Duration | undefined
  /** Most attempts side by side, the first included: a whole number from 2 to 5. @defaultValue {@link hedgeDefaults}.attempts */
  readonly attempts?: number | undefined
  /** Share of the hedges that are made; the others are counted only. From 0 to 1. @defaultValue {@link hedgeDefaults}.enforce */
  readonly enforce?: number | undefined
}

/**
 * The defaults of {@link HedgeOptions}: after the 95th percentile a hedge costs a twentieth more load (Dean and Barroso, "The Tail at Scale").
 * The least delay is Finagle's.
 */
export const hedgeDefaults = Object.freeze({
  after: undefined,
  percentile: 0.95,
  window: '30s',
  samples: 50,
  minDelay: '1ms',
  attempts: 2,
  enforce: 1,
} as const satisfies HedgeOptions)

/** {@link HedgeOptions} with every default filled in and every duration in milliseconds. */
export interface HedgeSettings {
  /** See {@link HedgeOptions.after}; `undefined` for the percentile. */
  readonly afterMs: number | undefined
  /** See {@link HedgeOptions.percentile}. */
  readonly percentile: number
  /** See {@link HedgeOptions.window}. */
  readonly windowMs: number
  /** See {@link HedgeOptions.samples}. */
  readonly samples: number
  /** See {@link HedgeOptions.minDelay}. */
  readonly minDelayMs: number
  /** See {@link HedgeOptions.attempts}. */
  readonly attempts: number
  /** See {@link HedgeOptions.enforce}. */
  readonly enforce: number
}

/**
 * Fills in defaults and converts durations.
 *
 * @param options what was given; nothing means the defaults.
 */
export function hedgeSettings(options: HedgeOptions = {}): HedgeSettings {
  const { after, percentile, window, samples, minDelay, attempts, enforce } = options
  return Object.freeze({
    afterMs: after === undefined ? undefined : durationMs(after, 'hedge.after'),
    percentile: percentile ?? hedgeDefaults.percentile,
    windowMs: durationMs(window ?? hedgeDefaults.window, 'hedge.window'),
    samples: samples ?? hedgeDefaults.samples,
    minDelayMs: durationMs(minDelay ?? hedgeDefaults.minDelay, 'hedge.minDelay'),
    attempts: attempts ?? hedgeDefaults.attempts,
    enforce: enforce ?? hedgeDefaults.enforce,
  })
}
