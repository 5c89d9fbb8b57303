import type { Balancer, PickQuery } from '../balancing/balancer.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Host } from '../runtime/host.ts'
import { tiersOf } from './priority.ts'
import { Tier } from './tier.ts'

/** The endpoints that may serve a call, in tiers. Holds for one state of the endpoint set. */
export class Candidates {
  /** How many there are. */
  readonly count: number
  readonly #tiers: readonly Tier[]

  /**
   * @param endpoints frozen; none is allowed.
   * @param balancer chooses within a tier.
   * @param host hears of a balancer that throws.
   */
  constructor(endpoints: readonly Endpoint[], balancer: Balancer, host: Host) {
    this.count = endpoints.length
    this.#tiers = tiersOf(endpoints).map((tier) => new Tier(tier, balancer, host))
  }

  /**
   * The endpoint for the next attempt: from the first tier that has one which the call has not tried, and from the first tier again when
   * it has tried them all.
   *
   * @returns `undefined` when there is none, or when the balancer declines in every tier.
   */
  pick(query: PickQuery & { narrow?(endpoints: readonly Endpoint[]): void }): Endpoint | undefined {
    const tiers = this.#tiers
    for (let i = 0; i < tiers.length; i += 1) {
      const tier = tiers[i] as Tier
      if (!tier.hasUntried(query)) continue
      query.narrow?.(tier.endpoints)
      const endpoint = tier.pick(query)
      if (endpoint !== undefined) return endpoint
    }
    for (let i = 0; i < tiers.length; i += 1) {
      const tier = tiers[i] as Tier
      if (tier.hasUntried(query)) continue
      const endpoint = tier.pick(query)
      if (endpoint !== undefined) return endpoint
    }
    return undefined
  }

  /** Whether there is one that the call has not tried. */
  hasUntried(query: PickQuery): boolean {
    const tiers = this.#tiers
    for (let i = 0; i < tiers.length; i += 1) if ((tiers[i] as Tier).hasUntried(query)) return true
    return false
  }
}
