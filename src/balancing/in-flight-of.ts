import { type Endpoint, RosterEndpoint } from '../endpoint/endpoint.ts'
import type { EndpointCounts } from '../endpoint/endpoint-counts.ts'

/** What the endpoints of a set have in flight, by their index, without a look at the endpoints themselves: each would be a wait for memory. */
export class InFlightOf {
  readonly #endpoints: readonly Endpoint[]
  /** Where all of them are counted; `undefined` if they are not all counted at one place. */
  #counts: EndpointCounts | undefined
  /** The seat of each; `undefined` if they sit in their order. */
  #seats: Int32Array | undefined
  /** Who sits at each seat: the index, and one more; made when somebody asks. */
  #sitting: Int32Array | undefined
  /** The index of each, if they are not all counted at one place; made when somebody asks. */
  #indexes: Map<Endpoint, number> | undefined

  /** @param endpoints at least one. */
  constructor(endpoints: readonly Endpoint[]) {
    this.#endpoints = endpoints
    this.#findSeats()
  }

  /** What the endpoint with an index has in flight. */
  at(index: number): number {
    const counts = this.#counts
    if (counts === undefined || counts.isLeft) return this.#ask(index)
    const seats = this.#seats
    return counts.inFlight[seats === undefined ? index : (seats[index] as number)] as number
  }

  /**
   * What all of them have in flight, each at its seat, for whoever reads it of several at once; `undefined` if they have to be asked themselves.
   * Another array when endpoints come or go: look it up anew.
   */
  get counts(): Int32Array | undefined {
    const counts = this.#counts
    if (counts === undefined) return undefined
    if (counts.isLeft) this.#findSeats()
    return this.#counts?.inFlight
  }

  /** Where each is counted there; `undefined` if at its index. */
  get seats(): Int32Array | undefined {
    return this.#seats
  }

  /** The index of an endpoint; -1 if it is none of the set. */
  indexOf(endpoint: Endpoint): number {
    if (this.#counts?.isLeft === true) this.#findSeats()
    if (this.#counts === undefined) {
      this.#indexes ??= new Map(this.#endpoints.map((each, index) => [each, index]))
      return this.#indexes.get(endpoint) ?? -1
    }
    const { seat } = endpoint as RosterEndpoint
    const index = this.#seats === undefined ? seat : this.#indexAtSeat(this.#seats, seat)
    return this.#endpoints[index] === endpoint ? index : -1
  }

  #indexAtSeat(seats: Int32Array, seat: number): number {
    if (this.#sitting === undefined) {
      this.#sitting = new Int32Array((this.#counts as EndpointCounts).size)
      for (let i = 0; i < seats.length; i += 1) this.#sitting[seats[i] as number] = i + 1
    }
    return (this.#sitting[seat] ?? 0) - 1
  }

  #ask(index: number): number {
    if (this.#counts !== undefined) this.#findSeats()
    return (this.#endpoints[index] as Endpoint).inFlight
  }

  #findSeats(): void {
    const endpoints = this.#endpoints
    const [first] = endpoints
    this.#counts = undefined
    this.#seats = undefined
    this.#sitting = undefined
    if (!(first instanceof RosterEndpoint)) return
    const { counts } = first
    const seats = new Int32Array(endpoints.length)
    let inOrder = true
    for (let i = 0; i < endpoints.length; i += 1) {
      const endpoint = endpoints[i]
      // One that left may still be among them while the others have moved.
      if (!(endpoint instanceof RosterEndpoint) || endpoint.counts !== counts || counts.isLeft) return
      seats[i] = endpoint.seat
      if (endpoint.seat !== i) inOrder = false
    }
    this.#counts = counts
    if (!inOrder) this.#seats = seats
  }
}
