import type { Endpoint } from '../endpoint/endpoint.ts'
import type { HealthView } from '../health/health-board.ts'
import { splitByPlace } from './locality-split.ts'
import type { TierSet } from './priority.ts'
import type { RoutingSettings } from './routing-settings.ts'
import { spillLoads, type TierHealth, type TierLoad } from './spill.ts'

/** A tier, how it is, and what it gets. */
export interface TierPlan extends TierHealth {
  /** See {@link TierSet.priority}. */
  readonly priority: number
  /** See {@link TierSet.distance}. */
  readonly distance: number
  /** See {@link TierLoad}. */
  readonly load: TierLoad
}

/** Endpoints that stand for each other, and their part of the calls. */
export interface GroupPlan {
  /** Names it among the groups of a plan: the same group of the next plan has the same name. */
  readonly name: string
  /** Frozen; none, if calls that come here fail. */
  readonly endpoints: readonly Endpoint[]
  /** Of 100 calls, how many come here; 0 for a group that only calls come to which have tried the others. */
  readonly load: number
  /** The place that they all are in, if that gets no calls however much its tier gets; see {@link placeName}. */
  readonly shunned?: string
}

/** Where calls go, as long as nothing changes. */
export interface RoutingPlan {
  readonly tiers: readonly TierPlan[]
  /** In the order in which a call that has tried one goes on: healthy ones first. */
  readonly groups: readonly GroupPlan[]
}

/** The endpoints of one tier by health. */
interface Sorted {
  readonly tier: TierSet
  readonly healthy: readonly Endpoint[]
  readonly degraded: readonly Endpoint[]
  /** How many the tier is to be measured by: an endpoint that is leaving is not one that is missing. */
  readonly total: number
}

/**
 * Works out where calls go.
 *
 * @param tiers the endpoints, in tiers.
 * @param health how the endpoints are.
 * @param settings how much each tier takes, and which part of that each place.
 */
export function planRouting(tiers: readonly TierSet[], health: HealthView, settings: RoutingSettings): RoutingPlan {
  const sorted = tiers.map((tier) => sortByHealth(tier, health))
  const counts = sorted.map(({ total, healthy, degraded }): TierHealth => ({ total, healthy: healthy.length, degraded: degraded.length }))
  const usable = sorted.map((entry) => inPanic(entry, health))
  const allSpared = usable.every((endpoints) => endpoints.length === 0)
  const loads = spillLoads(counts, settings.failover, allSpared ? undefined : (i) => (usable[i] as readonly Endpoint[]).length)
  const fit: GroupPlan[] = []
  const degraded: GroupPlan[] = []
  for (const [i, entry] of sorted.entries()) {
    const load = loads[i] as TierLoad
    const name = `${entry.tier.priority}.${entry.tier.distance}`
    if (load.panic) {
      const those = allSpared ? entry.tier.endpoints : (usable[i] as readonly Endpoint[])
      if (those.length === 0) continue
      const endpoints = settings.failover.failTrafficOnPanic ? none : those
      fit.push({ name: `${name} all`, endpoints, load: load.healthy + load.degraded })
      continue
    }
    fit.push(...groupsOf(`${name} healthy`, entry.tier.endpoints, entry.healthy, load.healthy, settings, health, i === 0))
    degraded.push(...groupsOf(`${name} degraded`, entry.tier.endpoints, entry.degraded, load.degraded, settings, health, false))
  }
  const plans = sorted.map(
    ({ tier: { priority, distance } }, i): TierPlan => ({ priority, distance, ...(counts[i] as TierHealth), load: loads[i] as TierLoad }),
  )
  return { tiers: plans, groups: [...fit, ...degraded] }
}

const none: readonly Endpoint[] = Object.freeze([])

function sortByHealth(tier: TierSet, health: HealthView): Sorted {
  const { endpoints } = tier
  // Nearly always everybody is healthy, and nothing is copied.
  const firstIll = endpoints.findIndex((endpoint) => health.stateOf(endpoint) !== 'healthy')
  if (firstIll < 0) return { tier, healthy: endpoints, degraded: none, total: endpoints.length }
  const healthy = endpoints.slice(0, firstIll)
  const degraded: Endpoint[] = []
  let total = endpoints.length
  for (let i = firstIll; i < endpoints.length; i += 1) {
    const endpoint = endpoints[i] as Endpoint
    const state = health.stateOf(endpoint)
    if (state === 'healthy') healthy.push(endpoint)
    else if (state === 'degraded') degraded.push(endpoint)
    else if (isLeaving(endpoint, health)) total -= 1
  }
  return { tier, healthy: Object.freeze(healthy), degraded: Object.freeze(degraded), total }
}

/** Those whom a tier uses in panic: its ill ones too, but nobody who wants no more calls, since that is no matter of judgement. */
function inPanic({ tier: { endpoints }, healthy }: Sorted, health: HealthView): readonly Endpoint[] {
  if (healthy.length === endpoints.length) return endpoints
  const isSpared = (endpoint: Endpoint) => health.isSpared?.(endpoint) ?? isLeaving(endpoint, health)
  return endpoints.some(isSpared) ? Object.freeze(endpoints.filter((endpoint) => !isSpared(endpoint))) : endpoints
}

function isLeaving(endpoint: Endpoint, health: HealthView): boolean {
  return health.isLeaving?.(endpoint) ?? endpoint.health === 'draining'
}

function groupsOf(
  name: string,
  endpoints: readonly Endpoint[],
  eligible: readonly Endpoint[],
  load: number,
  { locality, failover }: RoutingSettings,
  health: HealthView,
  foremost: boolean,
): readonly GroupPlan[] {
  if (eligible.length === 0) return []
  const places = splitByPlace({ endpoints, eligible, foremost, isLeaving: (endpoint) => isLeaving(endpoint, health) }, locality, failover)
  if (places === undefined) return [{ name, endpoints: eligible, load }]
  const all = places.reduce((sum, { weight }) => sum + weight, 0)
  return places.map(({ place, endpoints, weight }) => ({
    name: `${name} ${place}`,
    endpoints,
    load: (load * weight) / all,
    ...(weight === 0 && { shunned: place }),
  }))
}
