import type { HashOn } from '../balancing/hash-on.ts'
import { type Duration, durationMs } from '../runtime/duration.ts'
import { withDefaults } from '../runtime/with-defaults.ts'

/** How much each version gets: parts that add up to 100, or to 1. One that is left out gets nothing. */
export type VersionWeights<Version extends string = string> = { readonly [Each in Version]?: number | undefined }

/** One step of a ramp. */
export interface SplitStep {
  /** How long after the step before, or after the beginning. */
  readonly after: Duration
  /** How far it goes from `weights` to `to`: above 0, at most 1, and more than the step before. */
  readonly share: number
}

/** How the weights of a split change by themselves: in steps, or gradually. See {@link splitRampDefaults}. */
export interface SplitRampOptions<Version extends string = string> {
  /** The weights at the end. */
  readonly to: VersionWeights<Version>
  /** Gradually, in a hundred small steps that take this long together. @defaultValue none: give `over` or `steps` */
  readonly over?: Duration | undefined
  /**
   * The shape of a gradual ramp: after a part `t` of its time it is `t ** curve` of the way. 1 is even, 2 is slow at first, 0.5 is fast at first.
   * @defaultValue {@link splitRampDefaults}.curve
   */
  readonly curve?: number | undefined
  /** In steps. @defaultValue none: give `over` or `steps` */
  readonly steps?: readonly SplitStep[] | undefined
  /**
   * When it begins: a date such as `'2026-11-21T09:00:00Z'`, or milliseconds since the Unix epoch. With it, every process is at the same place, also
   * one that starts later. @defaultValue when the plan comes in force in this process
   */
  readonly startAt?: string | number | undefined
}

/** The defaults of {@link SplitRampOptions}. */
export const splitRampDefaults = Object.freeze({
  /** What one expects who says nothing. */
  curve: 1,
} as const)

/** When another version is taken to be slower than the stable one. See {@link splitLatencyDefaults}. */
export interface SplitLatencyOptions {
  /** Which of its latencies is compared: 0.95 for that which 95 of 100 calls do not exceed. @defaultValue {@link splitLatencyDefaults}.quantile */
  readonly quantile?: number | undefined
  /** How many times that of the stable version it may be. @defaultValue {@link splitLatencyDefaults}.factor */
  readonly factor?: number | undefined
}

/** The defaults of {@link SplitLatencyOptions}. A split that says nothing does not compare latencies. */
export const splitLatencyDefaults = Object.freeze({
  /** Further out there are too few calls to compare. */
  quantile: 0.95,
  /** A new version that is not warmed up may well be a quarter slower. */
  factor: 1.5,
} as const)

/** When a split is given up because a version does worse than the stable one. See {@link splitAbortDefaults}. */
export interface SplitAbortOptions {
  /** By how much its share of failures may be greater than the stable version's, from 0 to 1. @defaultValue {@link splitAbortDefaults}.margin */
  readonly margin?: number | undefined
  /** With fewer calls to it within the window nothing is concluded. @defaultValue {@link splitAbortDefaults}.minCalls */
  readonly minCalls?: number | undefined
  /** How long calls count. @defaultValue {@link splitAbortDefaults}.window */
  readonly window?: Duration | undefined
  /** How sure one has to be that it is worse by more than the margin, from 0.5 to 1. @defaultValue {@link splitAbortDefaults}.confidence */
  readonly confidence?: number | undefined
  /** Compares latencies, too. @defaultValue they are not compared; `{}` compares them with {@link splitLatencyDefaults} */
  readonly latency?: SplitLatencyOptions | undefined
}

/** The defaults of {@link SplitAbortOptions}. A split with a ramp has them unless it says `abort: false`; one without a ramp if it says `abort: {}`. */
export const splitAbortDefaults = Object.freeze({
  /** Two calls in a hundred more than the stable version. */
  margin: 0.02,
  /** A version that fails altogether is known by these; smaller differences need more, which the rule sees by itself. */
  minCalls: 20,
  window: '1m',
  /** It is asked again with each failure, all the time: at an everyday 0.95 nearly every good version would be given up at some time. */
  confidence: 0.9999,
} as const)

/**
 * How the calls of a service are divided among versions of it.
 *
 * Types make sure that `by` and the versions are labels and values that `.subset(...)` declares, if it declares any.
 */
export interface SplitOptions<Label extends string = string, Version extends string = string> {
  /** The label whose values are the versions. */
  readonly by: Label
  /** What each version gets, at first if there is a ramp. They add up to 100, or to 1. */
  readonly weights: VersionWeights<Version>
  /** The version that calls go back to. @defaultValue the one with the greatest weight; of equals the first by name */
  readonly stable?: Version | undefined
  /**
   * What keeps calls on one version, as for {@link RingHashOptions}.hashOn: `{ header: 'x-user-id' }`. Calls that have nothing of it, and all
   * calls of a split without it, are divided by chance.
   *
   * @defaultValue each call by chance
   */
  readonly stickyBy?: HashOn | undefined
  /** How the weights change. @defaultValue they stay */
  readonly ramp?: SplitRampOptions<Version> | undefined
  /** When everything goes back to the stable version; `false` for never. @defaultValue {@link splitAbortDefaults} with a ramp, and `false` without */
  readonly abort?: SplitAbortOptions | false | undefined
}

/** {@link SplitOptions} with every default filled in, and every duration in milliseconds. */
export interface SplitSettings {
  readonly by: string
  /** In a fixed order, the same in every process: those that are not stable by name, and then the stable one. */
  readonly versions: readonly string[]
  /** What each version gets at first, as a share. */
  readonly from: readonly number[]
  /** What each gets at the end of the ramp, as a share; the same without one. */
  readonly to: readonly number[]
  readonly stickyBy: HashOn | undefined
  /** Steps by their time from the beginning, or a gradual ramp; `undefined` for none. */
  readonly ramp: RampSettings | undefined
  readonly abort: AbortSettings | undefined
}

/** When a ramp is where. */
export interface RampSettings {
  /** The steps; a gradual ramp has a hundred. */
  readonly steps: readonly { readonly atMs: number; readonly share: number }[]
  /** Milliseconds since the Unix epoch; `undefined` for as soon as it is in force. */
  readonly startAt: number | undefined
}

/** {@link SplitAbortOptions} with every default filled in. */
export interface AbortSettings {
  readonly margin: number
  readonly minCalls: number
  readonly windowMs: number
  readonly confidence: number
  readonly latency: { readonly quantile: number; readonly factor: number } | undefined
}

/** The version with the greatest weight; of equals the first by name. */
export function heaviestVersion(weights: VersionWeights): string {
  const versions = Object.keys(weights).sort()
  return versions.reduce((best, version) => ((weights[version] ?? 0) > (weights[best] ?? 0) ? version : best), versions[0] as string)
}

/** Fills in defaults, and converts weights to shares and durations to milliseconds. */
export function splitSettings(options: SplitOptions): SplitSettings {
  const { by, weights, ramp, stickyBy, stable = heaviestVersion(weights), abort = ramp === undefined ? false : {} } = options
  const named = new Set([...Object.keys(weights), ...Object.keys(ramp?.to ?? {})])
  named.delete(stable)
  const versions = Object.freeze([...[...named].sort(), stable])
  return Object.freeze({
    by,
    versions,
    from: sharesOf(versions, weights),
    to: sharesOf(versions, ramp?.to ?? weights),
    stickyBy,
    ramp: ramp === undefined ? undefined : rampSettings(ramp),
    abort: abort === false ? undefined : abortSettings(abort),
  })
}

function sharesOf(versions: readonly string[], weights: VersionWeights): readonly number[] {
  const all = versions.reduce((sum, version) => sum + (weights[version] ?? 0), 0)
  return versions.map((version) => (weights[version] ?? 0) / all)
}

function rampSettings({ over, curve = splitRampDefaults.curve, steps = [], startAt }: SplitRampOptions): RampSettings {
  const start = typeof startAt === 'string' ? Date.parse(startAt) : startAt
  if (over !== undefined) {
    const totalMs = durationMs(over, 'split.ramp.over')
    const hundred = Array.from({ length: 100 }, (_, i) => ({ atMs: (totalMs * (i + 1)) / 100, share: ((i + 1) / 100) ** curve }))
    return { steps: hundred, startAt: start }
  }
  let atMs = 0
  return {
    steps: steps.map(({ after, share }) => ({ atMs: (atMs += durationMs(after, 'split.ramp.steps.after')), share })),
    startAt: start,
  }
}

function abortSettings({ latency, ...options }: SplitAbortOptions): AbortSettings {
  const { margin, minCalls, window, confidence } = withDefaults<Required<Omit<SplitAbortOptions, 'latency'>>>(splitAbortDefaults, options)
  const windowMs = durationMs(window as Duration, 'split.abort.window')
  return {
    margin: margin as number,
    minCalls: minCalls as number,
    windowMs,
    confidence: confidence as number,
    latency: latency === undefined ? undefined : withDefaults<{ quantile: number; factor: number }>(splitLatencyDefaults, latency),
  }
}
