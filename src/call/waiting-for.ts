import type { Call } from './call.ts'
import { contextKey } from './context-values.ts'

/**
 * What a call waits for while no attempt of it is under way, in words that fit after "while waiting for". Set by whoever makes it wait,
 * and set to `undefined` when the wait is over; a deadline that passes meanwhile says so.
 */
export const waitingFor = contextKey<string | undefined>('waiting-for', undefined)

/** Time that a call spent waiting for one thing. */
export interface Wait {
  /** As in {@link waitingFor}. */
  readonly reason: string
  /** How long, in milliseconds, as far as it is over. */
  ms: number
  /** Monotonic time at which the wait began that is not over; `undefined` when none is. */
  since: number | undefined
}

/** What a call has waited for, each thing once. */
export const waits = contextKey<readonly Wait[]>('waits', Object.freeze([]))

/**
 * A wait begins; see {@link waitingFor}.
 *
 * @param call the call.
 * @param reason in words that fit after "while waiting for".
 * @param now monotonic time, in milliseconds.
 */
export function beginWait(call: Call, reason: string, now: number): void {
  const { context } = call
  context.set(waitingFor, reason)
  const known = context.get(waits)
  const wait = known.find((each) => each.reason === reason)
  if (wait === undefined) context.set(waits, [...known, { reason, ms: 0, since: now }])
  else wait.since ??= now
}

/**
 * A wait is over.
 *
 * @param call the call.
 * @param reason what {@link beginWait} was told.
 * @param now monotonic time, in milliseconds.
 */
export function endWait(call: Call, reason: string, now: number): void {
  const { context } = call
  if (context.get(waitingFor) === reason) context.set(waitingFor, undefined)
  const wait = context.get(waits).find((each) => each.reason === reason)
  if (wait?.since === undefined) return
  wait.ms += now - wait.since
  wait.since = undefined
}
