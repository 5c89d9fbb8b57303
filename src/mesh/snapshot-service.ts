import type { Directory } from '../discovery/directory.ts'
import type { Endpoint, RosterEndpoint } from '../endpoint/endpoint.ts'
import { type RecentLatencies, summarize } from '../endpoint/recent-latencies.ts'
import type { Ejector } from '../health/ejector.ts'
import type { HealthBoard } from '../health/health-board.ts'
import type { HealthChecker } from '../health/health-checker.ts'
import type { BalancerFaults } from '../routing/balancer-watch.ts'
import { planEverything } from '../routing/candidate-sets.ts'
import type { RoutingSettings } from '../routing/routing-settings.ts'
import type { Host } from '../runtime/host.ts'
import type { ServiceMetrics } from '../telemetry/service-metrics.ts'
import type { CallLedger } from './call-ledger.ts'
import { capacityOf, countsOf, statsOf } from './careful-counts.ts'
import type { ServiceCircuits } from './service-circuits.ts'
import { concurrencySnapshots } from './service-concurrency.ts'
import type { ServiceParts } from './service-parts.ts'
import { routeSnapshots } from './service-routes.ts'
import type { ServiceSnapshot, TierSnapshot } from './snapshot.ts'
import { type EndpointUse, utilisationOf } from './utilisation.ts'

/** Who judges the health of endpoints. */
export interface HealthJudges {
  readonly ejector: Ejector
  readonly checker: HealthChecker
  readonly circuits: ServiceCircuits
  readonly board: HealthBoard
  readonly faults: BalancerFaults
  readonly metrics: ServiceMetrics | undefined
}

/** What is known about a running service, as plain data. */
export function snapshotService(
  parts: ServiceParts,
  directory: Directory,
  ledger: CallLedger,
  { ejector, checker, circuits, board, faults: { faults, bypasses }, metrics }: HealthJudges,
  host: Host,
): ServiceSnapshot {
  const { balancer, transport, routing, rateLimit, extra, mirror, fault } = parts
  const now = host.clock.now()
  const left = extra.left(now)
  const uses: EndpointUse[] = []
  const { state, resolver, ageMs, lastError } = directory.snapshot()
  return {
    state,
    resolver,
    balancer: balancer.name,
    balancing: countsOf(balancer, host),
    transport: transport.name,
    ageMs,
    lastError,
    tiers: tierSnapshots(directory.endpoints, board, routing),
    balancerFaults: { faults, bypasses },
    endpoints: directory.endpoints.map((endpoint) => {
      const { address, weight, priority, locality, labels, inFlight, attempts, failures } = endpoint
      const { connections = 0, idle = 0, waiting = 0 } = statsOf(transport, endpoint, host)
      uses.push({ endpoint, capacity: smaller(capacityOf(transport, endpoint, host), parts.endpointPermits?.limitOf(endpoint)) })
      const found = { health: board.stateOf(endpoint), findings: Object.fromEntries(board.findingsOf(endpoint)) }
      const latency = (endpoint as RosterEndpoint).latencies?.summary(now)
      const counted = { inFlight, attempts, failures, latency, connections, idle, waiting }
      const judged = {
        ejection: ejector.stateOf(endpoint),
        check: checker.stateOf(endpoint),
        circuit: circuits.endpoints.snapshot(endpoint),
      }
      return { address, weight, priority, zone: locality.zone, labels, ...found, ...counted, ...judged }
    }),
    latency: summarize(latenciesOf(directory.endpoints), now),
    ejections: { ...ejector.counts },
    calls: ledger.snapshot(),
    rateLimit:
      rateLimit === undefined
        ? undefined
        : {
            ...rateLimit.counts,
            permitsLeft: rateLimit.permitsLeft,
            waiting: rateLimit.waiting,
            ...(rateLimit.quota && { quota: rateLimit.quota.counts }),
          },
    ...concurrencySnapshots(parts, directory.endpoints),
    mirror: mirror && { ...mirror.counts, to: mirror.to, inFlight: mirror.inFlight },
    fault: fault && { ...fault.counts, enabled: fault.enabled, allowed: fault.allowed, active: fault.active },
    split: parts.split?.snapshot(),
    circuit: circuits.service.snapshot(),
    routes: routeSnapshots(parts.routes),
    extraAttempts: { ...extra.counts },
    retryBudget: { left: left.budget, credit: left.credit },
    utilisation: utilisationOf(uses, metrics?.throughput.rates(directory.endpoints, now), parts.plan.tls),
    metrics: metrics?.snapshot(directory.endpoints),
  }
}

function smaller(one: number | undefined, other: number | undefined): number | undefined {
  const least = Math.min(one ?? Number.POSITIVE_INFINITY, other ?? Number.POSITIVE_INFINITY)
  return Number.isFinite(least) ? least : undefined
}

function latenciesOf(endpoints: readonly Endpoint[]): readonly RecentLatencies[] {
  return endpoints.map((endpoint) => (endpoint as RosterEndpoint).latencies).filter((latencies) => latencies !== undefined)
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
