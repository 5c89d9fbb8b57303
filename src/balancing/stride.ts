import type { Random } from '../runtime/random.ts'

/** The weight of the heaviest after scaling, and the number of rounds after which the sequence repeats. */
const scale = 65_535
/** How far those that follow each other are apart in their phase: nearly half a turn. */
const phase = 32_767

/**
 * The static stride scheduler of gRPC: in round g, index i has its turn if `(s_i * g + phase * i) mod 65535` is in the last `s_i` of its
 * values, that is in a share `s_i / 65535` of the rounds, evenly spread. There is no heap and no list: two counters are all its state.
 */
export class Stride {
  readonly #scaled: Uint32Array
  #index: number
  #round: number

  /**
   * @param weights at least one, each above 0; below 1/65,535 of the heaviest they count as that.
   * @param draws says where the sequence begins: a fleet that starts at once does not march in step.
   */
  constructor(weights: ArrayLike<number>, draws: Random) {
    this.#scaled = new Uint32Array(weights.length)
    this.#index = Math.floor(draws.next() * weights.length)
    this.#round = Math.floor(draws.next() * scale)
    this.reweigh(weights)
  }

  /** Goes on with other weights, as many as before. */
  reweigh(weights: ArrayLike<number>): void {
    let heaviest = 0
    for (let i = 0; i < weights.length; i += 1) heaviest = Math.max(heaviest, weights[i] as number)
    // Whoever has a weight at all has a turn sometimes.
    for (let i = 0; i < weights.length; i += 1) {
      this.#scaled[i] = Math.max(1, Math.round(((weights[i] as number) / heaviest) * scale))
    }
  }

  /** Whose turn it is. */
  next(): number {
    // The heaviest has its turn in every round, so this ends within one.
    for (;;) {
      const index = this.#index
      const round = this.#round
      const scaled = this.#scaled[index] as number
      this.#index = index + 1
      if (this.#index === this.#scaled.length) {
        this.#index = 0
        this.#round = round + 1 === scale ? 0 : round + 1
      }
      if ((scaled * round + phase * index) % scale >= scale - scaled) return index
    }
  }
}
