import type { Picker, PickQuery } from '../balancing/balancer.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'

/** Stands in for a picker that is broken: each endpoint in turn, those first that the call has not tried. */
export class TurnPicker implements Picker {
  readonly #endpoints: readonly Endpoint[]
  #turn: number

  /**
   * @param endpoints at least one.
   * @param turn whose turn it is first, however large: where endpoints change often, the first ones would get every call.
   */
  constructor(endpoints: readonly Endpoint[], turn: number) {
    this.#endpoints = endpoints
    this.#turn = turn % endpoints.length
  }

  pick(query: PickQuery): Endpoint | undefined {
    const endpoints = this.#endpoints
    const start = this.#turn
    this.#turn = (start + 1) % endpoints.length
    for (let i = 0; i < endpoints.length; i += 1) {
      const endpoint = endpoints[(start + i) % endpoints.length] as Endpoint
      if (!query.isSpent(endpoint)) return endpoint
    }
    return endpoints[start]
  }
}
