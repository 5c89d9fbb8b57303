import type { Endpoint } from '../endpoint/endpoint.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import { makesParts } from '../runtime/part-factory.ts'
import type { Balancer, Picker, PickQuery } from './balancer.ts'
import { EndpointHashes } from './endpoint-hashes.ts'
import { type CallHash, type HashOn, readHashOn } from './hash-on.ts'
import { sureOdds, weightOdds } from './odds.ts'
import { OptionChecks } from './option-checks.ts'
import { RecentKeys } from './recent-keys.ts'

/** What a {@link rendezvous} balancer hashes. */
export interface RendezvousOptions {
  /** What of a call decides where it goes; a call that has nothing of it goes anywhere. */
  readonly hashOn: HashOn
  /**
   * For how many keys it is remembered where they belong, so that not all endpoints are looked at again: those that were asked for of late. It takes 8
   * bytes each, for each set of endpoints that is in use; among few endpoints it is for 256 keys an endpoint at most. A whole number from 0 to 1,048,576.
   *
   * @defaultValue {@link rendezvousDefaults}.recentKeys
   */
  readonly recentKeys?: number | undefined
}

/** The defaults of {@link RendezvousOptions}. */
export const rendezvousDefaults = Object.freeze({ recentKeys: 16_384 } as const)

/** Among few endpoints it is hardly worth more. */
const mostKeysEach = 256

class RendezvousPicker implements Picker {
  readonly #endpoints: readonly Endpoint[]
  readonly #hashes: EndpointHashes
  readonly #hash: CallHash
  readonly #recent: RecentKeys | undefined

  constructor(endpoints: readonly Endpoint[], hash: CallHash, recentKeys: number) {
    this.#endpoints = endpoints
    this.#hashes = new EndpointHashes(endpoints)
    this.#hash = hash
    this.#recent = recentKeys === 0 ? undefined : new RecentKeys(Math.min(recentKeys, mostKeysEach * endpoints.length))
  }

  pick(query: PickQuery): Endpoint | undefined {
    const key = this.#hash.saidBitsOf(query.call)
    // What has no key is as good as never seen again.
    if (key === undefined || this.#recent === undefined) return this.#preferred(key ?? this.#hash.anyBits(), query)
    let index = this.#recent.find(key)
    if (index < 0) {
      index = this.#hashes.indexPreferredBy(key)
      this.#recent.note(key, index)
    }
    const endpoint = this.#endpoints[index] as Endpoint
    return query.isFresh === true || !query.isSpent(endpoint) ? endpoint : this.#preferred(key, query)
  }

  #preferred(key: number, query: PickQuery): Endpoint | undefined {
    return this.#hashes.preferredBy(key, query) ?? this.#hashes.preferredBy(key)
  }
}

/**
 * The same endpoint for the same key: every key has an order of preference among endpoints, and gets the first that is there. When an
 * endpoint comes or goes, only its own keys move, exactly; shares follow the weights, exactly but for chance.
 *
 * For a key that was asked for of late, it is remembered where it belongs. For any other, a pick looks at every endpoint (some 4 ns each), and
 * nothing is made in advance. With hundreds of endpoints and keys that are seldom asked for twice, see `maglev` and `ringHash`.
 *
 * Source: Thaler and Ravishankar's highest random weight, with the logarithmic method for weights.
 *
 * @param options see {@link RendezvousOptions}.
 * @throws TypeError for an option that is not what it should be.
 * @example
 * ```ts
 * import { fixed, mesh, rendezvous } from 'proxyless'
 *
 * const net = mesh()
 *   .service('carts', (s) =>
 *     s.resolve(fixed(['http://10.0.0.7:8080', 'http://10.0.0.8:8080'])).balance(rendezvous({ hashOn: { header: 'x-user-id' } })),
 *   )
 *   .build()
 * ```
 */
export function rendezvous(options: RendezvousOptions): DescribedPart<Balancer> {
  const checks = new OptionChecks('rendezvous', options, ['hashOn', ...Object.keys(rendezvousDefaults)])
  // Untyped code may give nothing.
  const { hashOn } = options ?? ({} as RendezvousOptions)
  const callHash = readHashOn('rendezvous', hashOn)
  const recentKeys = checks.integer('recentKeys', rendezvousDefaults.recentKeys, 0, 1_048_576)
  return part('rendezvous', { hashOn, recentKeys }, (host) => {
    const hash = callHash(host.random.fork('rendezvous'))
    return {
      name: 'rendezvous',
      hash: (call) => hash.of(call),
      picker: (endpoints) => new RendezvousPicker(endpoints, hash, recentKeys),
      odds: (endpoints, query) => {
        const key = hash.peek(query.call)
        if (key === undefined) return weightOdds(endpoints, query)
        const hashes = new EndpointHashes(endpoints)
        return sureOdds(endpoints, hashes.preferredBy(key, query) ?? hashes.preferredBy(key))
      },
    }
  })
}

makesParts(rendezvous)
