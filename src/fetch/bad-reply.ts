import { decidingAttempt } from '../call/side-by-side.ts'
import { MeshError } from '../errors/mesh-error.ts'
import { rememberError } from '../records/call-teller.ts'
import type { Destination } from './destination.ts'
import type { Journey } from './journey.ts'

/** The call went well, and still its caller gets no reply: what threw leads to its record. */
export function badReply(destination: Destination, hop: Pick<Journey, 'last'>, message: string, cause?: Error): MeshError {
  const endpoint = hop.last && decidingAttempt(hop.last)?.endpoint.address
  const facts = { service: destination.service, endpoint, sent: true }
  return endedWith(new MeshError('BAD_REPLY', message, facts, cause), destination, hop)
}

/** Who carries the next hop, or why nobody does: then the hop that led there is what there is to tell of. */
export function refusedHop(found: Destination | MeshError, destination: Destination, journey: Journey): Destination | MeshError {
  return MeshError.is(found) ? endedWith(found, destination, journey) : found
}

function endedWith(error: MeshError, { teller }: Destination, { last }: Pick<Journey, 'last'>): MeshError {
  if (teller !== undefined && last !== undefined) rememberError(error, { call: last, teller, ending: { error } })
  return error
}

/** What fetch rejects with. */
export function fetchFailed(cause: MeshError): TypeError {
  return new TypeError('fetch failed', { cause })
}
