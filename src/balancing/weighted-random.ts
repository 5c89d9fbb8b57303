import type { Endpoint } from '../endpoint/endpoint.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import type { Random } from '../runtime/random.ts'
import { AliasTable } from './alias-table.ts'
import type { Balancer, Picker, PickQuery } from './balancer.ts'
import { drawUnspentByWeight } from './draw-unspent-by-weight.ts'
import { weightOdds } from './odds.ts'
import { summable } from './summable-weight.ts'

/** How often a spent endpoint is drawn before looking at all of them. */
const redraws = 4

class WeightedRandomPicker implements Picker {
  readonly #endpoints: readonly Endpoint[]
  readonly #table: AliasTable
  readonly #draws: Random

  constructor(endpoints: readonly Endpoint[], draws: Random) {
    this.#endpoints = endpoints
    this.#table = new AliasTable(Float64Array.from(endpoints, ({ weight }) => summable(weight)))
    this.#draws = draws
  }

  pick(query: PickQuery): Endpoint {
    for (let draw = 0; draw <= redraws; draw += 1) {
      const drawn = this.#endpoints[this.#table.at(this.#draws.next())] as Endpoint
      if (!query.isSpent(drawn)) return drawn
    }
    return drawUnspentByWeight(this.#endpoints, this.#draws, query)
  }
}

/**
 * Any endpoint, as likely as its weight says. For many clients that make few calls each: they cannot march in step, as clients that take
 * turns may.
 *
 * A pick takes one draw and two reads of a table, however many endpoints there are (Vose's alias method).
 *
 * @example
 * ```ts
 * import { fixed, mesh, weightedRandom } from 'proxyless'
 *
 * const net = mesh()
 *   .service('orders', (s) => s.resolve(fixed([{ url: 'http://10.0.0.7:8080', weight: 3 }, 'http://10.0.0.8:8080'])).balance(weightedRandom()))
 *   .build()
 * ```
 */
export function weightedRandom(): DescribedPart<Balancer> {
  return part('weighted-random', {}, (host) => {
    const draws = host.random.fork('weighted-random')
    return { name: 'weighted-random', picker: (endpoints) => new WeightedRandomPicker(endpoints, draws), odds: weightOdds }
  })
}
