import type { Endpoint } from '../endpoint/endpoint.ts'
import { type DescribedPart, part } from '../runtime/part.ts'
import { makesParts } from '../runtime/part-factory.ts'
import type { Balancer, PickQuery } from './balancer.ts'
import { EndpointHashes } from './endpoint-hashes.ts'
import { mix } from './hash.ts'
import { type HashOn, readHashOn } from './hash-on.ts'
import { isPrime, maglevSteps } from './maglev-table.ts'
import { OptionChecks } from './option-checks.ts'
import type { Steps } from './steps.ts'
import { TablePicker, tableOdds } from './table-picker.ts'
import { type KeyTable, TableWorks } from './table-works.ts'

/** How a {@link maglev} balancer hashes. */
export interface MaglevOptions {
  /** What of a call decides where it goes; a call that has nothing of it goes anywhere. */
  readonly hashOn: HashOn
  /**
   * Slots of the table: a prime from 2 to 5,000,011. A hundred for each endpoint keep shares within 2 %; with fewer slots than endpoints,
   * some endpoints get nothing.
   *
   * @defaultValue {@link maglevDefaults}.tableSize
   */
  readonly tableSize?: number | undefined
}

/** The defaults of {@link MaglevOptions}; the size is that of the paper, and Envoy's. */
export const maglevDefaults = Object.freeze({ tableSize: 65_537 } as const)

/** How many other slots are looked at for an endpoint that is not spent, before each key's order of preference decides. */
const rehashes = 8

class MaglevTable implements KeyTable {
  readonly endpoints: readonly Endpoint[]
  readonly #hashes: EndpointHashes
  readonly #table: Uint32Array

  constructor(endpoints: readonly Endpoint[], hashes: EndpointHashes, table: Uint32Array) {
    this.endpoints = endpoints
    this.#hashes = hashes
    this.#table = table
  }

  pick(key: number, query: PickQuery): Endpoint {
    const first = this.#at(key)
    if (!query.isSpent(first)) return first
    for (let rehash = 1; rehash <= rehashes; rehash += 1) {
      const other = this.#at(mix(key + Math.imul(rehash, 0x9e3779b9)))
      if (!query.isSpent(other)) return other
    }
    return this.#hashes.preferredBy(key, query) ?? first
  }

  #at(hash: number): Endpoint {
    return this.endpoints[this.#table[(hash >>> 0) % this.#table.length] as number] as Endpoint
  }
}

function* maglevKeyTable(endpoints: readonly Endpoint[], size: number): Steps<KeyTable> {
  const hashes = yield* EndpointHashes.inSteps(endpoints)
  return new MaglevTable(endpoints, hashes, yield* maglevSteps(endpoints, hashes, size))
}

/**
 * The same endpoint for the same key, by one look into a table: the fastest of the three at any number of endpoints, and the one with the
 * most even shares. When an endpoint comes or goes, its keys move and a few others, too: one in 200 with 50 endpoints.
 *
 * The table is made when the set changes, in some milliseconds.
 *
 * Source: Eisenbud et al., "Maglev: a fast and reliable software network load balancer", with Envoy's rule for weights.
 *
 * @param options see {@link MaglevOptions}.
 * @throws TypeError for an option that is not what it should be.
 * @example
 * ```ts
 * import { fixed, maglev, mesh } from 'proxyless'
 *
 * const net = mesh()
 *   .service('carts', (s) => s.resolve(fixed(['http://10.0.0.7:8080', 'http://10.0.0.8:8080'])).balance(maglev({ hashOn: 'path' })))
 *   .build()
 * ```
 */
export function maglev(options: MaglevOptions): DescribedPart<Balancer> {
  const checks = new OptionChecks('maglev', options, ['hashOn', ...Object.keys(maglevDefaults)])
  // Untyped code may give nothing.
  const { hashOn } = options ?? ({} as MaglevOptions)
  const callHash = readHashOn('maglev', hashOn)
  const tableSize = checks.integer('tableSize', maglevDefaults.tableSize, 2, 5_000_011)
  if (!isPrime(tableSize)) checks.refuse('tableSize', 'a prime')
  return part('maglev', { hashOn, tableSize }, (host) => {
    const hash = callHash(host.random.fork('maglev'))
    const entries = (endpoints: readonly Endpoint[]) => Math.max(endpoints.length, tableSize)
    const works = new TableWorks(host.clock, (endpoints) => maglevKeyTable(endpoints, tableSize), entries)
    return {
      name: 'maglev',
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

makesParts(maglev)
