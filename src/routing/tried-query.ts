import type { PickQuery } from '../balancing/balancer.ts'
import type { Call } from '../call/call.ts'
import { avoidTriedZones } from '../call/call-options.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'

/**
 * What a picker is asked with. There is one for each router: picking is synchronous, so the query can stand for one call after the other,
 * and a pick allocates nothing.
 */
export class TriedQuery implements PickQuery {
  #call: Call | undefined
  /** When it was asked. Not a number from the beginning: V8 would copy it on the heap whenever it is read. */
  at: number | undefined = undefined
  /** Whether the endpoints of a zone that was tried count as tried, too. */
  #byZone = false
  /** Who has no room, where room is limited: they count as tried, too. */
  #full: ((endpoint: Endpoint) => boolean) | undefined
  /** Whether only they do. */
  #onlyFull = false

  get call(): Call {
    return this.#call as Call
  }

  /** Whether more endpoints count as tried than were. */
  get narrowed(): boolean {
    return this.#byZone || this.#full !== undefined
  }

  get isFresh(): boolean {
    if (this.#byZone || this.#full !== undefined) return false
    const { spent, underway } = this.#call as Call
    return spent.length === 0 && underway.length === 0
  }

  /** Bound, because pickers take it out of the query. An endpoint counts as tried from the moment at which an attempt at it begins. */
  readonly isSpent = (endpoint: Endpoint): boolean => {
    if (this.#full?.(endpoint) === true) return true
    if (this.#onlyFull) return false
    const { spent, underway } = this.#call as Call
    for (let i = 0; i < spent.length; i += 1) if (spent[i]?.endpoint === endpoint) return true
    for (let i = 0; i < underway.length; i += 1) if (underway[i]?.endpoint === endpoint) return true
    return this.#byZone && endpoint.locality.zone !== '' && this.#isZoneSpent(endpoint)
  }

  /**
   * Before a pick among endpoints: for a call that prefers zones it has not tried, endpoints of the others count as tried, if that leaves any.
   */
  narrow(endpoints: readonly Endpoint[]): void {
    const { spent, underway, context } = this.#call as Call
    this.#byZone = spent.length + underway.length > 0 && context.get(avoidTriedZones)
    if (this.#byZone) this.#byZone = endpoints.some((endpoint) => !this.isSpent(endpoint))
  }

  /** From here on endpoints without room count as tried; if `only` is set, no others do. */
  avoidFull(full: (endpoint: Endpoint) => boolean, only: boolean): void {
    this.#full = full
    this.#onlyFull = only
  }

  #isZoneSpent({ locality: { region, zone } }: Endpoint): boolean {
    const { spent, underway } = this.#call as Call
    const isThere = (attempt: { readonly endpoint: Endpoint }) => {
      const { locality } = attempt.endpoint
      return locality.zone === zone && locality.region === region
    }
    return spent.some(isThere) || underway.some(isThere)
  }

  /**
   * Lets the query stand for another call.
   *
   * @param at monotonic time, see {@link PickQuery.at}.
   * @returns the call that it stood for: put it back afterwards. A picker may begin another call while it picks, and a call that is over
   * must not be kept alive from here.
   */
  standFor(call: Call | undefined, at?: number): Call | undefined {
    const before = this.#call
    this.#call = call
    this.at = at
    this.#byZone = false
    this.#full = undefined
    this.#onlyFull = false
    return before
  }
}
