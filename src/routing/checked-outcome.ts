import type { Outcome } from '../call/outcome.ts'
import { MeshError } from '../errors/mesh-error.ts'
import { printValue } from '../errors/print-value.ts'

/**
 * What an attempt's layers answered, if it is an outcome: policies may be untyped code.
 *
 * @param outcome what came.
 * @throws TypeError when it is none.
 */
export function checkedOutcome(outcome: Outcome): Outcome {
  const { ok, reply, error } = (outcome ?? {}) as { ok?: unknown; reply?: { body?: unknown; headers?: unknown }; error?: unknown }
  const isReply = reply?.body !== undefined && typeof reply.headers === 'object' && reply.headers !== null
  if (ok === true ? isReply : ok === false && MeshError.is(error)) return outcome
  throw new TypeError(`expected an outcome with a reply or a MeshError, got ${printValue(outcome)}`)
}
