import type { Call, SpentAttempt } from '../call/call.ts'
import { repeatable } from '../call/call-options.ts'
import { inherited } from '../call/inbound-call.ts'
import { repeats, withheld } from '../call/repeat-notes.ts'
import type { NotRepeated } from './decision-record.ts'

/**
 * Why a call did not repeat its last attempt, in the order in which retries decide.
 *
 * @param call the call, which has an outcome.
 * @param last its last attempt, if there was one.
 * @param attempts most attempts of a call to the service; `undefined` when it does not repeat them at all.
 * @param now monotonic time at which the call ended.
 * @returns `undefined` unless the attempt failed.
 */
export function whyNotRepeated(
  call: Call,
  last: SpentAttempt | undefined,
  attempts: number | undefined,
  now: number,
): NotRepeated | undefined {
  const verdict = last?.verdict
  if (verdict?.kind !== 'failure') return undefined
  const { context, cancellation, body, idempotent, deadline } = call
  if (attempts === undefined) return 'off'
  if (verdict.retry === 'never') return 'verdict'
  if (!context.get(repeatable)) return 'caller-said-no'
  if (now >= deadline) return 'deadline'
  if (cancellation.reason !== undefined) return 'cancelled'
  if (!body.sendable) return 'body'
  if (verdict.retry !== 'always' && !idempotent) return 'not-idempotent'
  const said = context.get(withheld)
  if (said !== undefined) return said
  if ((context.get(inherited)?.attempt ?? 1) > 1) return 'repeated-above'
  const made = call.spent.length - context.get(repeats).filter(({ how }) => how === 'requeue').length
  // What is left: the wait that was due would have gone beyond the deadline.
  return made >= attempts ? 'attempts' : 'deadline'
}
