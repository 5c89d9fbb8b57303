// What it costs to draw a version for a call: `node --expose-gc split-draw.ts '{"sticky":false}'`.
import type { Call } from '../../src/call/call.ts'
import { ContextValues } from '../../src/call/context-values.ts'
import { Roster } from '../../src/endpoint/roster.ts'
import { HealthBoard } from '../../src/health/health-board.ts'
import { BalancerWatch } from '../../src/routing/balancer-watch.ts'
import { CandidateSets } from '../../src/routing/candidate-sets.ts'
import { routingDefaults } from '../../src/routing/routing-settings.ts'
import { Split } from '../../src/routing/split.ts'
import { splitSettings } from '../../src/routing/split-options.ts'
import type { Host } from '../../src/runtime/host.ts'
import { systemClock } from '../../src/runtime/system-clock.ts'
import { systemRandom } from '../../src/runtime/system-random.ts'
import { measureRuns } from './measure-runs.ts'
import { strategies } from './strategies.ts'

const { sticky } = JSON.parse(process.argv[2] as string) as { sticky: boolean }
const host: Host = { service: 'orders', clock: systemClock, random: systemRandom(), emit: () => {} }
const roster = new Roster()
roster.update(Array.from({ length: 100 }, (_, i) => ({ url: `http://10.0.0.${i}:8000`, labels: { version: i % 4 === 0 ? 'v2' : 'v1' } })))
const directory = {
  state: 'resolved',
  endpoints: roster.endpoints,
  version: 1,
  lastError: undefined,
  settled: () => Promise.resolve(),
  refresh: () => {},
} as const
const balancer = (Object.values(strategies)[0] as (typeof strategies)[string]).balancer(host)
const watch = new BalancerWatch(host, balancer, { faults: 0, bypasses: 0 })
const sets = new CandidateSets(directory, { health: new HealthBoard(), balancer, host, watch, settings: routingDefaults })
const split = new Split(
  splitSettings({ by: 'version', weights: { v1: 95, v2: 5 }, ...(sticky && { stickyBy: { header: 'x-user' } }) }),
  host,
)
const calls = Array.from({ length: 1_024 }, (_, i) => {
  const headers = ['accept', '*/*', 'x-user', `user-${String(i).padStart(15, '0')}`]
  return { method: 'GET', path: '/v1/orders/42', headers, context: new ContextValues(), spent: [], underway: [] } as unknown as Call
})
let turn = 0
const { ns, bytes } = measureRuns(() => {
  const choice = split.choose(calls[turn & 1_023] as Call, sets)
  turn += 1
  sets.of(choice?.labels, choice?.key)
})
process.stdout.write(`${JSON.stringify({ ns, bytes })}\n`)
process.exit()
