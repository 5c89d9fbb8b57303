import { mesh, roundRobin } from '../../../src/index.ts'
import { seededRandom } from '../../../src/testing/index.ts'
import { clientsByZone, ownZone } from './envoy-config.ts'
import { many, type Scenario, type ScenarioEndpoint } from './scenario.ts'

const byZone: Scenario['group'] = ({ zone = '' }) => `zone ${zone}`

function inZones(counts: Readonly<Record<string, number>>): readonly ScenarioEndpoint[] {
  return Object.entries(counts).flatMap(([zone, count]) => many(count, { zone }))
}

/** Zone-aware routing: both are in zone a, and know how clients are spread. */
function zoneAware(title: string, endpoints: readonly ScenarioEndpoint[], meant: Readonly<Record<string, number>>): Scenario {
  return {
    title,
    endpoints,
    envoy: { lb_policy: 'ROUND_ROBIN' },
    mesh: (resolver) =>
      mesh({ random: seededRandom(title) })
        .service('orders', (s) => s.resolve(resolver).balance(roundRobin()).locality({ zone: ownZone, clients: clientsByZone }))
        .build(),
    calls: 3_000,
    callers: 32,
    group: byZone,
    meant,
  }
}

function weighted(
  title: string,
  endpoints: readonly ScenarioEndpoint[],
  weights: Readonly<Record<string, number>>,
  meant: Readonly<Record<string, number>>,
): Scenario {
  return {
    title,
    endpoints,
    envoy: { lb_policy: 'ROUND_ROBIN', common_lb_config: { locality_weighted_lb_config: {} } },
    zoneWeights: weights,
    mesh: (resolver) =>
      mesh({ random: seededRandom(title) })
        .service('orders', (s) => s.resolve(resolver).balance(roundRobin()).locality({ mode: 'weighted', weights }))
        .build(),
    calls: 3_000,
    callers: 32,
    group: byZone,
    meant,
  }
}

const halfOfA = [
  ...many(2, { zone: 'a' }),
  ...many(2, { zone: 'a', health: 'unhealthy' }),
  ...many(4, { zone: 'b' }),
  ...many(4, { zone: 'c' }),
]
const halfOfX = [...many(4, { zone: 'x' }), ...many(4, { zone: 'x', health: 'unhealthy' }), ...many(8, { zone: 'y' })]

/** Shares of zones. */
export const zoneScenarios: readonly Scenario[] = [
  weighted(
    'zones weighted 1, 2, 5, all healthy',
    inZones({ x: 2, y: 4, z: 2 }),
    { x: 1, y: 2, z: 5 },
    { 'zone x': 0.125, 'zone y': 0.25, 'zone z': 0.625 },
  ),
  weighted('zones weighted 1, 2, half of the first healthy', halfOfX, { x: 1, y: 2 }, { 'zone x': 0.7 / 2.7, 'zone y': 2 / 2.7 }),
  zoneAware('zone-aware, 25 % of the endpoints and 40 % of the clients at home', inZones({ a: 2, b: 4, c: 2 }), {
    'zone a': 0.625,
    'zone b': 0.25,
    'zone c': 0.125,
  }),
  zoneAware('zone-aware, half of the endpoints at home unhealthy', halfOfA, { 'zone a': 0.5, 'zone c': 0.5 }),
  zoneAware('zone-aware, 50 % of the endpoints and 40 % of the clients at home', inZones({ a: 4, b: 2, c: 2 }), { 'zone a': 1 }),
  zoneAware('zone-aware, but fewer than six endpoints', inZones({ a: 1, b: 2, c: 1 }), { 'zone a': 0.25, 'zone b': 0.5, 'zone c': 0.25 }),
]
