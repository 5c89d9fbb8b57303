import type { Directory } from '../discovery/directory.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { HealthBoard } from '../health/health-board.ts'
import type { BalancerFaults } from '../routing/balancer-watch.ts'
import { planEverything } from '../routing/candidate-sets.ts'
import type { RoutingSettings } from '../routing/routing-settings.ts'
import type { CallLedger } from './call-ledger.ts'
import type { ServiceParts } from './service-parts.ts'
import type { ServiceSnapshot, TierSnapshot } from './snapshot.ts'

/** What is known about a running service, as plain data. */
export function snapshotService(
  { balancer, transport, routing }: ServiceParts,
  directory: Directory,
  health: HealthBoard,
  { faults, bypasses }: BalancerFaults,
  ledger: CallLedger,
): ServiceSnapshot {
  const { state, resolver, ageMs, lastError } = directory.snapshot()
  return {
    state,
    resolver,
    balancer: balancer.name,
    balancing: balancer.counts?.() ?? {},
    transport: transport.name,
    ageMs,
    lastError,
    tiers: tierSnapshots(directory.endpoints, health, routing),
    balancerFaults: { faults, bypasses },
    endpoints: directory.endpoints.map((endpoint) => {
      const { address, weight, priority, locality, labels, inFlight, attempts, failures } = endpoint
      const { connections = 0, idle = 0, waiting = 0 } = transport.stats?.(endpoint) ?? {}
      const found = { health: health.stateOf(endpoint), findings: Object.fromEntries(health.findingsOf(endpoint)) }
      const counts = { inFlight, attempts, failures, connections, idle, waiting }
      return { address, weight, priority, zone: locality.zone, labels, ...found, ...counts }
    }),
    calls: ledger.snapshot(),
  }
}

/** The tiers, worked out as routing does, for calls that may go anywhere. */
function tierSnapshots(endpoints: readonly Endpoint[], health: HealthBoard, routing: RoutingSettings): readonly TierSnapshot[] {
  return planEverything(endpoints, health, routing).tiers.map(({ priority, distance, total, healthy, degraded, load }) => ({
    priority,
    distance,
    endpoints: total,
    healthy,
    degraded,
    load: load.healthy,
    degradedLoad: load.degraded,
    panic: load.panic,
  }))
}
