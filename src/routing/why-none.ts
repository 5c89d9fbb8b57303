import type { Call } from '../call/call.ts'
import type { MeshError } from '../errors/mesh-error.ts'
import type { Candidates } from './candidates.ts'
import type { DirectoryView } from './directory-view.ts'
import { declined, noEndpoint, noneFit, noneNear, trafficFailed } from './no-endpoint.ts'
import type { RoutingSettings } from './routing-settings.ts'
import { describeUnmatchedSubset, type SubsetLabels } from './subset.ts'
import { describeFallback } from './subset-fallback.ts'

/** What routing went by when it found nobody. */
export interface Search {
  /** Who was left to choose from. */
  readonly candidates: Candidates
  /** What the endpoints had to carry. */
  readonly labels: SubsetLabels | undefined
  /** All endpoints of the service. */
  readonly directory: DirectoryView
  /** How they are narrowed and divided. */
  readonly settings: RoutingSettings
  /** The name of the balancer. */
  readonly balancer: string
  /** Whether the call tried everybody already. */
  readonly allTried: boolean
}

/** The error of an attempt for which routing found nobody: it says at which step none was left. */
export function whyNone(call: Call, { candidates, labels = {}, directory, settings, balancer, allTried }: Search): MeshError {
  const { narrowed, count, tiers } = candidates
  const { locality, failover, subsetFallback } = settings
  const { endpoints } = directory
  if (narrowed.matching === 0)
    return noEndpoint(call, describeUnmatchedSubset(endpoints, labels) + describeFallback(labels, subsetFallback))
  if (tiers.length === 0) return noEndpoint(call, noneNear(endpoints, narrowed.matching, locality))
  // With some left, calls fail only as far as they come to a tier in panic.
  if (candidates.refuses) return noEndpoint(call, trafficFailed(tiers, failover))
  if (count === 0) return noEndpoint(call, noneFit(tiers))
  return declined(call, balancer, count, allTried)
}
