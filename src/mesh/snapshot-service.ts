import type { Directory } from '../discovery/directory.ts'
import type { CallLedger } from './call-ledger.ts'
import type { ServiceParts } from './service-parts.ts'
import type { ServiceSnapshot } from './snapshot.ts'

/** What is known about a running service, as plain data. */
export function snapshotService({ balancer, transport, extra }: ServiceParts, directory: Directory, ledger: CallLedger): ServiceSnapshot {
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
      return { address, weight, priority, zone: locality.zone, labels, inFlight, attempts, failures, connections, idle, waiting }
    }),
    calls: ledger.snapshot(),
    extraAttempts: { ...extra.counts },
  }
}
