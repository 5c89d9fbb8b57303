import type { Endpoint } from '../endpoint/endpoint.ts'

/**
 * Endpoints by priority: those of one tier stand for each other, and a later tier is used only when the ones before it do not serve.
 *
 * @param endpoints in any order.
 * @returns the tiers that have endpoints, lowest number first; within a tier the order stays.
 */
export function tiersOf(endpoints: readonly Endpoint[]): readonly (readonly Endpoint[])[] {
  const first = endpoints[0]
  if (first === undefined) return []
  if (endpoints.every((endpoint) => endpoint.priority === first.priority)) return [endpoints]
  const tiers = new Map<number, Endpoint[]>()
  for (const endpoint of endpoints) {
    const tier = tiers.get(endpoint.priority)
    if (tier === undefined) tiers.set(endpoint.priority, [endpoint])
    else tier.push(endpoint)
  }
  return [...tiers].sort(([left], [right]) => left - right).map(([, tier]) => Object.freeze(tier))
}
