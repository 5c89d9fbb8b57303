import type { Endpoint } from '../endpoint/endpoint.ts'
import type { EndpointHashes } from './endpoint-hashes.ts'
import { mix } from './hash.ts'
import { allSteps, piecesPerStep, type Steps, sortByHash } from './steps.ts'

/** Points on a circle of 2^32 positions, sorted; each belongs to an endpoint, as does the stretch that ends there. */
export class Ring {
  readonly #positions: Uint32Array
  readonly #owners: Uint32Array
  /** The first point of each of many equal stretches, and of what is beyond the last: a search begins next to where it ends. */
  readonly #starts: Uint32Array
  readonly #shift: number

  /**
   * @param endpoints at least one.
   * @param hashes of these endpoints.
   * @param points how many each of them has.
   * @param made positions and their owners, if they are made already.
   */
  constructor(endpoints: readonly Endpoint[], hashes: EndpointHashes, points: readonly number[], made?: RingArrays) {
    const [positions, owners, starts] = made ?? allSteps(pointSteps(endpoints, hashes, points))
    this.#positions = positions
    this.#owners = owners
    this.#starts = starts
    this.#shift = 32 - Math.log2(starts.length - 1)
  }

  /** The same in steps. */
  static *inSteps(endpoints: readonly Endpoint[], hashes: EndpointHashes, points: readonly number[]): Steps<Ring> {
    return new Ring(endpoints, hashes, points, yield* pointSteps(endpoints, hashes, points))
  }

  /** The number of points. */
  get size(): number {
    return this.#positions.length
  }

  /** The index of the endpoint to which a point belongs. */
  ownerAt(place: number): number {
    return this.#owners[place] as number
  }

  /**
   * The first point at or after a position, going round.
   *
   * @param bits the position: 32 bits, with a sign or without.
   */
  placeOf(bits: number): number {
    const positions = this.#positions
    const position = bits >>> 0
    const stretch = position >>> this.#shift
    // A handful of points to a stretch, side by side: halving would take longer. Beyond its end, the next one begins.
    const end = this.#starts[stretch + 1] as number
    let place = this.#starts[stretch] as number
    while (place < end && (positions[place] as number) < position) place += 1
    return place === positions.length ? 0 : place
  }
}

/** Positions, whose they are, and where stretches begin. */
type RingArrays = readonly [Uint32Array, Uint32Array, Uint32Array]

/** About so many points are in a stretch. */
const pointsPerStretch = 4

function* pointSteps(endpoints: readonly Endpoint[], hashes: EndpointHashes, points: readonly number[]): Steps<RingArrays> {
  let size = 0
  for (let index = 0; index < points.length; index += 1) {
    size += points[index] as number
    if (index % piecesPerStep === 0) yield
  }
  const unsorted = new Uint32Array(size)
  const ownerOf = new Uint32Array(size)
  let at = 0
  for (let index = 0; index < points.length; index += 1) {
    const first = hashes.first[index] as number
    // Odd, so that no two points of an endpoint have the same place before mixing.
    const step = (hashes.second[index] as number) | 1
    for (let point = 0; point < (points[index] as number); point += 1) {
      unsorted[at] = mix(first + Math.imul(point, step))
      ownerOf[at] = index
      at += 1
      if (at % piecesPerStep === 0) yield
    }
  }
  const address = (point: number): string => (endpoints[ownerOf[point] as number] as Endpoint).address
  // Of points at one position the first gets all, so their order must not depend on the order of the list.
  const order = yield* sortByHash(unsorted, (a, b) => address(a) < address(b))
  const positions = new Uint32Array(size)
  const owners = new Uint32Array(size)
  // Two stretches at least: a shift by 32 bits is none in JavaScript.
  const bits = Math.max(1, Math.ceil(Math.log2(size / pointsPerStretch)))
  const starts = new Uint32Array(2 ** bits + 1).fill(size)
  let begun = 0
  for (let place = 0; place < size; place += 1) {
    const point = order[place] as number
    const position = unsorted[point] as number
    positions[place] = position
    owners[place] = ownerOf[point] as number
    for (const stretch = position >>> (32 - bits); begun <= stretch; begun += 1) starts[begun] = place
    if (place % piecesPerStep === 0) yield
  }
  return [positions, owners, starts]
}

/**
 * How many points each endpoint gets: in proportion to its weight, at least one, and enough for a ring of `minSize`.
 *
 * So many to a unit of weight: a power of two, rounded up. If it followed the number of endpoints step by step, as in Envoy, every endpoint that
 * comes or goes would change the points of all others, and about twice as many keys would move as have to. The same if it went by the lightest, as
 * in Envoy, whenever that is another one. It changes only where the sum of weights crosses a power of two in relation to `minSize`.
 *
 * @param weights each above 0; their sum times `maxSize` must be finite, as must `minSize` divided by it.
 * @param minSize the least number of points in all, but for what is lost by rounding.
 * @param maxSize the most; every endpoint has one in any case.
 */
export function pointsFor(weights: ArrayLike<number>, minSize: number, maxSize: number): readonly number[] {
  return allSteps(pointsInSteps(weights, minSize, maxSize))
}

/** The same in steps. */
export function* pointsInSteps(weights: ArrayLike<number>, minSize: number, maxSize: number): Steps<readonly number[]> {
  const points: number[] = []
  let total = 0
  for (let i = 0; i < weights.length; i += 1) {
    total += weights[i] as number
    if (i % piecesPerStep === 0) yield
  }
  const perUnit = 2 ** Math.ceil(Math.log2(minSize / total))
  let size = 0
  for (let i = 0; i < weights.length; i += 1) {
    const count = Math.max(1, Math.round(perUnit * (weights[i] as number)))
    points.push(count)
    size += count
    if (i % piecesPerStep === 0) yield
  }
  if (size <= maxSize) return points
  for (let i = 0; i < points.length; i += 1) {
    points[i] = Math.max(1, Math.floor((maxSize * (weights[i] as number)) / total))
    if (i % piecesPerStep === 0) yield
  }
  return points
}
