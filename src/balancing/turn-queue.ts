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
  #size: number

  /**
   * @param dueAt the first turn of each index; kept, and written.
   * @param size how many of them are in the queue from the beginning: those with the lowest indexes.
   */
  constructor(dueAt: Float64Array, size = dueAt.length) {
    this.#dueAt = dueAt
    this.#heap = new Uint32Array(dueAt.length)
    this.#size = size
    for (let index = 0; index < size; index += 1) this.#heap[index] = index
    for (let place = Math.floor((size - 2) / children); place >= 0; place -= 1) this.#sink(place)
  }

  /** How many are in the queue. */
  get size(): number {
    return this.#size
  }

  /** Whose turn it is. */
  get first(): number {
    return this.#heap[0] as number
  }

  /** When the first one has its turn. */
  get firstDueAt(): number {
    return this.#dueAt[0] as number
  }

  /** Lets the first one wait for `by` from its turn on; `by` is more than 0. */
  postponeFirst(by: number): void {
    this.#dueAt[0] = this.firstDueAt + by
    this.#sink(0)
  }

  /** Gives the first one another turn, which is found by index. */
  replaceFirst(dueAt: Float64Array): void {
    this.#dueAt[0] = dueAt[this.first] as number
    this.#sink(0)
  }

  /** Takes the first one out. */
  removeFirst(): void {
    const last = this.#size - 1
    this.#size = last
    this.#heap[0] = this.#heap[last] as number
    this.#dueAt[0] = this.#dueAt[last] as number
    this.#sink(0)
  }

  /** Puts an index in that is not there; its turn is found by index. */
  add(index: number, dueAt: Float64Array): void {
    const place = this.#size
    this.#size = place + 1
    this.#heap[place] = index
    this.#dueAt[place] = dueAt[index] as number
    this.#rise(place)
  }

  /** Moves who is at a place up to where nobody above is due later. */
  #rise(from: number): void {
    const heap = this.#heap
    const due = this.#dueAt
    const index = heap[from] as number
    const dueAt = due[from] as number
    let place = from
    while (place > 0) {
      const parent = Math.floor((place - 1) / children)
      if ((due[parent] as number) <= dueAt) break
      heap[place] = heap[parent] as number
      due[place] = due[parent] as number
      place = parent
    }
    heap[place] = index
    due[place] = dueAt
  }

  /** Moves who is at a place down to where nobody below is due earlier. What it compares it finds in the arrays: a number handed on would be garbage. */
  #sink(from: number): void {
    const heap = this.#heap
    const due = this.#dueAt
    const size = this.#size
    const index = heap[from] as number
    const dueAt = due[from] as number
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
