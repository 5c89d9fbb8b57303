/**
 * Chance, handed in.
 *
 * Every choice that a mesh leaves to chance draws from a {@link Random}, and every consumer has a stream of its own, named by a
 * label: adding a consumer never changes what another one draws, so a seed that once showed a bug keeps showing it.
 */

/** A source of chance. */
export interface Random {
  /** The next draw, uniform in [0, 1). */
  next(): number
  /**
   * The next draw as a whole number: `Math.floor(next() * count)`. Optional; V8 keeps a number with a fraction on the heap whenever it leaves a
   * function that is not compiled into its caller.
   *
   * @param count how many there are to choose from: a whole number of at least 1.
   */
  below?(count: number): number
  /**
   * An independent stream.
   *
   * @param label names the stream; it depends on the seed and the label alone, not on how much was drawn so far.
   * @throws Error when the label was asked for before: two consumers must not share draws.
   */
  fork(label: string): Random
}

/**
 * One of a number of indexes, each as likely as the others.
 *
 * @param draws where chance comes from.
 * @param count how many there are: a whole number of at least 1.
 */
export function drawBelow(draws: Random, count: number): number {
  return draws.below === undefined ? Math.floor(draws.next() * count) : draws.below(count)
}
