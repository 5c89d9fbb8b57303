import type { SplitFinding } from './split-judge.ts'

/** `steady`: it has no ramp; `ramping`: steps are to come; `done`: the ramp is at its end; `aborted`: everything goes to the stable version. */
export type SplitState = 'steady' | 'ramping' | 'done' | 'aborted'

/** What a split tells of itself. */
export interface SplitSnapshot {
  /** The label whose values are the versions. */
  readonly by: string
  /** The version that calls go back to. */
  readonly stable: string
  /** See {@link SplitState}. */
  readonly state: SplitState
  /** How far the ramp is on its way, from 0 to 1; 0 without one. */
  readonly progress: number
  /** How long until its next step, in milliseconds; `undefined` when there is none, or it is aborted. */
  readonly nextStepInMs: number | undefined
  /** Every version by name. */
  readonly versions: Readonly<Record<string, VersionSnapshot>>
  /** Why it was aborted; `undefined` when it is not. */
  readonly aborted: SplitAbort | undefined
}

/** What is known of one version. */
export interface VersionSnapshot {
  /** The share of the calls that it gets now, from 0 to 1. */
  readonly share: number
  /** Calls that were given to it since the split is in force. */
  readonly calls: number
  /** Those of them that another version had to take, because it had no endpoint for them. */
  readonly elsewhere: number
  /** What counts for its comparison with the stable version: calls within the window, and failures among them. */
  readonly window: { readonly calls: number; readonly failures: number } | undefined
}

/** Why a split was aborted. */
export interface SplitAbort {
  /** What was worse, or `by-hand`. */
  readonly reason: SplitFinding['reason'] | 'by-hand'
  /** The version that did worse; `undefined` by hand. */
  readonly version: string | undefined
  /** When, in milliseconds since the Unix epoch. */
  readonly at: number
  /** What each version got until then, from 0 to 1. */
  readonly shares: Readonly<Record<string, number>>
  /** What spoke against the version; `undefined` by hand. */
  readonly figures: SplitFinding | undefined
}

/** What a split would do with a call. */
export interface SplitOutlook {
  /** The label whose values are the versions. */
  readonly by: string
  /** The version that calls go back to. */
  readonly stable: string
  /** See {@link SplitState}. */
  readonly state: SplitState
  /** What each version gets now, from 0 to 1, in the order in which they stand in for each other. */
  readonly shares: Readonly<Record<string, number>>
  /** The version of this call, if something keeps it on one. */
  readonly drawn: string | undefined
}
