import { type BalancerPart, maglev, mesh, ringHash } from '../../../src/index.ts'
import { seededRandom } from '../../../src/testing/index.ts'
import { many, type Scenario, type ScenarioEndpoint } from './scenario.ts'

/** The same keys with all endpoints, and after the last one left. */
export interface HashScenario {
  readonly title: string
  readonly before: Scenario
  readonly after: Scenario
  /** How many points an endpoint has on a ring: its share is off by `1 / sqrt(points)`. With a table it is even. */
  readonly points: { readonly envoy: number; readonly mesh: number }
  /** Whether more keys move in Envoy than have to, and not in the mesh, as docs/balancing.md says. */
  readonly fewerMoves: boolean
}

const keys = 5_000
const hashOn = { header: 'x-key' } as const
const alike = many(10)

function hashed(title: string, endpoints: readonly ScenarioEndpoint[], envoy: object, balancer: BalancerPart): Scenario {
  return {
    title,
    endpoints,
    envoy,
    mesh: (resolver) =>
      mesh({ random: seededRandom(title) })
        .service('orders', (s) => s.resolve(resolver).balance(balancer))
        .build(),
    calls: keys,
    callers: 32,
    group: ({ weight = 1 }) => `weight ${weight}`,
  }
}

function pair(title: string, envoy: object, balancer: BalancerPart, points: HashScenario['points'], fewerMoves: boolean): HashScenario {
  const before = hashed(title, alike, envoy, balancer)
  return { title, before, after: { ...before, endpoints: alike.slice(0, -1) }, points, fewerMoves }
}

const ringOf = (size: number): object => ({ lb_policy: 'RING_HASH', ring_hash_lb_config: { minimum_ring_size: size } })

/** Keys and their endpoints: 5,000 keys, ten endpoints, of which one leaves. */
export const hashScenarios: readonly HashScenario[] = [
  pair('ring hash, as it is by default', { lb_policy: 'RING_HASH' }, ringHash({ hashOn }), { envoy: 103, mesh: 2_048 }, true),
  pair('ring hash, 16,384 points at least', ringOf(16_384), ringHash({ hashOn, minSize: 16_384 }), { envoy: 1_639, mesh: 2_048 }, true),
  pair(
    'Maglev, 65,537 places',
    { lb_policy: 'MAGLEV' },
    maglev({ hashOn }),
    { envoy: Number.POSITIVE_INFINITY, mesh: Number.POSITIVE_INFINITY },
    false,
  ),
]

/** Shares of keys by weight. */
export const weightedMaglev: Scenario = {
  ...hashed(
    'Maglev, weights 1, 2, 3, 4, a key a call',
    [{ weight: 1 }, { weight: 2 }, { weight: 3 }, { weight: 4 }],
    { lb_policy: 'MAGLEV' },
    maglev({ hashOn }),
  ),
  meant: { 'weight 1': 0.1, 'weight 2': 0.2, 'weight 3': 0.3, 'weight 4': 0.4 },
}
