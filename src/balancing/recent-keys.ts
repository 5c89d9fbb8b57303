/** So many places a key may have. */
const ways = 4

/**
 * What was found out of late for keys, each a hash of 32 bits: an index. A key has one of four places; of keys that share those, the ones that are asked
 * for most stay.
 */
export class RecentKeys {
  readonly #keys: Int32Array
  /** The index of each, and one more; 0 where there is none. */
  readonly #indexes: Int32Array
  readonly #mask: number

  /** @param size how many keys, at least 1; rounded up to a power of two, of at least 4. */
  constructor(size: number) {
    const places = 2 ** Math.max(2, Math.ceil(Math.log2(size)))
    this.#keys = new Int32Array(places)
    this.#indexes = new Int32Array(places)
    this.#mask = places / ways - 1
  }

  /** The index of a key; -1 if it is not known any more. */
  find(key: number): number {
    const keys = this.#keys
    const bits = key | 0
    const first = (bits & this.#mask) * ways
    for (let place = first; place < first + ways; place += 1) {
      const index = (this.#indexes[place] as number) - 1
      if (keys[place] !== bits || index < 0) continue
      if (place > first) this.#promote(place)
      return index
    }
    return -1
  }

  /** Notes the index of a key that is not known, in place of the one that is asked for least. */
  note(key: number, index: number): void {
    const keys = this.#keys
    const indexes = this.#indexes
    const bits = key | 0
    const first = (bits & this.#mask) * ways
    const last = first + ways - 1
    let place = first
    while (place < last && indexes[place] !== 0) place += 1
    const isFull = indexes[place] !== 0
    keys[place] = bits
    indexes[place] = index + 1
    // Where the next new one takes the last place, this one had better not be there.
    if (isFull) this.#promote(place)
  }

  /** Changes places with the one before. */
  #promote(place: number): void {
    const keys = this.#keys
    const indexes = this.#indexes
    const [key, index] = [keys[place] as number, indexes[place] as number]
    keys[place] = keys[place - 1] as number
    indexes[place] = indexes[place - 1] as number
    keys[place - 1] = key
    indexes[place - 1] = index
  }
}
