import { type Duration, durationMs } from '../runtime/duration.ts'

/** Which calls leave a record in `net.recent()`. Every option has a default, see {@link recordsDefaults}. */
export interface RecordsOptions {
  /** How many failed calls are kept, of all services together; each service has a fair part. @defaultValue {@link recordsDefaults}.keep */
  readonly keep?: number | undefined
  /** How many of the slowest calls are kept of each service; 0 for none. @defaultValue {@link recordsDefaults}.slowest */
  readonly slowest?: number | undefined
  /** Slowest within how much time; those of the stretch before are kept, too. @defaultValue {@link recordsDefaults}.window */
  readonly window?: Duration | undefined
  /** Share of the failed calls of which a record is made, from 0 to 1. @defaultValue {@link recordsDefaults}.sample */
  readonly sample?: number | undefined
  /**
   * Most records that are made of one service's calls in a second: a service that is down must not cost more than one that is not.
   *
   * @defaultValue {@link recordsDefaults}.perSecond
   */
  readonly perSecond?: number | undefined
}

/** The defaults of {@link RecordsOptions}. */
export const recordsDefaults = Object.freeze({ keep: 100, slowest: 5, window: '1m', sample: 1, perSecond: 20 } as const)

/** {@link RecordsOptions} with every default filled in. */
export interface RecordsSettings {
  /** See {@link RecordsOptions.keep}. */
  readonly keep: number
  /** See {@link RecordsOptions.slowest}. */
  readonly slowest: number
  /** In milliseconds. */
  readonly windowMs: number
  /** See {@link RecordsOptions.sample}. */
  readonly sample: number
  /** See {@link RecordsOptions.perSecond}. */
  readonly perSecond: number
}

/** Fills in defaults. */
export function recordsSettings(options: RecordsOptions = {}): RecordsSettings {
  const { keep, slowest, window, sample, perSecond } = recordsDefaults
  return Object.freeze({
    keep: options.keep ?? keep,
    slowest: options.slowest ?? slowest,
    windowMs: durationMs(options.window ?? window, 'records.window'),
    sample: options.sample ?? sample,
    perSecond: options.perSecond ?? perSecond,
  })
}
