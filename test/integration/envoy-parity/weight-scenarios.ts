import { leastRequest, mesh, weightedRoundRobin } from '../../../src/index.ts'
import { seededRandom } from '../../../src/testing/index.ts'
import { many, type Scenario } from './scenario.ts'

const byWeight: Scenario['group'] = ({ weight = 1 }) => `weight ${weight}`
const bySpeed: Scenario['group'] = ({ holdMs = 0 }) => (holdMs > 100 ? 'the one that stalls' : 'the others')

const leastRequests: Scenario['mesh'] = (resolver) =>
  mesh({ random: seededRandom('least-request') })
    .service('orders', (s) => s.resolve(resolver).balance(leastRequest()))
    .build()

const weightedTurns: Scenario['mesh'] = (resolver) =>
  mesh({ random: seededRandom('weighted-round-robin') })
    .service('orders', (s) => s.resolve(resolver).balance(weightedRoundRobin()))
    .build()

/** Shares by weight, and by what is in flight. */
export const weightScenarios: readonly Scenario[] = [
  {
    title: 'weighted round robin, weights 1, 2, 3, 4',
    endpoints: [{ weight: 1 }, { weight: 2 }, { weight: 3 }, { weight: 4 }],
    envoy: { lb_policy: 'ROUND_ROBIN' },
    mesh: weightedTurns,
    calls: 1_000,
    callers: 1,
    group: byWeight,
    meant: { 'weight 1': 0.1, 'weight 2': 0.2, 'weight 3': 0.3, 'weight 4': 0.4 },
    inTurns: true,
  },
  {
    title: 'weighted round robin, one of weight 50 among ten of weight 5, 16 callers',
    endpoints: [{ weight: 50 }, ...many(10, { weight: 5 })],
    envoy: { lb_policy: 'ROUND_ROBIN' },
    mesh: weightedTurns,
    calls: 1_000,
    callers: 16,
    group: byWeight,
    meant: { 'weight 50': 0.5, 'weight 5': 0.5 },
    inTurns: true,
  },
  {
    title: 'least request, weights 1, 2, 4, 16 callers, equal servers',
    endpoints: [
      { weight: 1, holdMs: 4 },
      { weight: 2, holdMs: 4 },
      { weight: 4, holdMs: 4 },
    ],
    envoy: { lb_policy: 'LEAST_REQUEST' },
    mesh: leastRequests,
    calls: 3_000,
    callers: 16,
    group: byWeight,
  },
  {
    title: 'least request, weights 1, 2, 4, 16 callers, the heaviest five times slower',
    endpoints: [
      { weight: 1, holdMs: 4 },
      { weight: 2, holdMs: 4 },
      { weight: 4, holdMs: 20 },
    ],
    envoy: { lb_policy: 'LEAST_REQUEST' },
    mesh: leastRequests,
    calls: 2_000,
    callers: 16,
    group: byWeight,
  },
  {
    title: 'least request, equal weights, 8 callers, one of four stalls',
    endpoints: [{ holdMs: 1_000 }, ...many(3, { holdMs: 4 })],
    envoy: { lb_policy: 'LEAST_REQUEST' },
    mesh: leastRequests,
    calls: 800,
    callers: 8,
    group: bySpeed,
    differs: { group: 'the one that stalls', meshAtMost: 0.02, envoyAtLeast: 0.028 },
  },
]
