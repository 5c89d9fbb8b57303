import type { Call, SpentAttempt } from './call.ts'
import { contextKey } from './context-values.ts'

/** Why a call made another attempt. */
export interface RepeatNote {
  /** The attempt that was repeated, or that another one was begun beside. */
  readonly after: SpentAttempt
  /** `retry`: made again after a wait; `requeue`: nobody had got it, so it went on at once. */
  readonly how: 'retry' | 'requeue'
  /** How long the call waited first, as it was planned, in milliseconds. */
  readonly waitMs: number
}

/** Why another attempt that was wanted was not made. */
export type Withheld = 'budget' | 'enforce'

/** What a call did about its failed attempts, oldest first; empty for nearly every call. */
export const repeats = contextKey<readonly RepeatNote[]>('repeats', Object.freeze([]))

/** Why the call made no other attempt, if that was not for a reason of its own. */
export const withheld = contextKey<Withheld | undefined>('withheld', undefined)

/** Notes that an attempt is repeated. */
export function noteRepeat(call: Call, note: RepeatNote): void {
  call.context.set(repeats, [...call.context.get(repeats), note])
}
