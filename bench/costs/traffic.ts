// What traffic control costs a call that it does not hold up: `node --expose-gc traffic.ts '{"what":"concurrency limit"}'`. Layers are measured
// around a next one that answers at once, and that alone is taken away again; what has no promise is measured as it is.
import { GCProfiler } from 'node:v8'
import type { Attempt } from '../../src/call/attempt.ts'
import { Call } from '../../src/call/call.ts'
import type { Layer, Send } from '../../src/call/layer.ts'
import { type Outcome, replied } from '../../src/call/outcome.ts'
import { Admission } from '../../src/policies/admission/admission.ts'
import { admissionSettings } from '../../src/policies/admission/admission-options.ts'
import { ConcurrencyGate } from '../../src/policies/concurrency/concurrency-gate.ts'
import { WatchedLimit } from '../../src/policies/concurrency/watched-limit.ts'
import { FaultInjector } from '../../src/policies/fault/fault-injector.ts'
import { type FaultOptions, faultSettings } from '../../src/policies/fault/fault-options.ts'
import { RateLimit } from '../../src/policies/limit/rate-limit.ts'
import { type RateLimitOptions, rateLimitSettings } from '../../src/policies/limit/rate-limit-options.ts'
import { Mirror } from '../../src/policies/mirror/mirror.ts'
import { mirrorSettings } from '../../src/policies/mirror/mirror-options.ts'
import { EndpointPermits } from '../../src/routing/endpoint-permits.ts'
import { RouteTable } from '../../src/routing/route-table.ts'
import type { Host } from '../../src/runtime/host.ts'
import { systemClock } from '../../src/runtime/system-clock.ts'
import { systemRandom } from '../../src/runtime/system-random.ts'
import { testAttempt, testCall, testEndpoint, testReply } from '../../src/testing/index.ts'
import { measureRuns } from './measure-runs.ts'

const { what } = JSON.parse(process.argv[2] as string) as { what: string }
const host: Host = { service: 'orders', clock: systemClock, random: systemRandom(), emit: () => {} }
const outcome = replied(testReply())
const answer = Promise.resolve<Outcome>(outcome)
const spent = {
  endpoint: testEndpoint('http://10.0.0.1:8080'),
  sent: true,
  startedAt: performance.now(),
  latencyMs: 1,
  verdict: { kind: 'success' },
}
const calls = Array.from({ length: 1_024 }, (_, i) =>
  testCall({ path: '/v1/orders/42', headers: ['accept', '*/*', 'x-tenant', `tenant-${i}`] }),
)
const attempts = calls.map((call) => testAttempt({ call }))

const limited = (options: RateLimitOptions) => new RateLimit(rateLimitSettings({ ...options, permits: 1e9, burst: 1e9 }), host).layer
const gate = () => {
  const made = new ConcurrencyGate(host)
  made.use({ limit: new WatchedLimit(100, host), queue: 100, queueTimeoutMs: Number.POSITIVE_INFINITY, enforce: 1 })
  return made.layer
}
const injector = (options: FaultOptions, off = false) => {
  const made = new FaultInjector(faultSettings(options), host, false)
  if (off) made.switch(false)
  return made.layer
}
const boundless = () => ({
  name: 'boundless',
  outage: { policy: 'refuse', processes: 1 } as const,
  lease: async (_terms: object, wanted: number) => ({ granted: wanted, processes: 1, againMs: 0 }),
  giveBack: async () => {},
  close: async () => {},
})

const ofCalls: Record<string, () => Layer<Call>> = {
  'token bucket': () => limited({ permits: 1 }),
  'leaky bucket': () => limited({ permits: 1, algorithm: 'leaky-bucket' }),
  'token bucket, one of 1,024 by header': () => limited({ permits: 1, key: { header: 'x-tenant' } }),
  'quota, leased': () => limited({ permits: 1, quota: boundless }),
  'concurrency limit': gate,
  admission: () => new Admission(admissionSettings(), host).layer,
  'mirror of share 0': () => new Mirror(mirrorSettings({ to: 'shadow', share: 0 }, 'orders'), host, () => undefined).layer,
}
const ofAttempts: Record<string, () => Layer<Attempt>> = {
  'faults, disabled': () => injector({ abort: { share: 0.1, status: 503 } }, true),
  'faults, not hit': () => injector({ abort: { share: 0, status: 503 } }),
}
const plain: Record<string, () => () => void> = {
  'permit of an endpoint': () => {
    const limit = new WatchedLimit(100, host)
    const settings = { limitOf: () => limit, queue: 100, queueTimeoutMs: Number.POSITIVE_INFINITY, enforce: 1 }
    const permits = new EndpointPermits(settings, host)
    const endpoint = testEndpoint('http://10.0.0.1:8080')
    return () => {
      if (!permits.isFull(endpoint)) permits.began(endpoint)({ kind: 'success' }, 1)
    }
  },
  'route of 20': () => {
    const matches = Array.from({ length: 20 }, (_, i) => ({
      name: `route ${i}`,
      match: { path: { pattern: (i === 19 ? '/v1/orders/:id' : `/v1/other-${i}/:id`) as `/${string}` } },
      draws: host.random,
    }))
    const table = new RouteTable(matches)
    let turn = 0
    return () => void table.find(calls[turn++ & 1_023] as Call)
  },
}

/** Waits for each call before the next one begins. */
async function measureSends<C>(send: Send<C>, carried: readonly C[]) {
  const times = 50_000
  ;(globalThis as { gc?: () => void }).gc?.()
  const collector = new GCProfiler()
  collector.start()
  const heapBefore = process.memoryUsage().heapUsed
  const begunAt = performance.now()
  for (let i = 0; i < times; i += 1) await send(carried[i & 1_023] as C)
  const ns = ((performance.now() - begunAt) / times) * 1e6
  let bytes = process.memoryUsage().heapUsed - heapBefore
  for (const { beforeGC, afterGC } of collector.stop().statistics) {
    bytes += beforeGC.heapStatistics.usedHeapSize - afterGC.heapStatistics.usedHeapSize
  }
  return { ns, bytes: bytes / times }
}

/** With the layer and without it in turns; the least of each, which is what other processes disturbed least. */
async function measureLayer<C>(layer: Layer<C>, carried: readonly C[]) {
  // A call was just made when it comes to a layer, and its headers are at hand; these are a thousand in turn, and whoever is first fetches them.
  const alone: Send<C> = (each) => {
    const { headers } = each instanceof Call ? each : (each as Attempt).call
    if (headers[3] === '') throw new Error('a header of nothing')
    return answer
  }
  const around = layer(alone)
  let [without, within] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  let bytes = Number.POSITIVE_INFINITY
  for (let round = 0; round < 12; round += 1) {
    const [one, other] = [await measureSends(alone, carried), await measureSends(around, carried)]
    without = Math.min(without, one.ns)
    within = Math.min(within, other.ns)
    bytes = Math.min(bytes, other.bytes - one.bytes)
  }
  return { ns: Math.max(0, within - without), bytes: Math.max(0, bytes) }
}

if (what === 'admission') for (const call of calls) (call.spent as unknown[]).push(spent)
const run = plain[what]?.()
const ofCall = ofCalls[what]
const ofAttempt = ofAttempts[what]
const repeated = (once: () => void) => () => {
  for (let i = 0; i < 1_000; i += 1) once()
}
const thousandth = ({ ns, bytes }: { ns: number; bytes: number }) => ({ ns: ns / 1_000, bytes: bytes / 1_000 })
const cost =
  run !== undefined
    ? thousandth(measureRuns(repeated(run)))
    : ofCall !== undefined
      ? await measureLayer(ofCall(), calls)
      : await measureLayer((ofAttempt as () => Layer<Attempt>)(), attempts)
process.stdout.write(`${JSON.stringify(cost)}\n`)
process.exit()
