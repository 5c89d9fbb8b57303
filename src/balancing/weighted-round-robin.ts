import type { Endpoint } from '../endpoint/endpoint.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import type { Random } from '../runtime/random.ts'
import type { Balancer, Picker, PickQuery } from './balancer.ts'
import { drawUnspentByWeight } from './draw-unspent-by-weight.ts'
import { weightOdds } from './odds.ts'
import { Stride } from './stride.ts'

/** How often the sequence may name a spent endpoint before chance decides: a light one that is left could be 65,535 rounds away. */
const spentSkips = 8

class StaticStridePicker implements Picker {
  readonly #endpoints: readonly Endpoint[]
  readonly #draws: Random
  readonly #stride: Stride

  constructor(endpoints: readonly Endpoint[], draws: Random) {
    this.#endpoints = endpoints
    this.#draws = draws
    this.#stride = new Stride(
      Float64Array.from(endpoints, ({ weight }) => weight),
      draws,
    )
  }

  pick(query: PickQuery): Endpoint {
    for (let skips = 0; skips < spentSkips; skips += 1) {
      const endpoint = this.#endpoints[this.#stride.next()] as Endpoint
      if (!query.isSpent(endpoint)) return endpoint
    }
    return drawUnspentByWeight(this.#endpoints, this.#draws, query)
  }
}

/**
 * Each endpoint in its turn, the heavier ones more often: shares are exact, and the turns of an endpoint evenly spread.
 *
 * A pick looks at `largest weight / mean weight` endpoints on average, and at one when all are equal. The weights are those that the resolver
 * gives; below 1/65,535 of the largest they count as that. Like `roundRobin` it begins at a random place.
 *
 * Source: the static stride scheduler of gRPC's weighted round robin (gRFC A58). gRPC limits measured weights to between a tenth of their mean and ten times
 * their mean; somebody wrote these, so they count as they are.
 *
 * @example
 * ```ts
 * import { fixed, mesh, weightedRoundRobin } from 'proxyless'
 *
 * const net = mesh()
 *   .service('orders', (s) =>
 *     s.resolve(fixed([{ url: 'http://10.0.0.7:8080', weight: 3 }, 'http://10.0.0.8:8080'])).balance(weightedRoundRobin()),
 *   )
 *   .build()
 * ```
 */
export function weightedRoundRobin(): DescribedPart<Balancer> {
  return part('weighted-round-robin', {}, (host) => {
    const draws = host.random.fork('weighted-round-robin')
    return { name: 'weighted-round-robin', picker: (endpoints) => new StaticStridePicker(endpoints, draws), odds: weightOdds }
  })
}
