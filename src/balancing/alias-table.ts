/**
 * Draws an index with the probability of its weight, in one step however many there are.
 *
 * Every column of the table is as likely as the others, and holds two indexes at most: its own up to `keep`, its alias above. Source: Vose, "A
 * linear algorithm for generating random numbers with a given distribution".
 */
export class AliasTable {
  readonly #keep: Float64Array
  readonly #alias: Uint32Array

  /** @param weights at least one; each above 0; their sum must be finite. */
  constructor(weights: Float64Array) {
    const count = weights.length
    const keep = new Float64Array(count)
    const alias = new Uint32Array(count)
    let total = 0
    for (const weight of weights) total += weight
    // Two stacks in one array: columns with room grow from the front, those with too much from the back.
    const stacks = new Uint32Array(count)
    let small = 0
    let large = count
    for (let i = 0; i < count; i += 1) {
      keep[i] = ((weights[i] as number) / total) * count
      alias[i] = i
      if ((keep[i] as number) < 1) stacks[small++] = i
      else stacks[--large] = i
    }
    while (small > 0 && large < count) {
      const poor = stacks[--small] as number
      const rich = stacks[large] as number
      alias[poor] = rich
      keep[rich] = (keep[rich] as number) - (1 - (keep[poor] as number))
      if ((keep[rich] as number) < 1) {
        large += 1
        stacks[small++] = rich
      }
    }
    // What is left over differs from 1 by rounding only.
    while (small > 0) keep[stacks[--small] as number] = 1
    while (large < count) keep[stacks[large++] as number] = 1
    this.#keep = keep
    this.#alias = alias
  }

  /**
   * @param draw uniform in [0, 1); its whole part after scaling chooses the column, the rest what is in it.
   * @returns an index.
   */
  at(draw: number): number {
    const scaled = draw * this.#keep.length
    const column = Math.floor(scaled)
    return scaled - column < (this.#keep[column] as number) ? column : (this.#alias[column] as number)
  }
}
