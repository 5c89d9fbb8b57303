import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Random } from '../runtime/random.ts'
import type { PickQuery } from './balancer.ts'

/** How often a spent endpoint is drawn before looking at all of them: enough for the few attempts of a call in a set that is not tiny. */
const redraws = 4

/**
 * An endpoint by chance, each as likely as the others, among those that the call has not tried; among all, when it has tried them all.
 *
 * Looking for the next one that was not tried would be shorter, but it would give each tried endpoint's share to its neighbour.
 *
 * @param endpoints at least one.
 * @param draws where chance comes from.
 * @param query says which ones are spent.
 */
export function drawUnspent(endpoints: readonly Endpoint[], draws: Random, query: PickQuery): Endpoint {
  let drawn = endpoints[0] as Endpoint
  for (let draw = 0; draw <= redraws; draw += 1) {
    drawn = endpoints[Math.floor(draws.next() * endpoints.length)] as Endpoint
    if (!query.isSpent(drawn)) return drawn
  }
  let unspent = 0
  for (let i = 0; i < endpoints.length; i += 1) {
    const endpoint = endpoints[i] as Endpoint
    if (query.isSpent(endpoint)) continue
    unspent += 1
    // The k-th one replaces the one held with probability 1/k: in the end each was held with the same probability.
    if (draws.next() * unspent < 1) drawn = endpoint
  }
  return drawn
}
