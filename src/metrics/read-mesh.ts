import type { MeshSnapshot, ServiceSnapshot } from '../mesh/snapshot.ts'
import type { AttemptLabels } from '../telemetry/attempt-metrics.ts'
import type { CallLabels } from '../telemetry/call-metrics.ts'
import type { ServiceMetricsSnapshot } from '../telemetry/service-metrics.ts'
import type { MetricsExportSettings } from './export-options.ts'
import { readEndpoints } from './read-endpoints.ts'
import { readLimits } from './read-limits.ts'
import { circuitStates, readCircuit, readRoutes, readTraffic } from './read-traffic.ts'
import type { Attributes, Reading } from './reading.ts'

/** What hosts that no service declares are called; no service can be called so. */
export const passthroughService = '(passthrough)'

const discoveryStates = ['resolved', 'empty', 'absent', 'unresolved'] as const

/**
 * Reads what a mesh tells of itself.
 *
 * @param snapshot the mesh.
 * @param settings see {@link MetricsExportSettings}.
 * @param reading where to.
 */
export function readMesh(snapshot: MeshSnapshot, settings: MetricsExportSettings, reading: Reading): void {
  const { name: mesh, services, passthrough } = snapshot
  for (const [service, known] of Object.entries(services)) {
    const shared = { 'proxyless.mesh': mesh, 'proxyless.service': service }
    reading.within(shared)
    readCalls(known.calls, reading)
    if (known.metrics !== undefined) readAttempts(known.metrics, reading)
    readExtraAttempts(known, reading)
    readHealth(known, reading)
    readLimits(known, reading)
    readDiscovery(known, reading)
    readEndpoints(known, settings, reading)
    readTraffic(known, reading)
    readRoutes(known, shared, reading)
  }
  if (passthrough.origins === 0) return
  reading.within({ 'proxyless.mesh': mesh, 'proxyless.service': passthroughService })
  readCalls(passthrough.calls, reading)
  if (passthrough.metrics !== undefined) readAttempts(passthrough.metrics, reading)
}

/** The attributes of a series of durations, by the names of the semantic conventions. */
export function durationAttributes({ method, serverAddress, serverPort, status, errorType, endpoint }: AttemptLabels): Attributes {
  return {
    'http.request.method': method,
    'server.address': serverAddress,
    'server.port': serverPort,
    'http.response.status_code': status,
    'error.type': errorType,
    'proxyless.endpoint': endpoint,
  }
}

/** The same for whole calls. */
export function callAttributes({ route, status, errorType }: CallLabels): Attributes {
  return { 'http.response.status_code': status, 'error.type': errorType, 'proxyless.route': route }
}

function readCalls({ succeeded, failed, ignored, inFlight }: ServiceSnapshot['calls'], reading: Reading): void {
  reading.addEach('proxyless.calls', 'proxyless.result', { succeeded, failed, ignored })
  reading.add('proxyless.calls.active', inFlight)
}

function readAttempts(metrics: ServiceMetricsSnapshot, reading: Reading): void {
  const { attempts, calls, durations, connections, repeatedBecause, partFaults } = metrics
  reading.addEach('proxyless.attempts', 'proxyless.verdict', attempts)
  reading.addEach('proxyless.attempts.repeated', 'proxyless.reason', repeatedBecause)
  reading.add('proxyless.part_faults', partFaults)
  for (const each of durations) reading.addHistogram('http.client.request.duration', each.durations, durationAttributes(each.labels))
  for (const each of calls) reading.addHistogram('proxyless.call.duration', each.durations, callAttributes(each.labels))
  reading.addHistogram('http.client.connection.duration', connections)
}

function readExtraAttempts({ extraAttempts: extra, retryBudget: { left, credit } }: ServiceSnapshot, reading: Reading): void {
  const { retries: retry, requeues: requeue, hedges: hedge, overBudget, retriesWithheld, hedgesWithheld } = extra
  reading.addEach('proxyless.extra_attempts', 'proxyless.kind', { retry, requeue, hedge })
  const withheld = { over_budget: overBudget, retry_not_enforced: retriesWithheld, hedge_not_enforced: hedgesWithheld }
  reading.addEach('proxyless.extra_attempts.withheld', 'proxyless.reason', withheld)
  reading.add('proxyless.hedges.won', extra.hedgesWon)
  reading.add('proxyless.retry_budget.left', left)
  reading.add('proxyless.retry_budget.credit', credit)
}

function readHealth({ endpoints, ejections, circuit, tiers, metrics, utilisation }: ServiceSnapshot, reading: Reading): void {
  const count = (state: string) => endpoints.filter(({ health }) => health === state).length
  const byHealth = { healthy: count('healthy'), degraded: count('degraded'), unhealthy: count('unhealthy') }
  reading.addEach('proxyless.endpoints', 'proxyless.state', byHealth)
  reading.add('proxyless.endpoints.ejected', endpoints.filter(({ ejection }) => ejection !== undefined).length)
  if (metrics !== undefined) reading.addEach('proxyless.ejections', 'proxyless.reason', metrics.ejectedBecause)
  const withheld = { not_enforced: ejections.notEnforced, over_limit: ejections.overLimit }
  reading.addEach('proxyless.ejections.withheld', 'proxyless.reason', withheld)
  for (const state of circuitStates) {
    const open = endpoints.filter((endpoint) => (endpoint.circuit?.state ?? 'closed') === state).length
    reading.add('proxyless.endpoint.circuits', open, { 'proxyless.state': state })
  }
  readCircuit(circuit, reading)
  for (const { priority, distance, panic } of tiers)
    reading.add('proxyless.tier.panic', panic ? 1 : 0, { 'proxyless.tier': `${priority}.${distance}` })
  reading.add('proxyless.utilisation', utilisation.utilisation)
  reading.add('proxyless.throughput', utilisation.throughput)
  reading.add('proxyless.security', utilisation.security)
}

function readDiscovery({ state, ageMs, metrics, balancerFaults }: ServiceSnapshot, reading: Reading): void {
  reading.add('proxyless.discovery.age', ageMs === undefined ? undefined : ageMs / 1_000)
  reading.addState('proxyless.discovery.state', discoveryStates, state)
  reading.add('proxyless.discovery.failures', metrics?.resolverFailures)
  reading.add('proxyless.balancer.bypasses', balancerFaults.bypasses)
}
