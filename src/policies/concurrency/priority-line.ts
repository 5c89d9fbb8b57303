import { lastPriority } from '../../call/call-options.ts'

/** Somebody in a {@link PriorityLine}. The line keeps its links in there, so that nothing is made for it. */
export interface LinePlace<T extends LinePlace<T>> {
  /** From 0, the most important, to {@link lastPriority}. */
  readonly priority: number
  /** Written by the line alone. */
  before: T | undefined
  /** Written by the line alone. */
  after: T | undefined
}

/**
 * Those who wait: the most important first, and among equals whoever came first. Everything takes the same time however many there are,
 * leaving from the middle included.
 */
export class PriorityLine<T extends LinePlace<T>> {
  readonly #heads: (T | undefined)[] = Array.from({ length: lastPriority + 1 }, () => undefined)
  readonly #tails: (T | undefined)[] = Array.from({ length: lastPriority + 1 }, () => undefined)
  #length = 0

  /** How many wait. */
  get length(): number {
    return this.#length
  }

  /** Whose turn is next. */
  get first(): T | undefined {
    return this.#length === 0 ? undefined : this.#heads.find((head) => head !== undefined)
  }

  /** Who would have to wait longest. */
  get last(): T | undefined {
    return this.#length === 0 ? undefined : this.#tails.findLast((tail) => tail !== undefined)
  }

  /** Who comes after somebody who waits. */
  next(place: T): T | undefined {
    return place.after ?? this.#heads.find((head, priority) => priority > place.priority && head !== undefined)
  }

  /** Lets somebody wait. */
  add(place: T): void {
    const { priority } = place
    const tail = this.#tails[priority]
    place.before = tail
    if (tail === undefined) this.#heads[priority] = place
    else tail.after = place
    this.#tails[priority] = place
    this.#length += 1
  }

  /** Takes away somebody who waits. */
  remove(place: T): void {
    const { priority, before, after } = place
    if (before === undefined) this.#heads[priority] = after
    else before.after = after
    if (after === undefined) this.#tails[priority] = before
    else after.before = before
    place.before = undefined
    place.after = undefined
    this.#length -= 1
  }
}
