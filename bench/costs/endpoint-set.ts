// What a pick and an update cost by the number of endpoints: `node endpoint-set.ts '{"endpoints":10000}'`.
import { inFlight } from '../../src/balancing/in-flight.ts'
import { powerOfTwo } from '../../src/balancing/power-of-two.ts'
import type { Call } from '../../src/call/call.ts'
import { Roster } from '../../src/endpoint/roster.ts'
import { HealthBoard } from '../../src/health/health-board.ts'
import { BalancerWatch } from '../../src/routing/balancer-watch.ts'
import { Candidates } from '../../src/routing/candidates.ts'
import { tiersOf } from '../../src/routing/priority.ts'
import { routingDefaults } from '../../src/routing/routing-settings.ts'
import { TriedQuery } from '../../src/routing/tried-query.ts'
import type { Host } from '../../src/runtime/host.ts'
import { systemClock } from '../../src/runtime/system-clock.ts'
import { systemRandom } from '../../src/runtime/system-random.ts'
import { measureRuns } from './measure-runs.ts'

const { endpoints } = JSON.parse(process.argv[2] as string) as { endpoints: number }
const host: Host = { service: 'orders', clock: systemClock, random: systemRandom(), emit: () => {} }
const balancer = powerOfTwo(inFlight())(host)
const watch = new BalancerWatch(host, balancer, { faults: 0, bypasses: 0 })
const means = { health: new HealthBoard(), balancer, host, watch, settings: routingDefaults }
/** As routing asks: nothing was tried, and the clock was read for the attempt. */
const query = new TriedQuery()
query.standFor({ spent: [], underway: [] } as unknown as Call, systemClock.now())

/** An answer of the resolver: fresh objects and texts each time, as a resolver makes them. */
function answer(generation: number) {
  return Array.from({ length: endpoints }, (_, i) => {
    const number = i % 100 === 0 ? i + generation * 1_000_000 : i
    return { url: `http://10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}:${8_000 + (number >> 24)}` }
  })
}

function timed(run: () => void): number {
  const begunAt = performance.now()
  run()
  return performance.now() - begunAt
}

const rounds = endpoints > 10_000 ? 6 : 40
const figures = { firstMs: [] as number[], sameMs: [] as number[], replacedMs: [] as number[], nextPickMs: [] as number[] }
let candidates: Candidates | undefined
for (let round = 0; round < rounds; round += 1) {
  const roster = new Roster()
  const [first, same, replaced] = [answer(0), answer(0), answer(1)]
  figures.firstMs.push(timed(() => roster.update(first)))
  figures.sameMs.push(timed(() => roster.update(same)))
  figures.replacedMs.push(timed(() => roster.update(replaced)))
  figures.nextPickMs.push(
    timed(() => {
      candidates = new Candidates({ matching: endpoints, tiers: tiersOf(roster.endpoints) }, means)
      candidates.pick(query)
    }),
  )
}

const { ns: pickNs, bytes: pickBytes } = measureRuns(() => (candidates as Candidates).pick(query), 10 * endpoints)

const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]
const medians = Object.fromEntries(Object.entries(figures).map(([name, values]) => [name, middle(values)]))
process.stdout.write(`${JSON.stringify({ pickNs, pickBytes, ...medians })}\n`)
