import type { Endpoint } from '../endpoint/endpoint.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import type { Random } from '../runtime/random.ts'
import type { Balancer, Picker, PickQuery } from './balancer.ts'
import { drawUnspentByWeight } from './draw-unspent-by-weight.ts'

/** The weight of the heaviest endpoint after scaling, and the number of rounds after which the sequence repeats. */
const scale = 65_535
/** How far endpoints that follow each other in the list are apart in their phase: nearly half a turn. */
const phase = 32_767
/** How often the sequence may name a spent endpoint before chance decides: a light one that is left could be 65,535 rounds away. */
const spentSkips = 8

/**
 * The static stride scheduler of gRPC: in round g, endpoint i has its turn if `(s_i * g + phase * i) mod 65535` is in the last `s_i` of its
 * values, that is in a share `s_i / 65535` of the rounds, evenly spread. There is no heap and no list: two counters are all its state.
 */
class StaticStridePicker implements Picker {
  readonly #endpoints: readonly Endpoint[]
  readonly #scaled: Uint32Array
  readonly #draws: Random
  #index: number
  #round: number

  constructor(endpoints: readonly Endpoint[], draws: Random) {
    this.#endpoints = endpoints
    this.#draws = draws
    this.#index = Math.floor(draws.next() * endpoints.length)
    this.#round = Math.floor(draws.next() * scale)
    let heaviest = 0
    for (const { weight } of endpoints) heaviest = Math.max(heaviest, weight)
    // Whoever has a weight at all has a turn sometimes.
    this.#scaled = Uint32Array.from(endpoints, ({ weight }) => Math.max(1, Math.round((weight / heaviest) * scale)))
  }

  pick(query: PickQuery): Endpoint {
    for (let skips = 0; skips < spentSkips; skips += 1) {
      const endpoint = this.#next()
      if (!query.isSpent(endpoint)) return endpoint
    }
    return drawUnspentByWeight(this.#endpoints, this.#draws, query)
  }

  #next(): Endpoint {
    // The heaviest has its turn in every round, so this ends within one.
    for (;;) {
      const index = this.#index
      const round = this.#round
      const scaled = this.#scaled[index] as number
      this.#index = index + 1
      if (this.#index === this.#endpoints.length) {
        this.#index = 0
        this.#round = round + 1 === scale ? 0 : round + 1
      }
      if ((scaled * round + phase * index) % scale >= scale - scaled) return this.#endpoints[index] as Endpoint
    }
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
    return { name: 'weighted-round-robin', picker: (endpoints) => new StaticStridePicker(endpoints, draws) }
  })
}
