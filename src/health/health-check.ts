import type { Cancellation } from '../call/cancellation.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'

/** What one check found: `failing` counts towards the threshold, the others hold at once. */
export interface CheckResult {
  readonly state: 'healthy' | 'degraded' | 'failing' | 'unhealthy'
  /** In a few words, for events and the snapshot. */
  readonly reason: string
}

/** A way of asking an endpoint whether it is well, on connections of its own. */
export interface HealthCheck {
  /** Asks once. Resolves, always, and soon after the cancellation. */
  run(endpoint: Endpoint, cancellation: Cancellation): Promise<CheckResult>
  /** An endpoint is gone. */
  retire(endpoint: Endpoint): void
  /** Closes every connection. */
  close(): void
}
