import type { Balancer, Picker, PickQuery } from '../balancing/balancer.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Host } from '../runtime/host.ts'

/** Stands in for a balancer that threw: each endpoint in turn, those first that the call has not tried. */
class TurnPicker implements Picker {
  readonly #endpoints: readonly Endpoint[]
  #turn = 0

  constructor(endpoints: readonly Endpoint[]) {
    this.#endpoints = endpoints
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

/** The endpoints of one priority, with the picker that chooses among them. */
export class Tier {
  /** At least one; frozen. */
  readonly endpoints: readonly Endpoint[]
  readonly #balancer: Balancer
  readonly #host: Host
  #picker: Picker | undefined
  #standIn: Picker | undefined

  /**
   * @param endpoints at least one; frozen.
   * @param balancer makes the picker, when the tier is used for the first time.
   * @param host hears of a balancer that throws.
   */
  constructor(endpoints: readonly Endpoint[], balancer: Balancer, host: Host) {
    this.endpoints = endpoints
    this.#balancer = balancer
    this.#host = host
  }

  /**
   * An endpoint for the next attempt. A balancer that throws costs the call its choice and not its life: an endpoint is taken in turn.
   *
   * @returns `undefined` when the balancer declines.
   */
  pick(query: PickQuery): Endpoint | undefined {
    try {
      this.#picker ??= this.#balancer.picker(this.endpoints)
      // Untyped balancers may answer null.
      return this.#picker.pick(query) ?? undefined
    } catch (error) {
      this.#host.emit('part-threw', { service: this.#host.service, part: `balancer ${this.#balancer.name}`, error })
      this.#standIn ??= new TurnPicker(this.endpoints)
      return this.#standIn.pick(query)
    }
  }

  /** Whether the call has not tried all of them. */
  hasUntried(query: PickQuery): boolean {
    const { call } = query
    const { endpoints } = this
    if (endpoints.length > call.spent.length + call.underway.length) return true
    for (let i = 0; i < endpoints.length; i += 1) if (!query.isSpent(endpoints[i] as Endpoint)) return true
    return false
  }
}
