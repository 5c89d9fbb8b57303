/** Children of a place: four lie side by side, and halve the number of levels that two would make. */
const children = 4

/**
 * Who is due next: a heap of indexes, ordered by the virtual time at which each has its turn. Its arrays are made once.
 *
 * Putting off the first one is all that a scheduler by earliest deadline needs: whoever had a turn is due again after the cost of one.
 */
export class TurnQueue {
  /** In the order of the heap, not of the indexes: what is compared is found side by side. */
  readonly #dueAt: Float64Array
  readonly #heap: Uint32Array

  /** @param dueAt the first turn of each index; kept, and written. */
  constructor(dueAt: Float64Array) {
    this.#dueAt = dueAt
    this.#heap = Uint32Array.from(dueAt, (_, index) => index)
    for (let place = Math.floor((dueAt.length - 2) / children); place >= 0; place -= 1) {
      this.#sink(place, this.#heap[place] as number, dueAt[place] as number)
    }
  }

  /** Whose turn it is. */
  get first(): number {
    return this.#heap[0] as number
  }

  /** Lets the first one wait for `by` from its turn on; `by` is more than 0. */
  postponeFirst(by: number): void {
    this.#sink(0, this.first, (this.#dueAt[0] as number) + by)
  }

  /** Puts an index at a place, or below it. */
  #sink(from: number, index: number, dueAt: number): void {
    const heap = this.#heap
    const due = this.#dueAt
    const size = heap.length
    let place = from
    for (;;) {
      let child = children * place + 1
      if (child >= size) break
      const end = Math.min(child + children, size)
      let earliest = due[child] as number
      for (let other = child + 1; other < end; other += 1) {
        if ((due[other] as number) >= earliest) continue
        child = other
        earliest = due[other] as number
      }
      if (earliest >= dueAt) break
      heap[place] = heap[child] as number
      due[place] = earliest
      place = child
    }
    heap[place] = index
    due[place] = dueAt
  }
}
