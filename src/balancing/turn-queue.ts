/**
 * Who is due next: a heap of indexes, ordered by the virtual time at which each has its turn. Its arrays are made once.
 *
 * Putting off the first one is all that a scheduler by earliest deadline needs: whoever had a turn is due again after the cost of one.
 */
export class TurnQueue {
  readonly #dueAt: Float64Array
  readonly #heap: Uint32Array

  /** @param dueAt the first turn of each index; kept, and written. */
  constructor(dueAt: Float64Array) {
    this.#dueAt = dueAt
    this.#heap = Uint32Array.from(dueAt, (_, index) => index)
    for (let place = (dueAt.length >> 1) - 1; place >= 0; place -= 1) this.#sink(place)
  }

  /** Whose turn it is. */
  get first(): number {
    return this.#heap[0] as number
  }

  /** Lets the first one wait for `by` from its turn on; `by` is more than 0. */
  postponeFirst(by: number): void {
    const first = this.first
    this.#dueAt[first] = (this.#dueAt[first] as number) + by
    this.#sink(0)
  }

  #sink(from: number): void {
    const heap = this.#heap
    const due = this.#dueAt
    const moved = heap[from] as number
    const movedDue = due[moved] as number
    let place = from
    for (;;) {
      let child = 2 * place + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && (due[heap[child + 1] as number] as number) < (due[heap[child] as number] as number)) child += 1
      if ((due[heap[child] as number] as number) >= movedDue) break
      heap[place] = heap[child] as number
      place = child
    }
    heap[place] = moved
  }
}
