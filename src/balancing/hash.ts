/**
 * Hashes of 32 bits: the same text has the same hash in every process and on every machine, so clients agree without talking to each other.
 *
 * FNV-1a over UTF-16 code units takes the text in; the finaliser of MurmurHash3 spreads what it has over all bits, which FNV by itself does not
 * for the last characters. That is fast, and good for spreading; it is no protection against somebody who looks for texts of equal hash.
 */

/** The state of a hash that has taken in nothing. */
export const emptyHash = 0x811c9dc5

/**
 * Takes text in.
 *
 * @param state what was taken in before; {@link emptyHash}, or another number for another hash function.
 * @param text the text.
 * @param start where to begin in it.
 * @param end where to end in it.
 * @returns the new state: give it to {@link mix} at the end.
 */
export function absorb(state: number, text: string, start = 0, end = text.length): number {
  let hash = state
  for (let i = start; i < end; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}

/** Spreads the bits of a number over all 32: a bijection. */
export function mix(state: number): number {
  return mixBits(state) >>> 0
}

/**
 * The same bits with a sign, in [-2^31, 2^31): V8 keeps such a number in a register wherever it goes, and puts half of the unsigned ones on
 * the heap.
 */
export function mixBits(state: number): number {
  let hash = state
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

/** The hash of a text: a whole number in [0, 2^32). */
export function hashText(text: string): number {
  return mix(absorb(emptyHash, text))
}
