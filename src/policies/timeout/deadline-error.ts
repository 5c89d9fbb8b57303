import type { Call } from '../../call/call.ts'
import { inherited } from '../../call/inbound-call.ts'
import { waitingFor, waits } from '../../call/waiting-for.ts'
import { MeshError } from '../../errors/mesh-error.ts'

/** So many attempts are named, the last ones. */
const mostNamed = 4

/**
 * The error of a call whose deadline passed. It says where the time went: every attempt with its endpoint and what came of it, what the call
 * was waiting for, and how long it waited for what.
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
  return new MeshError('DEADLINE_EXCEEDED', `${limitOf(call)} passed${whereTimeWent(call, now, inBody)}`, facts)
}

/** The error of a call whose deadline has passed before it begins: nothing of it is sent. */
export function lateError(call: Call): MeshError {
  return new MeshError('DEADLINE_EXCEEDED', `${limitOf(call)} passed before the call began`, { service: call.service, sent: false })
}

function limitOf(call: Call): string {
  const limitMs = Math.max(0, Math.round(call.deadline - call.startedAt))
  return `deadline of ${limitMs} ms${call.context.get(inherited)?.limits === true ? ', which the inbound request has left,' : ''}`
}

function whereTimeWent(call: Call, now: number, inBody: boolean): string {
  const { spent, underway } = call
  const reason = call.context.get(waitingFor)
  const waiting = inBody ? ' while the body of the reply was on its way' : reason === undefined ? '' : ` while waiting for ${reason}`
  const waited = waitedFor(call, now)
  const count = spent.length + underway.length
  if (count === 0) return waiting === '' && waited === '' ? ' before any attempt began' : `${waiting}${waited === '' ? '' : `: ${waited}`}`
  const attempts = spent.map(({ endpoint, latencyMs, result }) => `${Math.round(latencyMs)} ms at ${endpoint.address}, ${result}`)
  for (const { endpoint, startedAt } of underway) attempts.push(`${Math.round(now - startedAt)} ms at ${endpoint.address}, no answer`)
  const named = attempts.slice(-mostNamed)
  if (named.length < count) named.unshift(`${count - named.length} before`)
  const made = `${count} ${count === 1 ? 'attempt' : 'attempts'} (${named.join('; ')})`
  return `${waiting}: ${made}${waited === '' ? '' : `; ${waited}`}`
}

/** Waits of less than a millisecond say nothing. */
function waitedFor(call: Call, now: number): string {
  const long = call.context.get(waits).flatMap(({ reason, ms, since }) => {
    const whole = Math.round(ms + (since === undefined ? 0 : now - since))
    return whole > 0 ? [`${whole} ms for ${reason}`] : []
  })
  return long.length === 0 ? '' : `waited ${long.join(', ')}`
}
