import type { Endpoint } from '../endpoint/endpoint.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import type { Balancer, Picker, PickQuery } from './balancer.ts'
import { firstOdds } from './odds.ts'

class InOrderPicker implements Picker {
  readonly #order: readonly Endpoint[]

  constructor(endpoints: readonly Endpoint[]) {
    // Sorting is stable: equals stay as they are listed.
    this.#order = endpoints.toSorted((a, b) => b.weight - a.weight)
  }

  pick(query: PickQuery): Endpoint {
    const order = this.#order
    for (let i = 0; i < order.length; i += 1) {
      const endpoint = order[i] as Endpoint
      if (!query.isSpent(endpoint)) return endpoint
    }
    return order[0] as Endpoint
  }
}

/**
 * One endpoint for every call, and another one only for a call that has tried it: the heaviest first, among equals the one that is listed
 * first. For services of which one endpoint leads and the others stand by.
 *
 * A resolver that lists endpoints in another order each time, as DNS may, moves the primary unless weights tell endpoints apart. To keep
 * calls away from a primary that is down altogether, use priorities.
 *
 * @example
 * ```ts
 * import { fixed, mesh, primaryBackup } from 'proxyless'
 *
 * const net = mesh()
 *   .service('ledger', (s) => s.resolve(fixed(['http://10.0.0.7:8080', 'http://10.0.0.8:8080'])).balance(primaryBackup()))
 *   .build()
 * ```
 */
export function primaryBackup(): DescribedPart<Balancer> {
  return part('primary-backup', {}, () => ({
    name: 'primary-backup',
    picker: (endpoints) => new InOrderPicker(endpoints),
    odds: firstOdds,
  }))
}
