/**
 * The least of several whole numbers; whose it is can be told by its last bits, if they say so. There is no branch in it: no processor foresees
 * which of two is less, and to go back takes it longer than all the rest.
 *
 * @param numbers no two of them further apart than 2^31. They may go round: then those are less from which it is less than that to the others.
 * @param count how many of them, at least one.
 * @param flip these bits are flipped before: with all of them, the greatest is the least. What is returned has them flipped.
 */
export function leastOf(numbers: Int32Array, count: number, flip: number): number {
  let even = (numbers[0] as number) ^ flip
  let odd = even
  let i = 1
  // Two at a time, so that one need not wait for the other.
  for (; i + 1 < count; i += 2) {
    odd = lesser(odd, (numbers[i] as number) ^ flip)
    even = lesser(even, (numbers[i + 1] as number) ^ flip)
  }
  return lesser(lesser(even, odd), (numbers[count - 1] as number) ^ flip)
}

/** The lesser of two whole numbers. The sign of their difference fills all bits: it takes over what is less, or leaves what is. */
function lesser(one: number, other: number): number {
  const step = (other - one) | 0
  return (one + (step & (step >> 31))) | 0
}
