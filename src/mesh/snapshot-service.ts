import type { Directory } from '../discovery/directory.ts'
import type { Ejector } from '../health/ejector.ts'
import type { HealthChecker } from '../health/health-checker.ts'
import type { CallLedger } from './call-ledger.ts'
import type { ServiceCircuits } from './service-circuits.ts'
import type { ServiceParts } from './service-parts.ts'
import type { ServiceSnapshot } from './snapshot.ts'

/** Who judges the health of endpoints. */
export interface HealthJudges {
  readonly ejector: Ejector
  readonly checker: HealthChecker
  readonly circuits: ServiceCircuits
}

/** What is known about a running service, as plain data. */
export function snapshotService(
  { balancer, transport }: ServiceParts,
  directory: Directory,
  ledger: CallLedger,
  { ejector, checker, circuits }: HealthJudges,
): ServiceSnapshot {
  const { state, resolver, ageMs, lastError } = directory.snapshot()
  return {
    state,
    resolver,
    balancer: balancer.name,
    transport: transport.name,
    ageMs,
    lastError,
    endpoints: directory.endpoints.map((endpoint) => {
      const { address, weight, priority, locality, labels, inFlight, attempts, failures } = endpoint
      const { connections = 0, idle = 0, waiting = 0 } = transport.stats?.(endpoint) ?? {}
      const counted = { inFlight, attempts, failures, connections, idle, waiting }
      const judged = {
        ejection: ejector.stateOf(endpoint),
        check: checker.stateOf(endpoint),
        circuit: circuits.endpoints.snapshot(endpoint),
      }
      return { address, weight, priority, zone: locality.zone, labels, ...counted, ...judged }
    }),
    ejections: { ...ejector.counts },
    calls: ledger.snapshot(),
    circuit: circuits.service.snapshot(),
  }
}
