import type { Balancer, PickQuery } from '../balancing/balancer.ts'
import type { Call } from '../call/call.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { heldGroup } from '../routing/held-group.ts'
import type { GroupPlan } from '../routing/routing-plan.ts'
import { type Survey, survey } from '../routing/survey.ts'
import { hearLateRejection } from '../runtime/late-rejection.ts'
import { explainPolicies } from './explain-policies.ts'
import { explainSplit, type VersionShare } from './explain-split.ts'
import type { ExplainedEndpoint, Explanation } from './explanation.ts'
import { objectionTo } from './passed-over.ts'
import type { ServiceFacts } from './service-facts.ts'
import { serviceState } from './service-state.ts'

type OfService = Omit<
  Explanation,
  'by' | 'service' | 'matched' | 'route' | 'routes' | 'method' | 'path' | 'idempotent' | 'repeatable' | 'deadline'
>

/**
 * What a service would do with a call now.
 *
 * @param call a call that nobody carries.
 * @param facts the service.
 * @param repeatable whether the call may be repeated, as far as its caller and its body go.
 */
export function explainService(call: Call, facts: ServiceFacts, repeatable: boolean): OfService {
  const { parts, directory, judges } = facts
  const split = explainSplit(call, facts)
  const only = split?.shares.length === 1 ? split.shares[0] : undefined
  const found = only?.found ?? survey(directory.endpoints, call.subset, judges.board, parts.routing)
  const chances = split === undefined ? chancesOf(call, facts, found) : dividedChances(call, facts, split.shares)
  const endpoints = directory.endpoints.map((endpoint) => explained(endpoint, call, facts, found, chances))
  const policies = explainPolicies(call, facts, repeatable)
  const { subset } = call
  return {
    ...verdictOf(policies, facts, endpoints),
    subset: subset && { labels: { ...subset }, matching: found.matching.size, fellBack: found.fellBack },
    split: split?.told,
    tiers: found.tiers.map(({ priority, distance, total, healthy, degraded, load }) => ({
      ...{ priority, distance, endpoints: total, healthy, degraded },
      ...{ load: load.healthy, degradedLoad: load.degraded, panic: load.panic },
    })),
    groups: found.groups.map((group) => ({ name: group.name, load: group.load, endpoints: group.endpoints.length })),
    balancer: parts.balancer.name,
    endpoints: endpoints.toSorted((a, b) => (b.chance ?? -1) - (a.chance ?? -1)),
    policies,
    state: serviceState(facts),
  }
}

function explained(
  endpoint: Endpoint,
  call: Call,
  facts: ServiceFacts,
  found: Survey,
  chances: ReadonlyMap<Endpoint, number> | undefined,
): ExplainedEndpoint {
  const { board } = facts.judges
  const { address, locality, priority, weight, inFlight } = endpoint
  const objection = objectionTo(endpoint, call, facts, found)
  const eligible = found.eligible.has(endpoint) && objection?.reason !== 'full'
  return {
    ...{ address, zone: locality.zone, priority, weight },
    health: board.stateOf(endpoint),
    findings: Object.fromEntries(board.findingsOf(endpoint)),
    eligible,
    reason: objection?.reason,
    detail: objection?.detail,
    inFlight,
    load: loadOf(facts.parts.balancer, endpoint),
    chance: found.eligible.has(endpoint) ? chances && (chances.get(endpoint) ?? 0) : 0,
  }
}

/** What the first meter says that can be looked at. One of a user's may throw: then it says nothing. */
function loadOf({ meters = [] }: Balancer, endpoint: Endpoint): number | undefined {
  try {
    const load: unknown = meters.find(({ peek }) => peek !== undefined)?.peek?.(endpoint)
    hearLateRejection(load)
    return typeof load === 'number' ? load : undefined
  } catch {
    return undefined
  }
}

/** The chances of endpoints for the first attempt; `undefined` when the balancer cannot tell for a group that gets calls. */
function chancesOf(
  call: Call,
  { parts: { balancer, endpointPermits } }: ServiceFacts,
  { groups }: Survey,
): ReadonlyMap<Endpoint, number> | undefined {
  const isFull = (endpoint: Endpoint): boolean => {
    const room = endpointPermits?.roomAt(endpoint)
    return room !== undefined && room.inFlight >= room.limit
  }
  const query: PickQuery = { call, isSpent: isFull }
  const used = heldTo(balancer, query, groups) ?? groups
  const all = used.reduce((sum, { load }) => sum + load, 0)
  // Such a balancer keeps calls together by group, too: which one a call belongs to is not a matter of chance.
  if (balancer.hash !== undefined && used.filter(({ load }) => load > 0).length > 1) return undefined
  const chances = new Map<Endpoint, number>()
  for (const { endpoints, load } of used) {
    if (load === 0 || endpoints.length === 0) continue
    const odds = endpoints.length === 1 ? [1] : oddsOf(balancer, endpoints, query)
    if (odds === undefined) return undefined
    for (const [i, endpoint] of endpoints.entries()) chances.set(endpoint, ((odds[i] ?? 0) * load) / all)
  }
  return chances
}

/** The group of the endpoint that the call is held to, as the one that gets everything; `undefined` if it is held to none that it goes to. */
function heldTo(balancer: Balancer, { call, isSpent }: PickQuery, groups: readonly GroupPlan[]): readonly GroupPlan[] | undefined {
  try {
    const held = balancer.heldTo?.(call)
    if (held === undefined || isSpent(held)) return undefined
    const group = groups[heldGroup(held, groups, (at) => groups[at]?.endpoints.includes(held) === true)]
    return group && [{ ...group, load: 100 }]
  } catch {
    return undefined
  }
}

/** The chances over all versions; `undefined` when the balancer cannot tell for one of them. */
function dividedChances(call: Call, facts: ServiceFacts, shares: readonly VersionShare[]): ReadonlyMap<Endpoint, number> | undefined {
  const chances = new Map<Endpoint, number>()
  for (const { share, found } of shares) {
    const within = chancesOf(call, facts, found)
    if (within === undefined) return undefined
    for (const [endpoint, chance] of within) chances.set(endpoint, (chances.get(endpoint) ?? 0) + share * chance)
  }
  return chances
}

function oddsOf(balancer: Balancer, endpoints: readonly Endpoint[], query: PickQuery): readonly number[] | undefined {
  try {
    const odds = balancer.odds?.(endpoints, query)
    hearLateRejection(odds)
    return Array.isArray(odds) ? odds : undefined
  } catch {
    return undefined
  }
}

/** What happens first. */
function verdictOf(
  policies: OfService['policies'],
  { directory, parts }: ServiceFacts,
  endpoints: readonly ExplainedEndpoint[],
): Pick<Explanation, 'outcome' | 'because' | 'code'> {
  for (const { name, does, detail } of policies) {
    if (does === 'refuses') return { outcome: 'refused', because: `${name}: ${detail}`, code: codes[name] }
    if (does === 'waits') return { outcome: 'waits', because: `${name}: ${detail}`, code: undefined }
  }
  if (directory.state === 'unresolved')
    return { outcome: 'waits', because: 'discovery: the resolver has not answered yet', code: undefined }
  if (endpoints.some(({ eligible }) => eligible)) return { outcome: 'sent', because: undefined, code: undefined }
  if (endpoints.some(({ reason }) => reason === 'full')) {
    const queues = parts.concurrency?.permits !== undefined && parts.concurrency.permits.queue > (parts.endpointPermits?.waiting ?? 0)
    const because = 'concurrency.endpoints: no endpoint has room'
    return queues ? { outcome: 'waits', because, code: undefined } : { outcome: 'refused', because, code: 'OVERLOADED' }
  }
  const reasons = [...new Set(endpoints.map(({ reason }) => reason))].join(', ')
  const because =
    endpoints.length === 0 ? `the service is ${directory.state === 'absent' ? 'absent' : 'empty'}` : `no endpoint may be used: ${reasons}`
  return { outcome: 'refused', because, code: 'NO_ENDPOINT' }
}

const codes: Readonly<Record<string, string | undefined>> = Object.freeze({
  deadline: 'DEADLINE_EXCEEDED',
  'rate limit': 'RATE_LIMITED',
  admission: 'OVERLOADED',
  'concurrency limit': 'OVERLOADED',
  circuit: 'CIRCUIT_OPEN',
})
