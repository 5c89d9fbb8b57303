import { mostPassedOver, type ServiceState } from '../records/decision-record.ts'
import { circuitOf } from './explain-route.ts'
import type { ServiceFacts } from './service-facts.ts'

/** How a service is now, as far as it matters to its calls. Reading it changes nothing. */
export function serviceState(facts: ServiceFacts): ServiceState {
  const { parts, directory, judges, host } = facts
  const { rateLimit, concurrencyGate: gate, admission, extra } = parts
  const counts = { healthy: 0, degraded: 0, unhealthy: 0 }
  const openCircuits: Record<string, 'open' | 'half-open'> = {}
  let told = 0
  for (const endpoint of directory.endpoints) {
    counts[judges.board.stateOf(endpoint)] += 1
    const circuit = told < mostPassedOver ? judges.circuits.endpoints.snapshot(endpoint)?.state : undefined
    if (circuit === undefined || circuit === 'closed') continue
    openCircuits[endpoint.address] = circuit
    told += 1
  }
  return {
    readAt: host.clock.wallTime(),
    discovery: directory.state,
    endpoints: { total: directory.endpoints.length, ...counts },
    circuit: circuitOf(facts)?.state,
    openCircuits,
    budgetLeft: extra.budgetLeft(host.clock.now()),
    rateLimit: rateLimit && { permitsLeft: rateLimit.permitsLeft, waiting: rateLimit.waiting },
    concurrency: gate && { limit: gate.limit, inFlight: gate.inFlight, waiting: gate.waiting },
    rejectedShare: admission?.rejectedShare,
  }
}
