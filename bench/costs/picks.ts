// What a pick of one strategy costs, and what is prepared for it, by the number of endpoints:
// `node --expose-gc picks.ts '{"strategy":"random()","endpoints":10000}'`.
import type { Call } from '../../src/call/call.ts'
import { ContextValues } from '../../src/call/context-values.ts'
import { type Outcome, replied } from '../../src/call/outcome.ts'
import type { Reply } from '../../src/call/reply.ts'
import type { Endpoint, RosterEndpoint } from '../../src/endpoint/endpoint.ts'
import { Roster } from '../../src/endpoint/roster.ts'
import { TriedQuery } from '../../src/routing/tried-query.ts'
import type { Host } from '../../src/runtime/host.ts'
import { systemClock } from '../../src/runtime/system-clock.ts'
import { systemRandom } from '../../src/runtime/system-random.ts'
import { measureRuns, measureRunsBetween } from './measure-runs.ts'
import { type Strategy, strategies } from './strategies.ts'

const input = JSON.parse(process.argv[2] as string) as { strategy: string; endpoints: number }
const strategy = strategies[input.strategy] as Strategy
/** Time goes by more slowly than it does: a second of picks without a single attempt would be nothing that is ever so. */
let time = systemClock.now()
const host: Host = { service: 'orders', clock: { ...systemClock, now: () => time }, random: systemRandom(), emit: () => {} }
const gc = (globalThis as { gc?: () => void }).gc as () => void

/** In a function of its own, so that the list it makes is garbage afterwards. */
function makeEndpoints(): readonly Endpoint[] {
  const roster = new Roster()
  roster.update(
    Array.from({ length: input.endpoints }, (_, i) => ({
      url: `http://10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}:8000`,
      weight: strategy.weighted ? 1 + (i % 3) : 1,
    })),
  )
  return roster.endpoints
}

const endpoints = makeEndpoints()
const balancer = strategy.balancer(host)

/** The reply of an endpoint that says how busy it is. */
function reply(i: number): Outcome {
  const report = `TEXT named_metrics.rif=${i % 4},named_metrics.latency_ms=${5 + (i % 10)},rps_fractional=${10 + (i % 3)},cpu_utilization=0.5`
  return replied({ status: 200, headers: { 'endpoint-load-metrics': report } } as unknown as Reply)
}

// Endpoints as they are in use: each was measured once, and has up to three attempts in flight.
for (const [i, endpoint] of endpoints.entries()) {
  for (const meter of balancer.meters ?? []) {
    const end = meter.began(endpoint)
    const latencyMs = 5 + (i % 10) + (i % 997) / 1_000
    end.answered?.({ kind: 'success' }, latencyMs, strategy.reports ? reply(i) : undefined)
    end({ kind: 'success' }, latencyMs)
  }
  ;(endpoint as RosterEndpoint).inFlight = (i * 7) % 4
}

// A while later, and just after one attempt in a hundred was spent on a measurement that is old.
time += 4_000
for (const meter of balancer.meters ?? []) meter.began(endpoints[0] as Endpoint)({ kind: 'success' }, 5)

const calls = Array.from({ length: 1_024 }, (_, i) => {
  const headers = ['accept', '*/*', 'x-user', `user-${String(i).padStart(15, '0')}`]
  return { method: 'GET', path: '/v1/orders/42', headers, context: new ContextValues(), spent: [], underway: [] } as unknown as Call
})
/** The query that routing asks with. It reads the clock once for an attempt and its choice: the time of the attempt is not part of a pick. */
const query = new TriedQuery()
query.standFor(calls[0] as Call, time)

/** Bytes in use. What a first collection finds to be garbage may keep other garbage alive until the next. */
function held(): number {
  for (let i = 0; i < 3; i += 1) gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Once for nothing: whoever reads an address that was put together makes one text of its parts, which are garbage then. */
function prepareOnce(): void {
  balancer.picker(endpoints).pick(query)
}

/** Large tables are made beside the calls: what is measured is a pick with a table. */
async function tables(count: number): Promise<void> {
  const { tables: made } = balancer.counts?.() ?? {}
  if (made === undefined || made >= count) return
  await new Promise((resolve) => setTimeout(resolve, 5))
  await tables(count)
}

prepareOnce()
await tables(1)
const heldBefore = held()
const begunAt = performance.now()
const picker = balancer.picker(endpoints)
picker.pick(query)
const buildMs = performance.now() - begunAt
await tables(2)
const bytesEach = Math.max(0, held() - heldBefore) / endpoints.length

let turn = 0
/** A choice for the next of a few calls. */
function pick(): Endpoint {
  if ((turn & 1_023) === 0) time += 0.001
  query.standFor(calls[turn & 1_023] as Call, query.at)
  if ((turn & 1_023) === 0) query.at = time
  turn += 1
  return picker.pick(query) as Endpoint
}

const replies = Array.from({ length: 20 }, (_, i) => reply(i))
/** The endpoint answers the call. */
function answer(endpoint: Endpoint): void {
  for (const meter of balancer.meters ?? []) {
    const end = meter.began(endpoint)
    end.answered?.({ kind: 'success' }, 5, replies[turn % 20])
    end({ kind: 'success' }, 5)
  }
}

// What a picker finds out about an endpoint when it draws it for the first time, it has found out then.
const warmRuns = 10 * endpoints.length
const { ns, bytes } = strategy.reports === true ? measureRunsBetween(pick, answer, warmRuns) : measureRuns(pick, warmRuns)
process.stdout.write(`${JSON.stringify({ pickNs: ns, pickBytes: bytes, buildMs, bytesEach })}\n`)
process.exit()
