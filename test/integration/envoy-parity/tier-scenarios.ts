import { mesh, ringHash, roundRobin } from '../../../src/index.ts'
import { seededRandom } from '../../../src/testing/index.ts'
import { many, type Scenario, type ScenarioEndpoint } from './scenario.ts'

const byHealth: Scenario['group'] = ({ priority = 0, health = 'healthy' }) => `P${priority} ${health}`

/** How many endpoints of a tier are in which state. */
interface Tier {
  readonly healthy?: number
  readonly degraded?: number
  readonly draining?: number
  readonly unhealthy?: number
}

function tiersOf(...tiers: readonly Tier[]): readonly ScenarioEndpoint[] {
  return tiers.flatMap(({ healthy = 0, degraded = 0, draining = 0, unhealthy = 0 }, priority) => [
    ...many(healthy, { priority }),
    ...many(degraded, { priority, health: 'degraded' }),
    ...many(draining, { priority, health: 'draining' }),
    ...many(unhealthy, { priority, health: 'unhealthy' }),
  ])
}

/** What tiers get, by the state of their endpoints. Shares that are not said are none at all. */
function spill(title: string, tiers: readonly Tier[], panicThreshold: number, meant: Readonly<Record<string, number>>): Scenario {
  return {
    title,
    endpoints: tiersOf(...tiers),
    envoy: {
      lb_policy: 'ROUND_ROBIN',
      common_lb_config: {
        healthy_panic_threshold: { value: 100 * panicThreshold },
        zone_aware_lb_config: { routing_enabled: { value: 0 } },
      },
    },
    mesh: (resolver) =>
      mesh({ random: seededRandom(title) })
        .service('orders', (s) => s.resolve(resolver).balance(roundRobin()).failover({ panicThreshold }))
        .build(),
    calls: 3_000,
    callers: 32,
    group: byHealth,
    meant,
  }
}

/** The same, but a call's key decides: about its tier as about its endpoint. */
function byHash(scenario: Scenario): Scenario {
  return {
    ...scenario,
    envoy: { ...scenario.envoy, lb_policy: 'RING_HASH' },
    mesh: (resolver) =>
      mesh()
        .service('orders', (s) => s.resolve(resolver).balance(ringHash({ hashOn: { header: 'x-key' } })))
        .build(),
  }
}

const eight = { healthy: 8 }

/** How calls move from tier to tier, and panic. */
export const tierScenarios: readonly Scenario[] = [
  spill('two tiers, 100 % of the first healthy', [eight, eight], 0.5, { 'P0 healthy': 1 }),
  spill('two tiers, 75 %', [{ healthy: 6, unhealthy: 2 }, eight], 0.5, { 'P0 healthy': 1 }),
  spill('two tiers, 70 %', [{ healthy: 7, unhealthy: 3 }, eight], 0.5, { 'P0 healthy': 0.98, 'P1 healthy': 0.02 }),
  spill('two tiers, 50 %', [{ healthy: 4, unhealthy: 4 }, eight], 0.5, { 'P0 healthy': 0.7, 'P1 healthy': 0.3 }),
  spill('two tiers, 25 %', [{ healthy: 2, unhealthy: 6 }, eight], 0.5, { 'P0 healthy': 0.35, 'P1 healthy': 0.65 }),
  spill(
    'three tiers, 25 %, 25 % and 20 %, panic off',
    [
      { healthy: 1, unhealthy: 3 },
      { healthy: 1, unhealthy: 3 },
      { healthy: 1, unhealthy: 4 },
    ],
    0,
    { 'P0 healthy': 0.37, 'P1 healthy': 0.35, 'P2 healthy': 0.28 },
  ),
  spill(
    'degraded: 20 % healthy and 30 % degraded, then 50 % degraded, panic off',
    [
      { healthy: 2, degraded: 3, unhealthy: 5 },
      { degraded: 5, unhealthy: 5 },
    ],
    0,
    { 'P0 healthy': 0.28, 'P0 degraded': 0.42, 'P1 degraded': 0.3 },
  ),
  spill('one tier, half of it degraded', [{ healthy: 4, degraded: 4 }], 0.5, { 'P0 healthy': 0.7, 'P0 degraded': 0.3 }),
  spill('two tiers, nobody in the first', [{ unhealthy: 8 }, eight], 0.5, { 'P1 healthy': 1 }),
  byHash(
    spill('two tiers, 50 %, ring hash, a key a call', [{ healthy: 4, unhealthy: 4 }, eight], 0.5, { 'P0 healthy': 0.7, 'P1 healthy': 0.3 }),
  ),
  spill('draining counts as if it were not there', [{ healthy: 4, draining: 4 }, eight], 0.5, { 'P0 healthy': 1 }),
  spill('panic: one tier, 30 % healthy', [{ healthy: 3, unhealthy: 7 }], 0.5, { 'P0 healthy': 0.3, 'P0 unhealthy': 0.7 }),
  spill('panic: one tier, nobody healthy', [{ unhealthy: 8 }], 0.5, { 'P0 unhealthy': 1 }),
  spill('no panic: one tier, 60 % healthy', [{ healthy: 6, unhealthy: 4 }], 0.5, { 'P0 healthy': 1 }),
  spill(
    'panic in the first of two tiers: 10 % and 60 % healthy',
    [
      { healthy: 1, unhealthy: 9 },
      { healthy: 6, unhealthy: 4 },
    ],
    0.5,
    { 'P0 healthy': 0.015, 'P0 unhealthy': 0.135, 'P1 healthy': 0.85 },
  ),
  spill(
    'panic in both tiers: 20 % and 40 % healthy',
    [
      { healthy: 2, unhealthy: 8 },
      { healthy: 4, unhealthy: 6 },
    ],
    0.5,
    { 'P0 healthy': 0.1, 'P0 unhealthy': 0.4, 'P1 healthy': 0.2, 'P1 unhealthy': 0.3 },
  ),
]
