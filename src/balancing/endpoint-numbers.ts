import { type Endpoint, RosterEndpoint } from '../endpoint/endpoint.ts'

/** Places in a new table. */
const firstPlaces = 16

/**
 * A few numbers about each endpoint, side by side in one array: with ten thousand endpoints a choice waits for memory more than for anything
 * else, and what is read of one endpoint comes with a single line of the cache. Numbers in the fields of objects would each be an object of their own.
 *
 * An endpoint remembers its place in the table that asked for it last, and the table knows all of its endpoints. Places of endpoints that are
 * gone, wherever they were known, are given to others.
 */
export class EndpointNumbers {
  /** All numbers. Another array after {@link add}: look it up anew. */
  values: Float64Array
  readonly #width: number
  readonly #places = new WeakMap<Endpoint, number>()
  /** Who has each place. */
  readonly #owners: WeakRef<Endpoint>[] = []
  readonly #free: number[] = []

  /** @param width how many numbers an endpoint has; with 8, they fill a line of the cache. */
  constructor(width: number) {
    this.#width = width
    this.values = new Float64Array(firstPlaces * width)
  }

  /** Where the numbers of an endpoint begin; -1, if it has none. */
  find(endpoint: Endpoint): number {
    const known = endpoint as RosterEndpoint
    return known.numbers === this ? known.numbersAt : this.#lookUp(endpoint)
  }

  /** Gives an endpoint a place, with nothing but zeros. @returns where its numbers begin. */
  add(endpoint: Endpoint): number {
    const at = this.#freePlace() * this.#width
    this.values.fill(0, at, at + this.#width)
    this.#owners[at / this.#width] = new WeakRef(endpoint)
    this.#places.set(endpoint, at)
    this.#remember(endpoint, at)
    return at
  }

  #lookUp(endpoint: Endpoint): number {
    const at = this.#places.get(endpoint)
    if (at === undefined) return -1
    this.#remember(endpoint, at)
    return at
  }

  #remember(endpoint: Endpoint, at: number): void {
    // Whatever else is used as an endpoint is not ours to write on.
    if (!(endpoint instanceof RosterEndpoint)) return
    endpoint.numbers = this
    endpoint.numbersAt = at
  }

  #freePlace(): number {
    const free = this.#free.pop()
    if (free !== undefined) return free
    const places = this.values.length / this.#width
    if (this.#owners.length < places) return this.#owners.length
    this.#collect()
    // With few left it would be full again at once, and all owners looked at for each new endpoint.
    if (this.#free.length < places / 4) {
      const values = new Float64Array(2 * this.values.length)
      values.set(this.values)
      this.values = values
    }
    return this.#free.pop() ?? this.#owners.length
  }

  /** Takes back the places of endpoints that nobody knows any more. */
  #collect(): void {
    for (let place = 0; place < this.#owners.length; place += 1) {
      if (this.#owners[place]?.deref() === undefined) this.#free.push(place)
    }
  }
}
