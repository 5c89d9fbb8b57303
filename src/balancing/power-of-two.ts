import type { Endpoint } from '../endpoint/endpoint.ts'
import { printValue } from '../errors/print-value.ts'
import type { Part } from '../runtime/host.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import { isPartFactory, makesParts } from '../runtime/part-factory.ts'
import { drawBelow, type Random } from '../runtime/random.ts'
import type { Balancer, Picker, PickQuery } from './balancer.ts'
import type { LoadMeter, LoadPairs } from './load-meter.ts'
import { mostFailingPairs, mostPairs, pairOdds, redraws } from './pair-odds.ts'
import { Readmissions } from './readmissions.ts'

/** Compares endpoints of a set by a meter that has nothing prepared for that. */
class PairsByEndpoint implements LoadPairs {
  readonly #endpoints: readonly Endpoint[]
  readonly #meter: LoadMeter

  constructor(endpoints: readonly Endpoint[], meter: LoadMeter) {
    this.#endpoints = endpoints
    this.#meter = meter
  }

  lighter(first: number, second: number, at: number | undefined): number {
    const meter = this.#meter
    const left = this.#endpoints[first] as Endpoint
    const right = this.#endpoints[second] as Endpoint
    if (meter.lighter === undefined) return meter.load(left, at) <= meter.load(right, at) ? first : second
    const lighter = meter.lighter(left, right, at)
    if (lighter === undefined) return -1
    return lighter === left ? first : second
  }
}

class PowerOfTwoPicker implements Picker {
  readonly #endpoints: readonly Endpoint[]
  readonly #meter: LoadMeter
  readonly #pairs: LoadPairs
  readonly #draws: Random

  constructor(endpoints: readonly Endpoint[], meter: LoadMeter, draws: Random) {
    this.#endpoints = endpoints
    this.#meter = meter
    this.#pairs = meter.pairs?.(endpoints) ?? new PairsByEndpoint(endpoints, meter)
    this.#draws = draws
  }

  pick(query: PickQuery): Endpoint {
    const endpoints = this.#endpoints
    const count = endpoints.length
    if (count === 1) return endpoints[0] as Endpoint
    const draws = this.#draws
    const isFresh = query.isFresh === true
    let spentDraws = 0
    let pairs = 0
    while (spentDraws <= redraws) {
      const a = drawBelow(draws, count)
      // The second draw has one hole; shifting past it keeps both uniform and apart.
      const skip = drawBelow(draws, count - 1)
      const b = skip >= a ? skip + 1 : skip
      if (!isFresh && (query.isSpent(endpoints[a] as Endpoint) || query.isSpent(endpoints[b] as Endpoint))) {
        spentDraws += 1
        continue
      }
      const lighter = this.#pairs.lighter(a, b, query.at)
      if (lighter >= 0) return endpoints[lighter] as Endpoint
      pairs += 1
      if (pairs >= mostPairs && (pairs === mostFailingPairs || !this.#bothFail(a, b, query.at))) {
        return this.#byLoad(endpoints[a] as Endpoint, endpoints[b] as Endpoint, query.at)
      }
    }
    return this.#pickBySearch(query)
  }

  #bothFail(a: number, b: number, at: number | undefined): boolean {
    const meter = this.#meter
    if (meter.isFailing === undefined) return false
    return meter.isFailing(this.#endpoints[a] as Endpoint, at) && meter.isFailing(this.#endpoints[b] as Endpoint, at)
  }

  #byLoad(left: Endpoint, right: Endpoint, at: number | undefined): Endpoint {
    const meter = this.#meter
    return meter.load(left, at) <= meter.load(right, at) ? left : right
  }

  /** Two by chance of those that are not spent, or of all, if all are: a reservoir of two, so that nothing is allocated. */
  #pickBySearch(query: PickQuery): Endpoint {
    const endpoints = this.#endpoints
    const draws = this.#draws
    let unspent = 0
    for (let i = 0; i < endpoints.length; i += 1) if (!query.isSpent(endpoints[i] as Endpoint)) unspent += 1
    let left: Endpoint | undefined
    let right: Endpoint | undefined
    let seen = 0
    for (let i = 0; i < endpoints.length; i += 1) {
      const endpoint = endpoints[i] as Endpoint
      if (unspent > 0 && query.isSpent(endpoint)) continue
      seen += 1
      if (left === undefined) left = endpoint
      else if (right === undefined) right = endpoint
      else {
        const at = Math.floor(draws.next() * seen)
        if (at === 0) left = endpoint
        else if (at === 1) right = endpoint
      }
    }
    // Whoever comes first in the reservoir would win every tie.
    if (right === undefined) return left as Endpoint
    const { at } = query
    return draws.next() < 0.5 ? this.#byLoad(left as Endpoint, right, at) : this.#byLoad(right, left as Endpoint, at)
  }
}

/**
 * The less loaded of two endpoints drawn by chance. It keeps queues nearly as short as asking everybody, without the herd that runs to
 * whoever is least loaded at the moment (Mitzenmacher, "The power of two choices in randomized load balancing").
 *
 * Where the meter knows that one of the two fails, another pair is drawn, up to three; where both of the third fail, too, up to eight. The two are distinct, as in Finagle and Linkerd: with replacement, the busier of two endpoints would still get a quarter of the calls.
 *
 * @param meter what load is.
 * @throws TypeError when `meter` is not a load meter.
 * @example
 * ```ts
 * import { fixed, inFlight, mesh, powerOfTwo } from 'proxyless'
 *
 * const net = mesh()
 *   .service('orders', (s) => s.resolve(fixed(['http://10.0.0.7:8080', 'http://10.0.0.8:8080'])).balance(powerOfTwo(inFlight())))
 *   .build()
 * ```
 */
export function powerOfTwo(meter: Part<LoadMeter>): DescribedPart<Balancer> {
  if (typeof meter !== 'function' || isPartFactory(meter)) {
    throw new TypeError(`powerOfTwo: meter: expected a load meter such as inFlight(), got ${printValue(meter)}`)
  }
  return part('power-of-two', { meter }, (host) => {
    const made = meter(host)
    if (typeof made?.load !== 'function' || typeof made.began !== 'function') {
      throw new TypeError(`${host.service}: powerOfTwo: meter: expected an object with load and began, got ${printValue(made)}`)
    }
    const draws = host.random.fork('power-of-two')
    const readmissions = made.readmitted === undefined ? undefined : new Readmissions()
    return {
      name: 'power-of-two',
      meters: [made],
      picker: (endpoints) => new PowerOfTwoPicker(endpoints, made, draws),
      odds: (endpoints, query) => pairOdds(endpoints, query, made),
      ...(readmissions && {
        noticed: (endpoints: readonly Endpoint[], isFit: (endpoint: Endpoint) => boolean) => readmissions.noticed(endpoints, isFit, made),
      }),
    }
  })
}

makesParts(powerOfTwo)
