/** What one owner keeps, oldest first. */
interface Shelf<T> {
  readonly owner: string
  readonly items: T[]
}

/**
 * The latest things of several owners, so many of all together. Who is over the limit loses the oldest thing of whoever has most, so that one who has
 * very many never pushes out the few of another.
 */
export class FairRing<T> {
  readonly #capacity: number
  readonly #shelves = new Map<string, Shelf<T>>()
  #count = 0

  /** @param capacity most things that are kept. */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** How many there are. */
  get size(): number {
    return this.#count
  }

  /** Keeps one more. */
  add(owner: string, item: T): void {
    if (this.#capacity === 0) return
    let shelf = this.#shelves.get(owner)
    if (shelf === undefined) {
      shelf = { owner, items: [] }
      this.#shelves.set(owner, shelf)
    }
    shelf.items.push(item)
    this.#count += 1
    if (this.#count > this.#capacity) this.#dropOne(shelf)
  }

  /** Everything, in no particular order. */
  *all(): Generator<T> {
    for (const { items } of this.#shelves.values()) yield* items
  }

  /** The newest comer gives way among equals: with more owners than room, the others stay as they are but for their turn. */
  #dropOne(newest: Shelf<T>): void {
    let fullest = newest
    for (const shelf of this.#shelves.values()) if (shelf.items.length > fullest.items.length) fullest = shelf
    if (fullest.items.length === 1) fullest = this.#oldestOwner() as Shelf<T>
    fullest.items.shift()
    this.#count -= 1
    if (fullest.items.length === 0) this.#shelves.delete(fullest.owner)
  }

  /** Everybody has one: the one who was added first goes. */
  #oldestOwner(): Shelf<T> | undefined {
    for (const shelf of this.#shelves.values()) return shelf
    return undefined
  }
}
