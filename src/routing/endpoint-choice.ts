import type { Call } from '../call/call.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Candidates } from './candidates.ts'
import type { EndpointPermits } from './endpoint-permits.ts'
import { TriedQuery } from './tried-query.ts'

/** Asks the balancer for an endpoint on behalf of a call: first among those that it has not tried, and that have room. */
export class EndpointChoice {
  readonly #permits: EndpointPermits | undefined
  readonly #query = new TriedQuery()

  /** @param permits how many attempts an endpoint may have at once, if that is limited. */
  constructor(permits: EndpointPermits | undefined) {
    this.#permits = permits
  }

  /**
   * The endpoint for the next attempt of a call; `'full'` if nobody has room for it.
   *
   * @param now monotonic time, for balancers that go by it.
   */
  of(candidates: Candidates, call: Call, now: number): Endpoint | undefined | 'full' {
    return this.#permits === undefined ? this.#pick(candidates, call, now) : this.withRoom(this.#permits, candidates, call, now)
  }

  /**
   * Somebody who has room, first among those whom the call has not tried.
   *
   * @param now see {@link EndpointChoice.of}.
   * @param waits whether the call waits for room, and so is not spared.
   */
  withRoom(permits: EndpointPermits, candidates: Candidates, call: Call, now: number, waits = false): Endpoint | undefined | 'full' {
    if (!waits && permits.spares()) {
      const picked = this.#pick(candidates, call, now)
      if (picked !== undefined) permits.spared(picked)
      return picked
    }
    if (!waits && permits.pausing) return 'full'
    const picked = this.#pick(candidates, call, now, permits, false)
    if (picked !== undefined && !permits.isFull(picked)) return picked
    const again = this.#pick(candidates, call, now, permits, true)
    if (again !== undefined && !permits.isFull(again)) return again
    // A balancer that insists on an endpoint without room is waited for; one that declines is not, as long as there is room anywhere.
    const declines = picked === undefined && again === undefined
    return declines && (candidates.count === 0 || this.hasUntried(candidates, call, permits)) ? undefined : 'full'
  }

  /** Whether there is an endpoint that the call has not tried; with `permits`, whether anybody has room, tried or not. */
  hasUntried(candidates: Candidates, call: Call, permits?: EndpointPermits): boolean {
    // More than it can have tried: nearly always so, and asked of every attempt.
    if (permits === undefined && candidates.count > call.spent.length + call.underway.length) return true
    const query = this.#query
    const before = query.standFor(call)
    if (permits !== undefined) query.avoidFull(permits.isFull, true)
    const untried = candidates.hasUntried(query)
    query.standFor(before)
    return untried
  }

  #pick(candidates: Candidates, call: Call, now: number, permits?: EndpointPermits, onlyFull = false): Endpoint | undefined {
    const query = this.#query
    const before = query.standFor(call, now)
    if (permits !== undefined) query.avoidFull(permits.isFull, onlyFull)
    try {
      return candidates.pick(query)
    } finally {
      query.standFor(before)
    }
  }
}
