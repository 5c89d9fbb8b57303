/** Which version each point of [0, 1) belongs to: interval after interval. */
export interface VersionBounds {
  /** Where each interval ends; the last at 1. */
  readonly ends: Float64Array
  /** The number of the version that each belongs to. */
  readonly owners: Uint16Array
}

/** A piece of [0, 1) that belongs to one version at first and to one at the end. */
interface Piece {
  readonly from: number
  readonly to: number
  readonly size: number
}

/** Pieces below this are rounding. */
const nothing = 1e-12

/**
 * Divides [0, 1) among versions in such a way that, on the way from some shares to others, no more of it changes hands than must: what a version has at
 * first and at the end it has all the time, and each part of the rest goes over once, from a version that loses to one that gains.
 *
 * With two versions the last one has the upper end at any time, whatever the shares: so changes of plan move no more than they must, either.
 */
export class SplitLayout {
  readonly #pieces: readonly Piece[]
  readonly #last: number

  /**
   * @param from what each version gets at first; the shares add up to 1.
   * @param to what each gets at the end.
   */
  constructor(from: readonly number[], to: readonly number[]) {
    this.#last = from.length - 1
    const lost = from.map((share, i) => Math.max(0, share - (to[i] as number)))
    const gained = to.map((share, i) => Math.max(0, share - (from[i] as number)))
    const kept = from.map((share, i): Piece => ({ from: i, to: i, size: Math.min(share, to[i] as number) }))
    const moves: Piece[] = []
    for (let giver = 0, taker = 0; giver < lost.length && taker < gained.length; ) {
      const size = Math.min(lost[giver] as number, gained[taker] as number)
      if (size > nothing) moves.push({ from: giver, to: taker, size })
      lost[giver] = (lost[giver] as number) - size
      gained[taker] = (gained[taker] as number) - size
      if ((lost[giver] as number) <= nothing) giver += 1
      else taker += 1
    }
    // What the last version keeps stands at the end, so that what moves lies between it and the others.
    this.#pieces = [...kept.slice(0, -1), ...moves, ...kept.slice(-1)].filter(({ size }) => size > nothing)
  }

  /**
   * The intervals at one point of the way.
   *
   * @param progress from 0 to 1.
   */
  at(progress: number): VersionBounds {
    const parts = this.#pieces.flatMap(({ from, to, size }) => {
      const left = { owner: from, size: size * (1 - progress) }
      const moved = { owner: to, size: size * progress }
      return to === this.#last ? [left, moved] : [moved, left]
    })
    const merged: { owner: number; size: number }[] = []
    for (const part of parts) {
      if (part.size <= nothing) continue
      const before = merged.at(-1)
      if (before?.owner === part.owner) before.size += part.size
      else merged.push({ ...part })
    }
    let end = 0
    const ends = Float64Array.from(merged, ({ size }) => (end += size))
    // Sums of fractions may end just below 1.
    ends[ends.length - 1] = 1
    return { ends, owners: Uint16Array.from(merged, ({ owner }) => owner) }
  }
}

/** The number of the version that a point belongs to: a comparison for each interval. */
export function ownerAt({ ends, owners }: VersionBounds, point: number): number {
  let i = 0
  while (point >= (ends[i] as number)) i += 1
  return owners[i] as number
}
