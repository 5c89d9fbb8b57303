import type { Endpoint } from '../endpoint/endpoint.ts'

/** Work that is done in steps, each of which takes a small part of a millisecond; between two of them it may rest for as long as you like. */
export type Steps<T> = Generator<undefined, T>

/** So many small pieces of work, such as hashing an address, make one step. */
export const piecesPerStep = 2_048

/** Does all steps at once. */
export function allSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value as T
  }
}

/** Sums and products of larger weights may be endless. */
const largestWeight = 2 ** 900
/** Numbers divided by smaller weights may be endless. */
const smallestWeight = 2 ** -900

/** The weights of endpoints as they are now, or in proportion to these: sums of them, and products with the size of a table, are finite, as is that size divided by them. */
export function* weightSteps(endpoints: readonly Endpoint[]): Steps<Float64Array> {
  const weights = new Float64Array(endpoints.length)
  let heaviest = 0
  for (let i = 0; i < endpoints.length; i += 1) {
    const { weight } = endpoints[i] as Endpoint
    weights[i] = weight
    if (weight > heaviest) heaviest = weight
    if (i % piecesPerStep === 0) yield
  }
  if (heaviest <= largestWeight && heaviest >= smallestWeight) return weights
  // A power of two changes no digit.
  const factor = heaviest > largestWeight ? 2 ** -200 : 2 ** 200
  for (let i = 0; i < weights.length; i += 1) {
    weights[i] = Math.max(Number.MIN_VALUE, (weights[i] as number) * factor)
    if (i % piecesPerStep === 0) yield
  }
  return weights
}

/**
 * The indexes of hashes, sorted by them: in linear time, since hashes are spread evenly.
 *
 * @param hashes whole numbers in [0, 2^32).
 * @param precedes decides between indexes whose hashes are equal.
 */
export function* sortByHash(hashes: Uint32Array, precedes: (a: number, b: number) => boolean): Steps<Uint32Array> {
  const size = hashes.length
  // Some eight to a bucket. Two buckets at least: a shift by 32 bits is none in JavaScript.
  const bits = Math.min(20, Math.max(1, Math.ceil(Math.log2(size / 8 + 1))))
  const shift = 32 - bits
  const starts = new Uint32Array(2 ** bits + 1)
  for (let i = 0; i < size; i += 1) {
    const bucket = ((hashes[i] as number) >>> shift) + 1
    starts[bucket] = (starts[bucket] as number) + 1
    if (i % piecesPerStep === 0) yield
  }
  for (let bucket = 1; bucket < starts.length; bucket += 1) {
    starts[bucket] = (starts[bucket] as number) + (starts[bucket - 1] as number)
    if (bucket % (8 * piecesPerStep) === 0) yield
  }
  const order = new Uint32Array(size)
  const ends = starts.slice()
  for (let i = 0; i < size; i += 1) {
    const bucket = (hashes[i] as number) >>> shift
    const place = insertionPlace(hashes, precedes, order, i, starts[bucket] as number, ends[bucket] as number)
    order[place] = i
    ends[bucket] = (ends[bucket] as number) + 1
    if (i % piecesPerStep === 0) yield
  }
  return order
}

/** Makes room for an index among those of its bucket. */
function insertionPlace(
  hashes: Uint32Array,
  precedes: (a: number, b: number) => boolean,
  order: Uint32Array,
  index: number,
  from: number,
  to: number,
): number {
  const hash = hashes[index] as number
  let place = to
  for (; place > from; place -= 1) {
    const other = order[place - 1] as number
    const otherHash = hashes[other] as number
    if (otherHash < hash || (otherHash === hash && !precedes(index, other))) break
    order[place] = other
  }
  return place
}
