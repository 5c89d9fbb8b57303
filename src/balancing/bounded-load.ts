import type { Call } from '../call/call.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import { makesParts } from '../runtime/part-factory.ts'
import type { Balancer, BalancerPart, Picker, PickQuery } from './balancer.ts'
import { checkInner, innerDuties, makeInner } from './make-inner.ts'
import { OptionChecks } from './option-checks.ts'
import { summable } from './summable-weight.ts'

/** How far a {@link boundedLoad} balancer lets loads differ. */
export interface BoundedLoadOptions {
  /**
   * The most that all may have in flight, as a multiple of what they have with the attempt that is to begin: a number from 1 to 100. That is rounded to
   * a whole number of places, of which each endpoint has its part by weight, rounded up, and one in any case. Closer to 1, loads are more even
   * and more keys go elsewhere.
   *
   * @defaultValue {@link boundedLoadDefaults}.factor
   */
  readonly factor?: number | undefined
}

/** The defaults of {@link BoundedLoadOptions}; the factor is the one that HAProxy's makers and Vimeo use. */
export const boundedLoadDefaults = Object.freeze({ factor: 1.25 } as const)

/**
 * How many attempts an endpoint may have in flight.
 *
 * @param inFlight what all have in flight, without the attempt that is to begin.
 * @param factor see {@link BoundedLoadOptions.factor}.
 * @param weight that of the endpoint.
 * @param totalWeight that of all; its product with what is in flight must be finite.
 */
export function slotsFor(inFlight: number, factor: number, weight: number, totalWeight: number): number {
  const all = Math.floor((inFlight + 1) * factor + 0.99)
  // What exceeds a whole number by rounding alone is that number.
  return Math.max(1, Math.ceil((all * weight) / totalWeight - 1e-9))
}

/** A query to which full endpoints are spent ones: whatever the wrapped balancer does about those, it does about these. */
class BoundedQuery implements PickQuery {
  readonly #endpoints: readonly Endpoint[]
  readonly #factor: number
  readonly #totalWeight: number
  #asked: PickQuery | undefined
  #inFlight = 0

  constructor(endpoints: readonly Endpoint[], factor: number) {
    this.#endpoints = endpoints
    this.#factor = factor
    this.#totalWeight = endpoints.reduce((sum, { weight }) => sum + summable(weight), 0)
  }

  get call(): Call {
    return (this.#asked as PickQuery).call
  }

  get at(): number | undefined {
    return (this.#asked as PickQuery).at
  }

  readonly isSpent = (endpoint: Endpoint): boolean => (this.#asked as PickQuery).isSpent(endpoint) || this.isFull(endpoint)

  isFull({ inFlight, weight }: Endpoint): boolean {
    return inFlight > 0 && inFlight >= slotsFor(this.#countInFlight(), this.#factor, summable(weight), this.#totalWeight)
  }

  /** @returns what the query stood for: to be put back afterwards, since a hash function of the user may begin another call. */
  standFor(asked: PickQuery | undefined): PickQuery | undefined {
    const before = this.#asked
    this.#asked = asked
    this.#inFlight = -1
    return before
  }

  /** Counted when it is needed, and then once for a pick: an idle endpoint is never full. */
  #countInFlight(): number {
    if (this.#inFlight < 0) {
      this.#inFlight = 0
      for (let i = 0; i < this.#endpoints.length; i += 1) this.#inFlight += (this.#endpoints[i] as Endpoint).inFlight
    }
    return this.#inFlight
  }
}

class BoundedPicker implements Picker {
  readonly #inner: Picker
  readonly #query: BoundedQuery

  constructor(inner: Picker, endpoints: readonly Endpoint[], factor: number) {
    this.#inner = inner
    this.#query = new BoundedQuery(endpoints, factor)
  }

  pick(query: PickQuery): Endpoint | undefined {
    const bounded = this.#query
    const before = bounded.standFor(query)
    try {
      const chosen = this.#inner.pick(bounded)
      // Nobody is left who has neither been tried nor is full: a full one that was not tried is better than one that was.
      return chosen === undefined || bounded.isSpent(chosen) ? this.#inner.pick(query) : chosen
    } finally {
      bounded.standFor(before)
    }
  }

  preparing(): Promise<void> | undefined {
    return this.#inner.preparing?.()
  }
}

/**
 * Another balancer, but no endpoint gets more than its part of `factor` times what is in flight; see {@link BoundedLoadOptions.factor} for what is
 * rounded. For hashing: a key that everybody
 * asks for overflows to the endpoints that it prefers next, and comes back when there is room.
 *
 * To the balancer inside, an endpoint that is full looks as if the call had tried it already, so it works with any that heeds `isSpent`. Counting what is in
 * flight looks at every endpoint (5 to 10 ns each), unless the one that was chosen is idle.
 *
 * Source: Mirrokni, Thorup and Zadimoghaddam, "Consistent hashing with bounded loads", with Envoy's rule for weights.
 *
 * @param balancer the balancer inside.
 * @param options see {@link BoundedLoadOptions}.
 * @throws TypeError for an option out of its range.
 * @example
 * ```ts
 * import { boundedLoad, fixed, maglev, mesh } from 'proxyless'
 *
 * const net = mesh()
 *   .service('thumbnails', (s) =>
 *     s
 *       .resolve(fixed(['http://10.0.0.7:8080', 'http://10.0.0.8:8080']))
 *       .balance(boundedLoad(maglev({ hashOn: 'path' }), { factor: 1.5 })),
 *   )
 *   .build()
 * ```
 */
export function boundedLoad(balancer: BalancerPart, options?: BoundedLoadOptions): DescribedPart<Balancer> {
  const checks = new OptionChecks('boundedLoad', options, Object.keys(boundedLoadDefaults))
  const factor = checks.number('factor', boundedLoadDefaults.factor, 1, 100)
  checkInner('boundedLoad', balancer)
  return part('bounded-load', { balancer, factor }, (host) => {
    const inner = makeInner('bounded-load', balancer, host)
    return {
      ...innerDuties(inner),
      name: `bounded-load of ${inner.name}`,
      picker: (endpoints) => new BoundedPicker(inner.picker(endpoints), endpoints, factor),
    }
  })
}

makesParts(boundedLoad)
