import type { Endpoint } from '../endpoint/endpoint.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import { makesParts } from '../runtime/part-factory.ts'
import type { Balancer, BalancerPart, Picker, PickQuery } from './balancer.ts'
import { hashOrder } from './hash-order.ts'
import { checkInner, innerDuties, makeInner } from './make-inner.ts'
import { OptionChecks } from './option-checks.ts'

/** Which part of the endpoints a {@link randomSubset} balancer uses. */
export interface RandomSubsetOptions {
  /** How many endpoints this process uses: a whole number of at least 1. */
  readonly size: number
  /** Chooses among them. */
  readonly balancer: BalancerPart
}

class SubsetPicker implements Picker {
  readonly #inner: Picker
  readonly #others: readonly Endpoint[]

  constructor(inner: Picker, others: readonly Endpoint[]) {
    this.#inner = inner
    this.#others = others
  }

  preparing(): Promise<void> | undefined {
    return this.#inner.preparing?.()
  }

  pick(query: PickQuery): Endpoint | undefined {
    const chosen = this.#inner.pick(query)
    if (chosen === undefined || !query.isSpent(chosen)) return chosen
    // The call has tried the whole subset: it is better to leave it than to try one again.
    for (let i = 0; i < this.#others.length; i += 1) {
      const other = this.#others[i] as Endpoint
      if (!query.isSpent(other)) return other
    }
    return chosen
  }
}

/**
 * Another balancer over a part of the endpoints, drawn by chance for each process: with many clients and many endpoints, nobody has
 * connections to all of them. When an endpoint comes or goes, at most one member of the part changes.
 *
 * An endpoint serves a number of clients that varies by chance: with `size * clients / endpoints` of them on average, by about the root of that.
 *
 * Source: gRPC's random subsetting (gRFC A68).
 *
 * @param options see {@link RandomSubsetOptions}.
 * @throws TypeError for an option that is not what it should be.
 * @example
 * ```ts
 * import { dns, inFlight, mesh, powerOfTwo, randomSubset } from 'proxyless'
 *
 * const net = mesh()
 *   .service('orders', (s) =>
 *     s.resolve(dns('orders.internal', { port: 8080 })).balance(randomSubset({ size: 20, balancer: powerOfTwo(inFlight()) })),
 *   )
 *   .build()
 * ```
 */
export function randomSubset(options: RandomSubsetOptions): DescribedPart<Balancer> {
  const checks = new OptionChecks('randomSubset', options, ['size', 'balancer'])
  // Nothing is no size.
  const size = checks.integer('size', 0, 1, Number.MAX_SAFE_INTEGER)
  const { balancer } = options
  checkInner('randomSubset', balancer)
  return part('random-subset', { size, balancer }, (host) => {
    const inner = makeInner('random-subset', balancer, host)
    const seed = Math.floor(host.random.fork('random-subset-seed').next() * 2 ** 32)
    const picker = (endpoints: readonly Endpoint[]): Picker => {
      if (endpoints.length <= size) return inner.picker(endpoints)
      const order = hashOrder(endpoints, seed)
      return new SubsetPicker(inner.picker(Object.freeze(order.slice(0, size))), order.slice(size))
    }
    const expect = (endpoints: readonly Endpoint[]) => {
      if (endpoints.length <= size) inner.expect?.(endpoints)
    }
    return { ...innerDuties(inner), name: `random-subset of ${inner.name}`, expect, picker }
  })
}

makesParts(randomSubset)
