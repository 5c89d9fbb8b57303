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
   * An independent stream.
   *
   * @param label names the stream; it depends on the seed and the label alone, not on how much was drawn so far.
   * @throws Error when the label was asked for before: two consumers must not share draws.
   */
  fork(label: string): Random
}
