import { type FailoverSettings, failoverDefaults } from './failover-options.ts'
import type { LocalitySettings } from './locality-options.ts'
import type { SubsetFallback } from './subset-fallback.ts'

/** How a service's endpoints are narrowed and divided, before the balancer is asked. */
export interface RoutingSettings {
  /** How calls move from tier to tier. */
  readonly failover: FailoverSettings
  /** Where this process is; nothing means that it does not matter. */
  readonly locality?: LocalitySettings | undefined
  /** What becomes of a call whose labels no endpoint carries. */
  readonly subsetFallback: SubsetFallback
}

/** What a service has that says nothing. */
export const routingDefaults: RoutingSettings = Object.freeze({ failover: failoverDefaults, subsetFallback: 'none' })
