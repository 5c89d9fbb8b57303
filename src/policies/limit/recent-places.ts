/** Something that {@link RecentPlaces} keep. What they note of it they note in there, so that a hit makes nothing. */
export interface RecentPlace<T extends RecentPlace<T>> {
  /** Written by the places alone, as is everything else here. */
  key: string
  /** Whether it was used since it was looked at last. */
  used: boolean
  /** Who is looked at after it. */
  next: T | undefined
}

/**
 * So many things by name, those that are used. When there are too many, one gives way that was not used for long: the oldest that was not used
 * since it was looked at last, by the second-chance rule (Corbató, "A paging experiment with the Multics system", 1968).
 *
 * A hit writes one bit. To keep the exact order of use would touch three others that are not at hand, at a third of the price of a permit.
 */
export class RecentPlaces<T extends RecentPlace<T>> {
  readonly #most: number
  readonly #places = new Map<string, T>()
  #oldest: T | undefined
  #newest: T | undefined

  /** @param most how many are kept: a whole number, at least 1. */
  constructor(most: number) {
    this.#most = most
  }

  /** How many there are. */
  get size(): number {
    return this.#places.size
  }

  /** What has that name; it counts as used. */
  get(key: string): T | undefined {
    const place = this.#places.get(key)
    if (place !== undefined) place.used = true
    return place
  }

  /** What has that name, for somebody who only looks. */
  peek(key: string): T | undefined {
    return this.#places.get(key)
  }

  /** All of them, in the order in which they were added. */
  values(): IterableIterator<T> {
    return this.#places.values()
  }

  /** Adds one. There is none of that name, and it was never added before. */
  add(key: string, place: T): void {
    if (this.#places.size >= this.#most) this.#giveUpOne()
    place.key = key
    this.#places.set(key, place)
    this.#append(place)
  }

  #giveUpOne(): void {
    for (let place = this.#takeOldest(); place !== undefined; place = this.#takeOldest()) {
      if (!place.used) {
        this.#places.delete(place.key)
        return
      }
      place.used = false
      this.#append(place)
    }
  }

  #takeOldest(): T | undefined {
    const oldest = this.#oldest
    if (oldest === undefined) return undefined
    this.#oldest = oldest.next
    if (this.#oldest === undefined) this.#newest = undefined
    oldest.next = undefined
    return oldest
  }

  #append(place: T): void {
    if (this.#newest === undefined) this.#oldest = place
    else this.#newest.next = place
    this.#newest = place
  }
}
