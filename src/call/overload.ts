import type { MeshErrorCode } from '../errors/mesh-error.ts'
import type { Outcome } from './outcome.ts'

/** Errors by which somebody says that there is too much to do, or shows it by not answering in time. */
const overloaded: ReadonlySet<MeshErrorCode> = new Set([
  'ATTEMPT_TIMEOUT',
  'CONNECT_TIMEOUT',
  'DEADLINE_EXCEEDED',
  'QUEUE_FULL',
  'QUEUE_TIMEOUT',
  'REFUSED',
])

/**
 * Whether an outcome is a sign of too much load: a status of 429 or 503, a request that the server refused, or no answer in time. Any other
 * failure, such as a 500, may be a mistake in the server's program, and sending it less would not help.
 *
 * @param outcome of an attempt, or of a call.
 */
export function isOverload(outcome: Outcome): boolean {
  if (!outcome.ok) return overloaded.has(outcome.error.code)
  const { status } = outcome.reply
  return status === 503 || status === 429
}
