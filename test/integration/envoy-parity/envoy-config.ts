import type { Scenario, ScenarioEndpoint } from './scenario.ts'

/** The zone in which Envoy and the mesh are. */
export const ownZone = 'a'
/** How many clients there are in each zone: what Envoy learns from a cluster of its like. */
export const clientsByZone: Readonly<Record<string, number>> = { a: 4, b: 4, c: 2 }

const extensions = 'type.googleapis.com/envoy.extensions'
const healths = { degraded: 'DEGRADED', draining: 'DRAINING', unhealthy: 'UNHEALTHY' } as const

/** The whole configuration: a cluster for each scenario, chosen by the `Host` of a call: `s0`, `s1`, and so on. */
export function envoyConfiguration(port: number, scenarios: readonly Scenario[], ports: readonly number[]): object {
  return {
    node: { id: 'envoy', cluster: 'clients', locality: { zone: ownZone } },
    cluster_manager: { local_cluster_name: 'clients' },
    static_resources: {
      listeners: [listener(port, scenarios)],
      clusters: [clients(), ...scenarios.map((scenario, i) => cluster(`s${i}`, scenario, ports))],
    },
  }
}

function listener(port: number, scenarios: readonly Scenario[]): object {
  const virtualHosts = scenarios.map((_, i) => {
    const route = { cluster: `s${i}`, hash_policy: [{ header: { header_name: 'x-key' } }], timeout: '15s' }
    return { name: `s${i}`, domains: [`s${i}`], routes: [{ match: { prefix: '/' }, route }] }
  })
  const manager = {
    '@type': `${extensions}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'in',
    route_config: { virtual_hosts: virtualHosts },
    http_filters: [{ name: 'router', typed_config: { '@type': `${extensions}.filters.http.router.v3.Router` } }],
  }
  return { address: address(port), filter_chains: [{ filters: [{ name: 'http', typed_config: manager }] }] }
}

function cluster(name: string, scenario: Scenario, ports: readonly number[]): object {
  return {
    name,
    type: 'STATIC',
    connect_timeout: '2s',
    ...scenario.envoy,
    load_assignment: { cluster_name: name, endpoints: localities(scenario, ports) },
  }
}

interface Member {
  readonly endpoint: ScenarioEndpoint
  readonly port: number
}

/** Endpoints by priority and zone, as Envoy wants them. */
function localities({ endpoints, zoneWeights }: Scenario, ports: readonly number[]): object[] {
  const groups = new Map<string, Member[]>()
  for (const [i, endpoint] of endpoints.entries()) {
    const { priority = 0, zone = '' } = endpoint
    const key = `${priority} ${zone}`
    const members = groups.get(key) ?? []
    groups.set(key, members)
    members.push({ endpoint, port: ports[i] as number })
  }
  return [...groups.values()].map((members) => {
    const { priority = 0, zone = '' } = (members[0] as Member).endpoint
    const weight = zoneWeights?.[zone]
    return {
      priority,
      ...(zone === '' ? {} : { locality: { zone } }),
      ...(weight === undefined ? {} : { load_balancing_weight: weight }),
      lb_endpoints: members.map(lbEndpoint),
    }
  })
}

function lbEndpoint({ endpoint: { weight, health }, port }: Member): object {
  return {
    endpoint: { address: address(port) },
    ...(weight === undefined ? {} : { load_balancing_weight: weight }),
    ...(health === undefined ? {} : { health_status: healths[health] }),
  }
}

/** Envoy and its like, by zone; it never calls them. */
function clients(): object {
  const endpoints = Object.entries(clientsByZone).map(([zone, count]) => ({
    locality: { zone },
    lb_endpoints: Array.from({ length: count }, (_, i) => ({ endpoint: { address: address(1 + i) } })),
  }))
  return { name: 'clients', type: 'STATIC', load_assignment: { cluster_name: 'clients', endpoints } }
}

function address(port: number): object {
  return { socket_address: { address: '127.0.0.1', port_value: port } }
}
