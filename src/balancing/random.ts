import type { Endpoint } from '../endpoint/endpoint.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import type { Random } from '../runtime/random.ts'
import type { Balancer, Picker, PickQuery } from './balancer.ts'
import { drawUnspent } from './draw-unspent.ts'
import { evenOdds } from './odds.ts'

class RandomPicker implements Picker {
  readonly #endpoints: readonly Endpoint[]
  readonly #draws: Random

  constructor(endpoints: readonly Endpoint[], draws: Random) {
    this.#endpoints = endpoints
    this.#draws = draws
  }

  pick(query: PickQuery): Endpoint {
    return drawUnspent(this.#endpoints, this.#draws, query)
  }
}

/**
 * Any endpoint, each as likely as the others. It needs to know nothing, and so it is right where loads are equal and calls are many and
 * short; where they are not, `powerOfTwo` costs one more draw and keeps queues far shorter.
 *
 * @example
 * ```ts
 * import { fixed, mesh, random } from 'proxyless'
 *
 * const net = mesh()
 *   .service('orders', (s) => s.resolve(fixed(['http://10.0.0.7:8080', 'http://10.0.0.8:8080'])).balance(random()))
 *   .build()
 * ```
 */
export function random(): DescribedPart<Balancer> {
  return part('random', {}, (host) => {
    const draws = host.random.fork('random')
    return { name: 'random', picker: (endpoints) => new RandomPicker(endpoints, draws), odds: evenOdds }
  })
}
