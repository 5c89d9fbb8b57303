import type { Endpoint } from '../endpoint/endpoint.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import type { Balancer, Picker, PickQuery } from './balancer.ts'
import { evenOdds } from './odds.ts'

class RoundRobinPicker implements Picker {
  readonly #endpoints: readonly Endpoint[]
  #turn: number

  constructor(endpoints: readonly Endpoint[], start: number) {
    this.#endpoints = endpoints
    this.#turn = start
  }

  pick(query: PickQuery): Endpoint {
    const endpoints = this.#endpoints
    const first = this.#turn
    let at = first
    do {
      const endpoint = endpoints[at] as Endpoint
      at = at + 1 === endpoints.length ? 0 : at + 1
      if (!query.isSpent(endpoint)) {
        this.#turn = at
        return endpoint
      }
    } while (at !== first)
    this.#turn = first + 1 === endpoints.length ? 0 : first + 1
    return endpoints[first] as Endpoint
  }
}

/**
 * Each endpoint in its turn.
 *
 * Every picker begins at a random place: a fleet that starts at once does not march in step, and a set that changes often does not send
 * its bursts to the first endpoints (gRPC's round robin and Envoy begin so, too). Pickers share no counter: if two subsets did, alternating
 * calls would reach only every other endpoint of each.
 *
 * @example
 * ```ts
 * import { fixed, mesh, roundRobin } from 'proxyless'
 *
 * const net = mesh()
 *   .service('orders', (s) => s.resolve(fixed(['http://10.0.0.7:8080', 'http://10.0.0.8:8080'])).balance(roundRobin()))
 *   .build()
 * ```
 */
export function roundRobin(): DescribedPart<Balancer> {
  return part('round-robin', {}, (host) => {
    const draws = host.random.fork('round-robin')
    return {
      name: 'round-robin',
      odds: evenOdds,
      picker: (endpoints) => new RoundRobinPicker(endpoints, Math.floor(draws.next() * endpoints.length)),
    }
  })
}
