import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Random } from '../runtime/random.ts'
import type { PickQuery } from './balancer.ts'

/**
 * What one more attempt costs an endpoint: `(in flight + 1) ^ bias / weight`, the inverse of the weight that Envoy's least request gives it.
 *
 * @param inFlight what it has in flight.
 * @param bias how much of that counts.
 * @param weight its weight.
 */
export function costOf(inFlight: number, bias: number, weight: number): number {
  return (bias === 1 ? inFlight + 1 : (inFlight + 1) ** bias) / weight
}

/**
 * The endpoint for which one more attempt costs least, among those that the call has not tried; among all, when it has tried them all.
 * Those that cost the same are as likely as each other.
 *
 * @param endpoints at least one.
 * @param bias see {@link costOf}.
 * @param draws where chance comes from.
 * @param query says which ones are spent.
 */
export function leastCost(endpoints: readonly Endpoint[], bias: number, draws: Random, query: PickQuery): Endpoint {
  return scan(endpoints, bias, draws, query) ?? (scan(endpoints, bias, draws, undefined) as Endpoint)
}

function scan(endpoints: readonly Endpoint[], bias: number, draws: Random, query: PickQuery | undefined): Endpoint | undefined {
  let best: Endpoint | undefined
  let bestCost = 0
  let ties = 0
  for (let i = 0; i < endpoints.length; i += 1) {
    const endpoint = endpoints[i] as Endpoint
    if (query?.isSpent(endpoint)) continue
    const cost = costOf(endpoint.inFlight, bias, endpoint.weight)
    if (best === undefined || cost < bestCost) {
      best = endpoint
      bestCost = cost
      ties = 1
    } else if (cost === bestCost) {
      ties += 1
      // The k-th of several replaces the one held with probability 1/k: in the end each was held with the same probability.
      if (draws.next() * ties < 1) best = endpoint
    }
  }
  return best
}
