import type { Endpoint } from '../endpoint/endpoint.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import { makesParts } from '../runtime/part-factory.ts'
import type { Balancer, PickQuery } from './balancer.ts'
import { EndpointHashes } from './endpoint-hashes.ts'
import { type HashOn, readHashOn } from './hash-on.ts'
import { OptionChecks } from './option-checks.ts'
import { pointsInSteps, Ring } from './ring.ts'
import { type Steps, weightSteps } from './steps.ts'
import { TablePicker, tableOdds } from './table-picker.ts'
import { type KeyTable, TableWorks } from './table-works.ts'

/** How a {@link ringHash} balancer hashes. Sizes have defaults, see {@link ringHashDefaults}. */
export interface RingHashOptions {
  /** What of a call decides where it goes; a call that has nothing of it goes anywhere. */
  readonly hashOn: HashOn
  /**
   * The least number of points on the ring: with v points, the share of an endpoint is off by about `1 / sqrt(v)` of it. From 1 to 8,388,608.
   *
   * @defaultValue {@link ringHashDefaults}.minSize
   */
  readonly minSize?: number | undefined
  /** The most, but for one for each endpoint, which limits memory. From 1 to 8,388,608. @defaultValue {@link ringHashDefaults}.maxSize */
  readonly maxSize?: number | undefined
}

/** The defaults of {@link RingHashOptions}. Envoy's ring has 1,024 points at least, which leaves 100 endpoints 30 % off. */
export const ringHashDefaults = Object.freeze({ minSize: 16_384, maxSize: 131_072 } as const)

const largestSize = 8_388_608
/** How many points are looked at for one that is not spent, before each key's order of preference decides. */
const longestWalk = 64

class RingTable implements KeyTable {
  readonly endpoints: readonly Endpoint[]
  readonly #hashes: EndpointHashes
  readonly #ring: Ring

  constructor(endpoints: readonly Endpoint[], hashes: EndpointHashes, ring: Ring) {
    this.endpoints = endpoints
    this.#hashes = hashes
    this.#ring = ring
  }

  pick(key: number, query: PickQuery): Endpoint {
    const first = this.#ring.placeOf(key)
    const walk = Math.min(longestWalk, this.#ring.size)
    for (let step = 0, place = first; step < walk; step += 1) {
      const endpoint = this.endpoints[this.#ring.ownerAt(place)] as Endpoint
      if (!query.isSpent(endpoint)) return endpoint
      place = place + 1 === this.#ring.size ? 0 : place + 1
    }
    return this.#hashes.preferredBy(key, query) ?? (this.endpoints[this.#ring.ownerAt(first)] as Endpoint)
  }
}

function* ringTable(endpoints: readonly Endpoint[], minSize: number, maxSize: number): Steps<KeyTable> {
  const hashes = yield* EndpointHashes.inSteps(endpoints)
  yield
  const weights = yield* weightSteps(endpoints)
  const points = yield* pointsInSteps(weights, minSize, maxSize)
  yield
  return new RingTable(endpoints, hashes, yield* Ring.inSteps(endpoints, hashes, points))
}

/**
 * The same endpoint for the same key: keys and endpoints have places on a ring, and a key belongs to the next endpoint. When an endpoint comes
 * or goes, only its own keys move, as long as the sum of weights (without weights: the number of endpoints) does not cross a power of two in relation to `minSize`.
 *
 * A pick is a look into a sorted list next to where the key belongs (some 15 ns, and the time to hash the key). The ring is made when the set changes, in some milliseconds.
 *
 * Source: Karger's consistent hashing with points by weight, as in Envoy; see `pointsFor` for the difference.
 *
 * @param options see {@link RingHashOptions}.
 * @throws TypeError for an option that is not what it should be.
 * @example
 * ```ts
 * import { fixed, mesh, ringHash } from 'proxyless'
 *
 * const net = mesh()
 *   .service('carts', (s) =>
 *     s.resolve(fixed(['http://10.0.0.7:8080', 'http://10.0.0.8:8080'])).balance(ringHash({ hashOn: { cookie: 'session' } })),
 *   )
 *   .build()
 * ```
 */
export function ringHash(options: RingHashOptions): DescribedPart<Balancer> {
  const checks = new OptionChecks('ringHash', options, ['hashOn', ...Object.keys(ringHashDefaults)])
  // Untyped code may give nothing.
  const { hashOn } = options ?? ({} as RingHashOptions)
  const callHash = readHashOn('ringHash', hashOn)
  const minSize = checks.integer('minSize', ringHashDefaults.minSize, 1, largestSize)
  const maxSize = checks.integer('maxSize', Math.max(minSize, ringHashDefaults.maxSize), 1, largestSize)
  if (minSize > maxSize) checks.refuse('minSize', `at most maxSize, which is ${maxSize}`, minSize)
  return part('ring-hash', { hashOn, minSize, maxSize }, (host) => {
    const hash = callHash(host.random.fork('ring-hash'))
    const entries = (endpoints: readonly Endpoint[]) => Math.max(endpoints.length, Math.min(2 * minSize, maxSize))
    const works = new TableWorks(host.clock, (endpoints) => ringTable(endpoints, minSize, maxSize), entries)
    return {
      name: 'ring-hash',
      hash: (call) => hash.of(call),
      picker: (endpoints) => new TablePicker(endpoints, hash, works),
      expect: (endpoints) => works.expect(endpoints),
      prepares: true,
      odds: (endpoints, query) => tableOdds(endpoints, query, hash, works),
      counts: () => ({ tables: works.made }),
      close: () => works.close(),
    }
  })
}

makesParts(ringHash)
