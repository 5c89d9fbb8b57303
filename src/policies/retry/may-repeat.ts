import type { Call } from '../../call/call.ts'
import { repeatable } from '../../call/call-options.ts'
import { inherited } from '../../call/inbound-call.ts'
import { requeues } from './requeues.ts'

/** Whether a call may be repeated as far as its caller and its body go. */
export function mayRepeat(call: Call): boolean {
  return call.context.get(repeatable) && call.body.sendable && call.cancellation.reason === undefined
}

/**
 * Whether a call is made in the service of a request that is itself a repetition. Then it is left to whoever repeats that one: layers that
 * repeat each other's repetitions multiply.
 */
export function isRepeatedAbove(call: Call): boolean {
  const above = call.context.get(inherited)
  return above !== undefined && above.attempt > 1
}

/** Attempts of a call that are over or under way, without those that went on because nobody had got them. */
export function attemptsMade(call: Call): number {
  return call.spent.length + call.underway.length - call.context.get(requeues)
}
