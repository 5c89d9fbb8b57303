import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Random } from '../runtime/random.ts'
import type { PickQuery } from './balancer.ts'
import { summable } from './summable-weight.ts'

/**
 * An endpoint by chance, in proportion to its weight, among those that the call has not tried; among all, when it has tried them all. It
 * looks at each: this is the way out for a balancer whose own draws keep hitting what was tried.
 *
 * @param endpoints at least one.
 * @param draws where chance comes from.
 * @param query says which ones are spent.
 */
export function drawUnspentByWeight(endpoints: readonly Endpoint[], draws: Random, query: PickQuery): Endpoint {
  let drawn: Endpoint | undefined
  let total = 0
  for (let i = 0; i < endpoints.length; i += 1) {
    const endpoint = endpoints[i] as Endpoint
    if (query.isSpent(endpoint)) continue
    const weight = summable(endpoint.weight)
    total += weight
    // Each replaces the one held with its share of the weight so far: in the end each was held with its share of all.
    if (drawn === undefined || draws.next() * total < weight) drawn = endpoint
  }
  if (drawn !== undefined) return drawn
  for (let i = 0; i < endpoints.length; i += 1) {
    const endpoint = endpoints[i] as Endpoint
    const weight = summable(endpoint.weight)
    total += weight
    if (drawn === undefined || draws.next() * total < weight) drawn = endpoint
  }
  return drawn as Endpoint
}
