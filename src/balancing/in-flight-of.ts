import { type Endpoint, RosterEndpoint } from '../endpoint/endpoint.ts'
import type { EndpointCounts } from '../endpoint/endpoint-counts.ts'

/** What the endpoints of a set have in flight, by their index, without a look at the endpoints themselves: each would be a wait for memory. */
export class InFlightOf {
  readonly #endpoints: readonly Endpoint[]
  /** Where all of them are counted; `undefined` if they are not all counted at one place. */
  #counts: EndpointCounts | undefined
  /** The seat of each; `undefined` if they sit in their order. */
  #seats: Int32Array | undefined

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

  #ask(index: number): number {
    if (this.#counts !== undefined) this.#findSeats()
    return (this.#endpoints[index] as Endpoint).inFlight
  }

  #findSeats(): void {
    const endpoints = this.#endpoints
    const [first] = endpoints
    this.#counts = undefined
    this.#seats = undefined
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
