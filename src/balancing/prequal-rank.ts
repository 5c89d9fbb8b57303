/** All bits of a rank: hot or not; what entries of one kind are compared by; what decides if that is the same; and the number of the entry. */
export const rankBits = 2 ** 31 - 1
const hotBit = 2 ** 30
const secondBits = 8
const mostSecond = 2 ** secondBits - 1

/** The bits of a positive number with a fraction are in the order of such numbers: first its power of two, and then the rest. */
const fractions = new Float32Array(2)
const bits = new Int32Array(fractions.buffer)
/** What is told apart begins here. */
const least = 2 ** -20
const leastBits = new Int32Array(Float32Array.of(least).buffer)[0] as number
/** So many bits go up to 2^44. */
const orderBits = 29
const mostInOrder = 2 ** orderBits - 1

/**
 * How an entry of a `PrequalPool` ranks, as a whole number: the lower, the rather it is chosen.
 *
 * @param numberBits so many bits are left for its number, and are 0.
 */
export function prequalRank(rif: number, latencyMs: number, threshold: number, numberBits: number): number {
  fractions[0] = rif + least
  fractions[1] = latencyMs + least
  const rifOrder = Math.min((bits[0] as number) - leastBits, mostInOrder)
  const latencyOrder = Math.min((bits[1] as number) - leastBits, mostInOrder)
  // What is left of the bits of a rank is for the first.
  const spare = orderBits - (30 - secondBits - numberBits)
  if (rif > threshold) return hotBit | ((((rifOrder >> spare) << secondBits) | (latencyOrder >> (orderBits - secondBits))) << numberBits)
  return (((latencyOrder >> spare) << secondBits) | Math.min(rif, mostSecond)) << numberBits
}
