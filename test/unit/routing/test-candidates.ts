import type { Balancer } from '../../../src/balancing/balancer.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { HealthBoard, type HealthView } from '../../../src/health/health-board.ts'
import { type BalancerFaults, BalancerWatch } from '../../../src/routing/balancer-watch.ts'
import { CandidateSets } from '../../../src/routing/candidate-sets.ts'
import { type CandidateMeans, Candidates } from '../../../src/routing/candidates.ts'
import type { DirectoryView } from '../../../src/routing/directory-view.ts'
import { distanceFrom } from '../../../src/routing/distance.ts'
import { tiersOf } from '../../../src/routing/priority.ts'
import { type RoutingSettings, routingDefaults } from '../../../src/routing/routing-settings.ts'
import type { Host } from '../../../src/runtime/host.ts'

/** What a test of candidates may choose beside the endpoints. */
export interface TestMeans {
  readonly health?: HealthView
  readonly settings?: Partial<RoutingSettings>
  readonly faults?: BalancerFaults
}

export function meansOf(balancer: Balancer, host: Host, given: TestMeans = {}): CandidateMeans {
  const { health = new HealthBoard(), settings, faults = { faults: 0, bypasses: 0 } } = given
  return { health, balancer, host, watch: new BalancerWatch(host, balancer, faults), settings: { ...routingDefaults, ...settings } }
}

export function candidatesOf(endpoints: readonly Endpoint[], balancer: Balancer, host: Host, given: TestMeans = {}): Candidates {
  const tiers = tiersOf(Object.freeze([...endpoints]), distanceFrom(given.settings?.locality))
  return new Candidates({ matching: endpoints.length, tiers }, meansOf(balancer, host, given))
}

export function setsOf(directory: DirectoryView, balancer: Balancer, host: Host, given: TestMeans = {}): CandidateSets {
  return new CandidateSets(directory, meansOf(balancer, host, given))
}
