import { MeshError } from '../errors/mesh-error.ts'
import type { Call, SpentAttempt } from './call.ts'
import { contextKey } from './context-values.ts'

/**
 * Whether attempts of a call may run side by side, each with a copy of the call of its own. Such an attempt never goes to an endpoint that the
 * call has tried, and its record names its copy.
 */
export const sideBySide = contextKey('side-by-side', false)

/** The attempt whose outcome the call goes on with, where that need not be the one that ended last. */
export const decidedBy = contextKey<SpentAttempt | undefined>('decided-by', undefined)

/** The attempt whose outcome a call goes on with; `undefined` before there is one. */
export function decidingAttempt(call: Call): SpentAttempt | undefined {
  const { spent } = call
  // Asked before the first attempt, too, and to look for an element of the name "-1" takes V8 longer than all the rest.
  return call.context.get(decidedBy) ?? (spent.length === 0 ? undefined : spent[spent.length - 1])
}

/** The last attempt that was made with this copy of a call. */
export function lastAttemptOf(call: Call): SpentAttempt | undefined {
  const { spent } = call
  for (let i = spent.length - 1; i >= 0; i -= 1) {
    const attempt = spent[i] as SpentAttempt
    if (attempt.copy === undefined || attempt.copy === call) return attempt
  }
  return undefined
}

/** Why an attempt was stopped that ran beside another one: that one was faster. It is held against nobody, whatever the judge says. */
export class LostRace extends MeshError {
  /** @param service for the message. */
  constructor(service: string) {
    super('ABORTED', 'another attempt of the call was faster', { service, sent: true })
  }
}
