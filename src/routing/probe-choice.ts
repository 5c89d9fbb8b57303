import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Narrowed } from './candidates.ts'

/** In which tier an endpoint is; made when the first probe asks, for endpoints that stay as they are. */
const places = new WeakMap<Narrowed, ReadonlyMap<Endpoint, number>>()

/**
 * Whether a call may probe an endpoint instead of going where it was to go: the endpoint is among those that may serve the call, and in a tier
 * that is no further down. So a probe never leaves the own place where that is strict, nor goes to a standby that is not in use.
 *
 * @param endpoint the one that waits for a probe.
 * @param narrowed what is left of the service's endpoints for the call.
 * @param picked where the call was to go; `undefined` for nowhere, and then a probe may go anywhere.
 */
export function mayProbe(endpoint: Endpoint, narrowed: Narrowed, picked: Endpoint | undefined): boolean {
  let tiers = places.get(narrowed)
  if (tiers === undefined) {
    tiers = new Map(narrowed.tiers.flatMap(({ endpoints }, i) => endpoints.map((each) => [each, i] as const)))
    places.set(narrowed, tiers)
  }
  const tier = tiers.get(endpoint)
  return tier !== undefined && tier <= (picked === undefined ? Number.POSITIVE_INFINITY : (tiers.get(picked) ?? -1))
}
