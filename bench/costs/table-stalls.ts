// How long calls wait while the table of a strategy is made anew, by the number of endpoints:
// `node table-stalls.ts '{"strategy":"maglev({ hashOn })","endpoints":10000}'`.
import type { Call } from '../../src/call/call.ts'
import { ContextValues } from '../../src/call/context-values.ts'
import { Roster } from '../../src/endpoint/roster.ts'
import { TriedQuery } from '../../src/routing/tried-query.ts'
import { systemClock } from '../../src/runtime/system-clock.ts'
import { systemRandom } from '../../src/runtime/system-random.ts'
import { type Strategy, strategies } from './strategies.ts'

const input = JSON.parse(process.argv[2] as string) as { strategy: string; endpoints: number }
const { balancer: makeBalancer } = strategies[input.strategy] as Strategy
const balancer = makeBalancer({ service: 'orders', clock: systemClock, random: systemRandom(), emit: () => {} })

/** Every round replaces another hundredth of them. */
function answer(round: number) {
  return Array.from({ length: input.endpoints }, (_, i) => {
    const number = i % 100 === 7 ? i + round * 1_000_000 : i
    return { url: `http://10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}:${8_000 + (number >> 24)}` }
  })
}

const call = { method: 'GET', path: '/', headers: ['x-user', 'user-1'], context: new ContextValues(), spent: [], underway: [] }
const query = new TriedQuery()
query.standFor(call as unknown as Call, systemClock.now())

/** How long the loop stood still at most, with one call in each turn, until the table was there; and how long that took. */
async function rebuilt(roster: Roster, round: number): Promise<{ stallMs: number; readyMs: number }> {
  roster.update(answer(round))
  const { endpoints } = roster
  const tables = balancer.counts?.().tables ?? 0
  await new Promise(setImmediate)
  const begunAt = performance.now()
  let seenAt = begunAt
  let stallMs = 0
  const picker = balancer.picker(endpoints)
  do {
    picker.pick(query)
    const now = performance.now()
    stallMs = Math.max(stallMs, now - seenAt)
    seenAt = now
    await new Promise(setImmediate)
  } while ((balancer.counts?.().tables ?? 0) === tables)
  return { stallMs: Math.max(stallMs, performance.now() - seenAt), readyMs: performance.now() - begunAt }
}

/** The first table of a process, and a call that comes at once: how long the loop stands still at most, and how long the call waits. */
async function begun(roster: Roster): Promise<{ firstMs: number; firstWaitMs: number }> {
  roster.update(answer(0))
  balancer.expect?.(roster.endpoints)
  await new Promise(setImmediate)
  const calledAt = performance.now()
  let seenAt = calledAt
  let stallMs = 0
  const look = () => {
    const now = performance.now()
    stallMs = Math.max(stallMs, now - seenAt)
    seenAt = now
  }
  let isOver = false
  // As routing does.
  const picker = balancer.picker(roster.endpoints)
  void Promise.resolve(picker.preparing?.()).then(() => {
    isOver = true
  })
  look()
  while (!isOver) {
    await new Promise(setImmediate)
    look()
  }
  picker.pick(query)
  look()
  return { firstMs: stallMs, firstWaitMs: performance.now() - calledAt }
}

const roster = new Roster()
const { firstMs, firstWaitMs } = await begun(roster)
const rounds: { readonly stallMs: number; readonly readyMs: number }[] = []
for (let round = 1; round <= 8; round += 1) rounds.push(await rebuilt(roster, round))
// The first rounds are compiled on the way. The collector of garbage and other processes come on top in some.
const stalls = rounds.slice(3).map(({ stallMs }) => stallMs)
const figures = {
  firstMs,
  firstWaitMs,
  stallMs: Math.min(...stalls),
  worstMs: Math.max(...rounds.map(({ stallMs }) => stallMs)),
  readyMs: rounds.at(-1)?.readyMs,
}
balancer.close?.()
process.stdout.write(`${JSON.stringify(figures)}\n`)
process.exit()
