import type { Endpoint } from '../endpoint/endpoint.ts'
import type { HealthView } from '../health/health-board.ts'
import { distanceFrom } from './distance.ts'
import { isHome } from './place.ts'
import { tiersOf } from './priority.ts'
import { type GroupPlan, planRouting, type TierPlan } from './routing-plan.ts'
import type { RoutingSettings } from './routing-settings.ts'
import { carries, type SubsetLabels, subsetKey } from './subset.ts'
import { anyInPanic, endpointsFor } from './subset-fallback.ts'

/** Where a call would go, worked out as routing does, without being in the way of any call. */
export interface Survey {
  /** Those that carry the labels of the call, or what stands in for them. */
  readonly matching: ReadonlySet<Endpoint>
  /** Whether the labels were given up. */
  readonly fellBack: boolean
  /** Those of them that are not too far away. */
  readonly near: ReadonlySet<Endpoint>
  /** The tiers and what they get. */
  readonly tiers: readonly TierPlan[]
  /** The tier of each endpoint, as a place in `tiers`. */
  readonly tierOf: ReadonlyMap<Endpoint, number>
  /** Endpoints that stand for each other, with their part of 100 calls. */
  readonly groups: readonly GroupPlan[]
  /** Those that calls may go to, in order of the groups. */
  readonly eligible: ReadonlySet<Endpoint>
}

/**
 * Looks at the endpoints of a service as they are now.
 *
 * @param endpoints those of the service.
 * @param labels what the call asks for, if anything.
 * @param health how the endpoints are.
 * @param settings how they are narrowed and divided.
 */
export function survey(
  endpoints: readonly Endpoint[],
  labels: SubsetLabels | undefined,
  health: HealthView,
  settings: RoutingSettings,
): Survey {
  const { locality, subsetFallback } = settings
  const asks = labels !== undefined && subsetKey(labels) !== ''
  const matching = asks ? endpointsFor(endpoints, labels, subsetFallback) : endpoints
  const near = locality?.mode === 'strict' ? matching.filter((endpoint) => isHome(endpoint.locality, locality)) : matching
  const tierSets = tiersOf(near, distanceFrom(locality))
  const { tiers, groups } = planRouting(tierSets, health, settings)
  const eligible = new Set(groups.flatMap((group) => group.endpoints))
  // As routing does when what the rule names has nobody who may be used.
  if (asks && anyInPanic(subsetFallback, labels, eligible.size, tierSets, tiers))
    return { ...survey(endpoints, undefined, health, settings), fellBack: true }
  return {
    matching: new Set(matching),
    fellBack: asks && matching.some((endpoint) => !carries(endpoint, labels)),
    near: new Set(near),
    tiers,
    tierOf: new Map(tierSets.flatMap((tier, i) => tier.endpoints.map((endpoint) => [endpoint, i] as const))),
    groups,
    eligible,
  }
}
