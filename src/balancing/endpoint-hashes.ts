import type { Endpoint } from '../endpoint/endpoint.ts'
import type { PickQuery } from './balancer.ts'
import { absorb, emptyHash, mix } from './hash.ts'
import { allSteps, piecesPerStep, type Steps } from './steps.ts'

/** Begins a second hash function: two addresses that agree in one of them differ in the other. */
const secondHash = 0x9747b28c

/** The first hash of each, the second, and whether all have one weight. */
type Hashes = readonly [Uint32Array, Uint32Array, boolean]

/** Two hashes of the address of every endpoint of a set, and the order of preference that they give to each key. */
export class EndpointHashes {
  /** The first hash of each. */
  readonly first: Uint32Array
  /** The second one. */
  readonly second: Uint32Array
  readonly #endpoints: readonly Endpoint[]
  readonly #equalWeights: boolean

  /**
   * @param endpoints at least one.
   * @param made in place of new ones: the first hash of each, the second, and whether all have one weight.
   */
  constructor(endpoints: readonly Endpoint[], made?: Hashes) {
    this.#endpoints = endpoints
    const [first, second, equalWeights] = made ?? allSteps(hashSteps(endpoints))
    this.#equalWeights = equalWeights
    this.first = first
    this.second = second
  }

  /** The same in steps. */
  static *inSteps(endpoints: readonly Endpoint[]): Steps<EndpointHashes> {
    return new EndpointHashes(endpoints, yield* hashSteps(endpoints))
  }

  /** Whether one endpoint comes before another one of the same first hash. */
  decides(a: number, b: number): boolean {
    const [left, right] = [this.second[a] as number, this.second[b] as number]
    return left === right ? (this.#endpoints[a] as Endpoint).address < (this.#endpoints[b] as Endpoint).address : left < right
  }

  /**
   * Highest random weight: the endpoint that a key prefers to all others, by its weight, which does not depend on what others there are.
   *
   * @param key the hash of the key.
   * @param query leaves out what is spent; nothing leaves nothing out.
   * @returns `undefined` when all are spent.
   */
  preferredBy(key: number, query?: PickQuery): Endpoint | undefined {
    return this.#endpoints[this.indexPreferredBy(key, query)]
  }

  /** The index of {@link EndpointHashes.preferredBy}; -1 when all are spent. */
  indexPreferredBy(key: number, query?: PickQuery): number {
    const endpoints = this.#endpoints
    let best = -1
    let bestRank = 0
    for (let i = 0; i < endpoints.length; i += 1) {
      const rank = this.#rank(key, i)
      // Asking costs more than comparing, and few beat the best so far.
      if (best >= 0 && (rank < bestRank || (rank === bestRank && !this.#precedes(key, i, best)))) continue
      if (query?.isSpent(endpoints[i] as Endpoint)) continue
      best = i
      bestRank = rank
    }
    return best
  }

  #rank(key: number, index: number): number {
    const hash = mix(key ^ (this.first[index] as number))
    if (this.#equalWeights) return hash
    // Never 0 or 1, the logarithms of which would be of no use.
    return Math.log((hash + 0.5) / 2 ** 32) / (this.#endpoints[index] as Endpoint).weight
  }

  /** Decides between equals whatever the order in which they are listed. */
  #precedes(key: number, left: number, right: number): boolean {
    const [a, b] = [mix(key ^ (this.second[left] as number)), mix(key ^ (this.second[right] as number))]
    return a === b ? (this.#endpoints[left] as Endpoint).address < (this.#endpoints[right] as Endpoint).address : a > b
  }
}

function* hashSteps(endpoints: readonly Endpoint[]): Steps<Hashes> {
  const first = new Uint32Array(endpoints.length)
  const second = new Uint32Array(endpoints.length)
  const firstWeight = endpoints[0]?.weight
  let equalWeights = true
  for (let i = 0; i < endpoints.length; i += 1) {
    const { address, weight } = endpoints[i] as Endpoint
    if (weight !== firstWeight) equalWeights = false
    first[i] = mix(absorb(emptyHash, address))
    second[i] = mix(absorb(secondHash, address))
    if (i % (piecesPerStep / 4) === 0) yield
  }
  return [first, second, equalWeights]
}
