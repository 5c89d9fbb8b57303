import type { Call } from '../../call/call.ts'
import { waitingFor } from '../../call/waiting-for.ts'
import { MeshError } from '../../errors/mesh-error.ts'

/** So many attempts are named, the last ones. */
const mostNamed = 4

/**
 * The error of a call whose deadline passed. It says where the time went: every attempt with its endpoint and what came of it, and what
 * the call was waiting for.
 *
 * @param call the call.
 * @param now monotonic time, in milliseconds.
 * @param inBody whether the head of the reply had come and its body had not.
 */
export function deadlineError(call: Call, now: number, inBody: boolean): MeshError {
  const { spent, underway } = call
  const [current] = underway
  const endpoint = current?.endpoint ?? (inBody ? spent[spent.length - 1]?.endpoint : undefined)
  const facts = {
    service: call.service,
    endpoint: endpoint?.address,
    sent: underway.length > 0 || spent.some((attempt) => attempt.sent),
  }
  const limitMs = Math.round(call.deadline - call.startedAt)
  return new MeshError('DEADLINE_EXCEEDED', `deadline of ${limitMs} ms passed${whereTimeWent(call, now, inBody)}`, facts)
}

/** The error of a call whose deadline has passed before it begins: nothing of it is sent. */
export function lateError(call: Call): MeshError {
  const limitMs = Math.max(0, Math.round(call.deadline - call.startedAt))
  return new MeshError('DEADLINE_EXCEEDED', `deadline of ${limitMs} ms passed before the call began`, {
    service: call.service,
    sent: false,
  })
}

function whereTimeWent(call: Call, now: number, inBody: boolean): string {
  const { spent, underway } = call
  const reason = call.context.get(waitingFor)
  const waiting = inBody ? ' while the body of the reply was on its way' : reason === undefined ? '' : ` while waiting for ${reason}`
  const count = spent.length + underway.length
  if (count === 0) return waiting === '' ? ' before any attempt began' : waiting
  const attempts = spent.map(({ endpoint, latencyMs, result }) => `${Math.round(latencyMs)} ms at ${endpoint.address}, ${result}`)
  for (const { endpoint, startedAt } of underway) attempts.push(`${Math.round(now - startedAt)} ms at ${endpoint.address}, no answer`)
  const named = attempts.slice(-mostNamed)
  if (named.length < count) named.unshift(`${count - named.length} before`)
  return `${waiting}: ${count} ${count === 1 ? 'attempt' : 'attempts'} (${named.join('; ')})`
}
