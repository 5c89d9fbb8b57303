/**
 * Why did my call end like that?
 *
 * This room makes a plain record of a call out of what the call remembers anyway, keeps the records of the failed and the slowest ones, and prints
 * them. Nothing is built for a call that nobody asks about. What a record says of the service beside the call is given by whoever knows the
 * service: a {@link CallTeller}.
 *
 * It never knows how endpoints are chosen, or what a policy does.
 *
 * To add a fact: a field in decision-record.ts, its line in describe-call.ts (or where the service is read, outside this room), a line in print-record.ts.
 */
import type { Call } from '../call/call.ts'
import type { MeshError } from '../errors/mesh-error.ts'
import type { DecisionRecord } from './decision-record.ts'
import type { Ending } from './describe-call.ts'

/** Knows the service of a call. */
export interface CallTeller {
  /** The record of one of its calls. */
  describe(call: Call, ending: Ending, kept?: DecisionRecord['kept']): DecisionRecord
}

/** A call, and who can tell of it. */
export interface ToldCall {
  readonly call: Call
  readonly teller: CallTeller
  readonly ending: Ending
}

/** What is known of errors that calls ended with: the record, if one was made at the time, or the call. It goes with the error. */
const byError = new WeakMap<MeshError, ToldCall | DecisionRecord>()

/** Remembers which call ended with an error. */
export function rememberError(error: MeshError, known: ToldCall | DecisionRecord): void {
  byError.set(error, known)
}

/** The record of the call that ended with an error. */
export function recordOfError(error: MeshError): DecisionRecord | undefined {
  const known = byError.get(error)
  return known === undefined || !('teller' in known) ? known : known.teller.describe(known.call, known.ending)
}

const key: unique symbol = Symbol('call') as never

/**
 * Goes with the result of a call made through the dispatcher, as its `context`, so that the call can be found again. It shows nothing, and a copy of its fields, as
 * interceptors make them, leads to the same call.
 */
export class CallTag {
  readonly [key]: CallTag = this
  #told: ToldCall | undefined

  /** The call that a context leads to. */
  static of(context: unknown): ToldCall | undefined {
    const tag = typeof context === 'object' && context !== null ? (context as { [key]?: unknown })[key] : undefined
    return tag instanceof CallTag ? tag.#told : undefined
  }

  /** The call began. */
  began(call: Call, teller: CallTeller | undefined): void {
    if (teller !== undefined) this.#told = { call, teller, ending: {} }
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return 'CallTag {}'
  }
}
