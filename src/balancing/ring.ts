import type { Endpoint } from '../endpoint/endpoint.ts'
import type { EndpointHashes } from './endpoint-hashes.ts'
import { mix } from './hash.ts'

/** Room for the index of an endpoint beside a position of 32 bits in a number that is exact. */
const indexes = 2 ** 21

/** Points on a circle of 2^32 positions, sorted; each belongs to an endpoint, as does the stretch that ends there. */
export class Ring {
  readonly #positions: Uint32Array
  readonly #owners: Uint32Array

  /**
   * @param endpoints at least one.
   * @param hashes of these endpoints.
   * @param points how many each of them has.
   */
  constructor(endpoints: readonly Endpoint[], hashes: EndpointHashes, points: readonly number[]) {
    const size = points.reduce((sum, count) => sum + count, 0)
    const sorted = new Float64Array(size)
    let at = 0
    points.forEach((count, index) => {
      const first = hashes.first[index] as number
      // Odd, so that no two points of an endpoint have the same place before mixing.
      const step = (hashes.second[index] as number) | 1
      for (let point = 0; point < count; point += 1) sorted[at++] = mix(first + Math.imul(point, step)) * indexes + index
    })
    sorted.sort()
    this.#positions = Uint32Array.from(sorted, (entry) => Math.floor(entry / indexes))
    this.#owners = Uint32Array.from(sorted, (entry) => entry % indexes)
    this.#orderEquals(endpoints)
  }

  /** The number of points. */
  get size(): number {
    return this.#positions.length
  }

  /** The index of the endpoint to which a point belongs. */
  ownerAt(place: number): number {
    return this.#owners[place] as number
  }

  /** The first point at or after a position, going round. */
  placeOf(position: number): number {
    const positions = this.#positions
    let low = 0
    let high = positions.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((positions[middle] as number) < position) low = middle + 1
      else high = middle
    }
    return low === positions.length ? 0 : low
  }

  /** Points at one position, of which the first gets all, stand in an order that does not depend on the order of the list. */
  #orderEquals(endpoints: readonly Endpoint[]): void {
    const [positions, owners] = [this.#positions, this.#owners]
    const address = (place: number): string => (endpoints[owners[place] as number] as Endpoint).address
    for (let i = 1; i < positions.length; i += 1) {
      for (let j = i; j > 0 && positions[j] === positions[j - 1] && address(j) < address(j - 1); j -= 1) {
        const left = owners[j - 1] as number
        owners[j - 1] = owners[j] as number
        owners[j] = left
      }
    }
  }
}

/**
 * How many points each endpoint gets: enough for the lightest to have its part of a ring of `minSize`, the others in proportion.
 *
 * The number is rounded up to a power of two. If it followed the number of endpoints step by step, as in Envoy, every endpoint that comes or
 * goes would change the points of all others, and about twice as many keys would move as have to.
 *
 * @param weights each above 0.
 * @param minSize the least number of points in all.
 * @param maxSize the most; every endpoint has one in any case.
 */
export function pointsFor(weights: readonly number[], minSize: number, maxSize: number): readonly number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const lightest = weights.reduce((least, weight) => Math.min(least, weight), Number.POSITIVE_INFINITY)
  const perLightest = 2 ** Math.ceil(Math.log2(Math.max(1, (minSize * lightest) / total)))
  const points = weights.map((weight) => Math.round((perLightest * weight) / lightest))
  const size = points.reduce((sum, count) => sum + count, 0)
  return size <= maxSize ? points : weights.map((weight) => Math.max(1, Math.floor((maxSize * weight) / total)))
}
