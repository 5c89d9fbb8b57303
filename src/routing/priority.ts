import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Distance } from './distance.ts'

/** Endpoints that stand for each other. */
export interface TierSet {
  /** See {@link Endpoint.priority}. */
  readonly priority: number
  /** How far away they are, when that matters; else 0. */
  readonly distance: number
  /** At least one; frozen. */
  readonly endpoints: readonly Endpoint[]
}

/** Distances are smaller than that: they count within a priority. */
const distances = 1_024

/**
 * Endpoints by priority, and within that by distance: those of one tier stand for each other, and a later tier is used as far as the ones before it do not serve.
 *
 * @param endpoints in any order.
 * @param distance how far away an endpoint is; nothing means that it does not matter.
 * @returns the tiers that have endpoints, lowest number first; within a tier the order stays.
 */
export function tiersOf(endpoints: readonly Endpoint[], distance?: Distance): readonly TierSet[] {
  const [first] = endpoints
  if (first === undefined) return []
  if (distance === undefined && endpoints.every(({ priority }) => priority === first.priority)) {
    return [{ priority: first.priority, distance: 0, endpoints }]
  }
  const tiers = new Map<number, Endpoint[]>()
  for (const endpoint of endpoints) {
    const rank = endpoint.priority * distances + (distance === undefined ? 0 : distance(endpoint))
    const tier = tiers.get(rank)
    if (tier === undefined) tiers.set(rank, [endpoint])
    else tier.push(endpoint)
  }
  return [...tiers]
    .sort(([left], [right]) => left - right)
    .map(([rank, tier]) => ({ priority: Math.floor(rank / distances), distance: rank % distances, endpoints: Object.freeze(tier) }))
}
