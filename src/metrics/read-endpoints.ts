import type { EndpointSnapshot, ServiceSnapshot } from '../mesh/snapshot.ts'
import type { MetricsExportSettings } from './export-options.ts'
import type { Attributes, Reading } from './reading.ts'

const healths = Object.freeze({ healthy: 1, degraded: 0.5, unhealthy: 0 })

/** Reads what the endpoints of a service tell: each for itself as long as they are few enough, and otherwise all together. */
export function readEndpoints(service: ServiceSnapshot, { mostEndpoints }: MetricsExportSettings, reading: Reading): void {
  const { endpoints, endpointConcurrency } = service
  reading.add('proxyless.connections.waiting', sum(endpoints, 'waiting'))
  if (endpoints.length > mostEndpoints) {
    readUse({ inFlight: sum(endpoints, 'inFlight'), connections: sum(endpoints, 'connections'), idle: sum(endpoints, 'idle') }, {}, reading)
    return
  }
  for (const endpoint of endpoints) {
    const { address, zone, attempts, failures, health, ejection } = endpoint
    const attributes = { 'proxyless.endpoint': address, 'proxyless.zone': zone === '' ? undefined : zone }
    reading.add('proxyless.endpoint.attempts', attempts, attributes)
    reading.add('proxyless.endpoint.failures', failures, attributes)
    reading.add('proxyless.endpoint.health', healths[health], attributes)
    reading.add('proxyless.endpoint.ejected', ejection === undefined ? 0 : 1, attributes)
    reading.add('proxyless.endpoint.limit', endpointConcurrency?.limits[address], { 'proxyless.endpoint': address })
    readUse(endpoint, { 'proxyless.endpoint': address, ...serverAttributes(address) }, reading)
  }
}

function readUse(use: Pick<EndpointSnapshot, 'inFlight' | 'connections' | 'idle'>, attributes: Attributes, reading: Reading): void {
  const { inFlight, connections, idle } = use
  reading.add('http.client.active_requests', inFlight, attributes)
  reading.add('http.client.open_connections', connections - idle, { 'http.connection.state': 'active', ...attributes })
  reading.add('http.client.open_connections', idle, { 'http.connection.state': 'idle', ...attributes })
}

/** Here the server is the endpoint itself: connections are to it, and not to the name that it serves. */
function serverAttributes(address: string): Attributes {
  if (address.startsWith('http+unix:') || address.startsWith('https+unix:'))
    return { 'server.address': address.slice(address.indexOf(':') + 1) }
  const { protocol, hostname, port } = new URL(address)
  const usual = protocol === 'https:' ? 443 : 80
  return { 'server.address': hostname.replace(/^\[(.*)\]$/, '$1'), 'server.port': port === '' ? usual : Number(port) }
}

function sum(endpoints: readonly EndpointSnapshot[], field: 'inFlight' | 'connections' | 'idle' | 'waiting'): number {
  return endpoints.reduce((total, endpoint) => total + endpoint[field], 0)
}
