import type { Endpoint } from '../endpoint/endpoint.ts'
import { absorb, emptyHash, mix } from './hash.ts'

/**
 * Endpoints in an order that is the same wherever the seed is the same, has nothing to do with their places in the list, and in which
 * endpoints that come or go leave the others as they are.
 *
 * @param endpoints in any order.
 * @param seed a whole number; another one gives another order.
 */
export function hashOrder(endpoints: readonly Endpoint[], seed: number): readonly Endpoint[] {
  const ranked = endpoints.map((endpoint) => ({ endpoint, rank: mix(absorb(emptyHash ^ seed, endpoint.address)) }))
  ranked.sort((a, b) => a.rank - b.rank || (a.endpoint.address < b.endpoint.address ? -1 : 1))
  return Object.freeze(ranked.map(({ endpoint }) => endpoint))
}
