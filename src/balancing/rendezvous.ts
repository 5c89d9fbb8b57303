import type { Endpoint } from '../endpoint/endpoint.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import type { Balancer, Picker, PickQuery } from './balancer.ts'
import { EndpointHashes } from './endpoint-hashes.ts'
import { type CallHash, type HashOn, readHashOn } from './hash-on.ts'
import { sureOdds, weightOdds } from './odds.ts'
import { OptionChecks } from './option-checks.ts'

/** What a {@link rendezvous} balancer hashes. */
export interface RendezvousOptions {
  /** What of a call decides where it goes; a call that has nothing of it goes anywhere. */
  readonly hashOn: HashOn
}

class RendezvousPicker implements Picker {
  readonly #hashes: EndpointHashes
  readonly #hash: CallHash

  constructor(endpoints: readonly Endpoint[], hash: CallHash) {
    this.#hashes = new EndpointHashes(endpoints)
    this.#hash = hash
  }

  pick(query: PickQuery): Endpoint | undefined {
    const key = this.#hash.bitsOf(query.call)
    return this.#hashes.preferredBy(key, query) ?? this.#hashes.preferredBy(key)
  }
}

/**
 * The same endpoint for the same key: every key has an order of preference among endpoints, and gets the first that is there. When an
 * endpoint comes or goes, only its own keys move, exactly; shares follow the weights, exactly but for chance.
 *
 * A pick looks at every endpoint (some 6 ns each), and nothing is made in advance. With more than a few dozen, see `maglev` and `ringHash`.
 *
 * Source: Thaler and Ravishankar's highest random weight, with the logarithmic method for weights.
 *
 * @param options see {@link RendezvousOptions}.
 * @throws TypeError when `hashOn` is not what it should be.
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
  new OptionChecks('rendezvous', options, ['hashOn'])
  // Untyped code may give nothing.
  const { hashOn } = options ?? ({} as RendezvousOptions)
  const callHash = readHashOn('rendezvous', hashOn)
  return part('rendezvous', { hashOn }, (host) => {
    const hash = callHash(host.random.fork('rendezvous'))
    return {
      name: 'rendezvous',
      hash: (call) => hash.of(call),
      picker: (endpoints) => new RendezvousPicker(endpoints, hash),
      odds: (endpoints, query) => {
        const key = hash.peek(query.call)
        if (key === undefined) return weightOdds(endpoints, query)
        const hashes = new EndpointHashes(endpoints)
        return sureOdds(endpoints, hashes.preferredBy(key, query) ?? hashes.preferredBy(key))
      },
    }
  })
}
