// What the slowest updates of an endpoint set are due to, 1 % of it new each time: `node update-tails.ts '{"endpoints":10000}'`. An update during which
// the system gave the processor to somebody else is told from the others, and so is one during which memory was collected.
import { PerformanceObserver } from 'node:perf_hooks'
import { inFlight } from '../../src/balancing/in-flight.ts'
import { powerOfTwo } from '../../src/balancing/power-of-two.ts'
import type { Call } from '../../src/call/call.ts'
import { Roster } from '../../src/endpoint/roster.ts'
import { HealthBoard } from '../../src/health/health-board.ts'
import { BalancerWatch } from '../../src/routing/balancer-watch.ts'
import { Candidates } from '../../src/routing/candidates.ts'
import { tiersOf } from '../../src/routing/priority.ts'
import { routingDefaults } from '../../src/routing/routing-settings.ts'
import type { Host } from '../../src/runtime/host.ts'
import { systemClock } from '../../src/runtime/system-clock.ts'
import { systemRandom } from '../../src/runtime/system-random.ts'

const { endpoints, updates = 300 } = JSON.parse(process.argv[2] as string) as { endpoints: number; updates?: number }
const host: Host = { service: 'orders', clock: systemClock, random: systemRandom(), emit: () => {} }
const balancer = powerOfTwo(inFlight())(host)
const watch = new BalancerWatch(host, balancer, { faults: 0, bypasses: 0 })
const means = { health: new HealthBoard(), balancer, host, watch, settings: routingDefaults }
const query = { call: { spent: [], underway: [] } as unknown as Call, isSpent: () => false }

function answer(generation: number) {
  return Array.from({ length: endpoints }, (_, i) => {
    const number = i % 100 === 0 ? i + generation * 1_000_000 : i
    return { url: `http://10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}:${8_000 + (number >> 24)}` }
  })
}

interface Update {
  readonly from: number
  readonly to: number
  /** Whether the processor was given to somebody else meanwhile. */
  readonly interrupted: boolean
}

const collections: { readonly from: number; readonly to: number }[] = []
const observer = new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) collections.push({ from: startTime, to: startTime + duration })
})
observer.observe({ entryTypes: ['gc'] })

function run(work: () => void): Update {
  const before = process.resourceUsage().involuntaryContextSwitches
  const from = performance.now()
  work()
  const to = performance.now()
  return { from, to, interrupted: process.resourceUsage().involuntaryContextSwitches > before }
}

const roster = new Roster()
roster.update(answer(0))
let candidates = new Candidates({ matching: endpoints, tiers: tiersOf(roster.endpoints) }, means)
const stages: Record<'update' | 'nextPick', Update[]> = { update: [], nextPick: [] }
for (let generation = 1; generation <= updates; generation += 1) {
  const next = answer(generation)
  stages.update.push(run(() => roster.update(next)))
  const pick = (): void => {
    candidates = new Candidates({ matching: endpoints, tiers: tiersOf(roster.endpoints) }, means, candidates)
    candidates.pick(query)
  }
  stages.nextPick.push(run(pick))
  // The turn of the loop in which collections are told.
  await new Promise((resolve) => setImmediate(resolve))
}
await new Promise((resolve) => setTimeout(resolve, 50))

const figures: Record<string, number> = {}
for (const [stage, all] of Object.entries(stages)) {
  // The first ones are not compiled.
  const measured = all.slice(Math.floor(all.length / 6))
  const isCollecting = ({ from, to }: Update): boolean => collections.some((gc) => gc.to > from && gc.from < to)
  const note = (name: string, updates: readonly Update[]): void => {
    const sorted = updates.map(({ from, to }) => to - from).toSorted((a, b) => a - b)
    figures[`${stage}, ${name}: count`] = sorted.length
    for (const part of [0.5, 0.9, 1]) figures[`${stage}, ${name}: ${part}`] = sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN
  }
  note('all', measured)
  note(
    'interrupted',
    measured.filter(({ interrupted }) => interrupted),
  )
  note(
    'while memory was collected',
    measured.filter((each) => !each.interrupted && isCollecting(each)),
  )
  note(
    'the others',
    measured.filter((each) => !each.interrupted && !isCollecting(each)),
  )
}
process.stdout.write(`${JSON.stringify(figures)}\n`)
process.exit()
