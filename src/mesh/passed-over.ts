import type { Call } from '../call/call.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { mostPassedOver, type PassedOver, type PassedOverReason } from '../records/decision-record.ts'
import { placeName } from '../routing/place.ts'
import type { Survey } from '../routing/survey.ts'
import type { ServiceFacts } from './service-facts.ts'

/** What speaks against an endpoint. */
export interface Objection {
  readonly reason: PassedOverReason
  readonly detail: string | undefined
}

const none = undefined

/**
 * What speaks against sending a call to an endpoint, the first reason first.
 *
 * @returns `undefined` when nothing does: then it is for the balancer to say.
 */
export function objectionTo(endpoint: Endpoint, call: Call, facts: ServiceFacts, found: Survey): Objection | undefined {
  const { spent, underway } = call
  if (spent.some((attempt) => attempt.endpoint === endpoint) || underway.some((attempt) => attempt.endpoint === endpoint))
    return { reason: 'tried', detail: none }
  if (!found.matching.has(endpoint)) return { reason: 'subset', detail: lacking(endpoint, call) }
  if (!found.near.has(endpoint)) return { reason: 'place', detail: `in ${placeName(endpoint.locality) || 'an unknown place'}` }
  if (!found.eligible.has(endpoint)) return illness(endpoint, facts)
  return withoutCalls(endpoint, facts, found) ?? crowded(endpoint, facts)
}

/** Why the endpoints were passed over that an attempt could have gone to, and how many for which reason. */
export function passedOver(
  call: Call,
  chosen: Endpoint | undefined,
  facts: ServiceFacts,
  found: Survey,
): { readonly passedOver: readonly PassedOver[]; readonly passedOverCounts: Readonly<Partial<Record<PassedOverReason, number>>> } {
  const told: PassedOver[] = []
  const counts: Partial<Record<PassedOverReason, number>> = {}
  for (const endpoint of facts.directory.endpoints) {
    if (endpoint === chosen) continue
    const { reason, detail } = objectionTo(endpoint, call, facts, found) ?? { reason: 'not-picked', detail: inPanic(endpoint, facts) }
    counts[reason] = (counts[reason] ?? 0) + 1
    if (told.length < mostPassedOver) told.push({ endpoint: endpoint.address, reason, detail })
  }
  return { passedOver: told, passedOverCounts: counts }
}

function lacking({ labels }: Endpoint, { subset = {} }: Call): string {
  const missing = Object.entries(subset).filter(([name, value]) => value !== undefined && labels[name] !== value)
  return missing.map(([name, value]) => `${name} is ${Object.hasOwn(labels, name) ? labels[name] : 'not set'}, not ${value}`).join(', ')
}

/** Who keeps it out. */
function illness(endpoint: Endpoint, { judges }: ServiceFacts): Objection {
  const { board, ejector, checker, circuits } = judges
  const findings = board.findingsOf(endpoint)
  const ejection = ejector.stateOf(endpoint)
  if (findings.has('ejection') && ejection !== undefined) {
    const { rule, forMs, times } = ejection
    const when = forMs === 0 ? 'waits for its probe' : Number.isFinite(forMs) ? `for ${Math.ceil(forMs)} ms more` : 'until it is readmitted'
    return {
      reason: 'ejected',
      detail: `${rule === 'by-hand' ? 'by hand' : `by ${rule}`}, ${when}${times > 1 ? `, the ${times}. time` : ''}`,
    }
  }
  const circuit = circuits.endpoints.snapshot(endpoint)
  if (findings.has('circuit') && circuit !== undefined) {
    const { state, reason, retryAfterMs } = circuit
    const when = retryAfterMs !== undefined && Number.isFinite(retryAfterMs) ? `, for ${Math.ceil(retryAfterMs)} ms more` : ''
    return { reason: 'circuit-open', detail: `${state}: ${reason ?? 'forced'}${when}` }
  }
  if (findings.get('announced') === 'unhealthy') return { reason: 'draining', detail: 'it said so in a reply' }
  if (findings.get('discovery') === 'unhealthy')
    return { reason: endpoint.health === 'draining' ? 'draining' : 'unhealthy', detail: 'so discovery says' }
  if (findings.get('check') === 'unhealthy') return { reason: 'unhealthy', detail: checker.stateOf(endpoint)?.reason }
  const others = [...findings].filter(([, state]) => state === 'unhealthy').map(([judge]) => judge)
  return others.length > 0 ? { reason: 'kept-out', detail: `by ${others.join(', ')}` } : { reason: 'degraded', detail: none }
}

/** It may be used, but its tier or its place gets no calls at the moment. */
function withoutCalls(endpoint: Endpoint, { judges: { board } }: ServiceFacts, found: Survey): Objection | undefined {
  const group = found.groups.find(({ endpoints }) => endpoints.includes(endpoint))
  if (group === undefined || group.load > 0) return undefined
  if (board.stateOf(endpoint) === 'degraded') return { reason: 'degraded', detail: 'the healthy ones can take everything' }
  const at = found.tierOf.get(endpoint)
  const tier = at === undefined ? undefined : found.tiers[at]
  if (tier === undefined || tier.load.healthy + tier.load.degraded > 0)
    return { reason: 'zone', detail: placeName(endpoint.locality) || undefined }
  const before = found.tiers.slice(0, at).map(({ priority }) => priority)
  const standsBy = tier.distance > 0 ? `priority ${tier.priority}, distance ${tier.distance}` : `priority ${tier.priority}`
  return { reason: 'priority', detail: before.length === 0 ? standsBy : `${standsBy} stands by` }
}

function crowded(endpoint: Endpoint, { parts: { endpointPermits } }: ServiceFacts): Objection | undefined {
  const load = endpointPermits?.roomAt(endpoint)
  return load !== undefined && load.inFlight >= load.limit
    ? { reason: 'full', detail: `${load.inFlight} of ${load.limit} permits are taken` }
    : undefined
}

function inPanic(endpoint: Endpoint, { judges: { board } }: ServiceFacts): string | undefined {
  return board.stateOf(endpoint) === 'unhealthy' ? 'unhealthy, but so are too many others' : undefined
}
