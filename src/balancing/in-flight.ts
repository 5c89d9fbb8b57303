import type { Endpoint } from '../endpoint/endpoint.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import { InFlightOf } from './in-flight-of.ts'
import type { LoadMeter, LoadPairs } from './load-meter.ts'

const busy = (endpoint: Endpoint): number => endpoint.inFlight
const ended = (): void => {}
const began = (): typeof ended => ended

class InFlightPairs implements LoadPairs {
  readonly #inFlight: InFlightOf

  constructor(endpoints: readonly Endpoint[]) {
    this.#inFlight = new InFlightOf(endpoints)
  }

  lighter(first: number, second: number): number {
    return this.#inFlight.at(first) <= this.#inFlight.at(second) ? first : second
  }
}

const pairs = (endpoints: readonly Endpoint[]): LoadPairs => new InFlightPairs(endpoints)

/**
 * The number of attempts that an endpoint has begun and not ended; a reply whose body is still being read counts.
 *
 * It reads the count that the mesh keeps on every endpoint anyway, so it costs nothing and cannot drift. It answers at once to an
 * endpoint that hangs, and knows nothing about one that is merely slow and idle.
 *
 * @example
 * ```ts
 * import { fixed, inFlight, mesh, powerOfTwo } from 'proxyless'
 *
 * const net = mesh()
 *   .service('orders', (s) => s.resolve(fixed(['http://10.0.0.7:8080', 'http://10.0.0.8:8080'])).balance(powerOfTwo(inFlight())))
 *   .build()
 * ```
 */
export function inFlight(): DescribedPart<LoadMeter> {
  return part('in-flight', {}, () => ({ name: 'in-flight', load: busy, peek: busy, began, pairs }))
}
