import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  affinity,
  type BalancerPart,
  fixed,
  inFlight,
  leastRequest,
  MeshError,
  maglev,
  mesh,
  meshInfo,
  peakEwma,
  powerOfTwo,
  prequal,
  random,
  rendezvous,
  ringHash,
  roundRobin,
  slowStart,
  weightedRandom,
  weightedRoundRobin,
} from '../../src/index.ts'
import { fakeClock, scriptedTransport, seededRandom } from '../../src/testing/index.ts'

const urls = [1, 2, 3, 4, 5].map((n) => ({
  url: `http://10.0.0.${n}:80`,
  weight: n,
  zone: n % 2 === 0 ? 'even' : 'odd',
  priority: n === 5 ? 1 : 0,
}))

const balancers: Readonly<Record<string, () => BalancerPart>> = {
  affinity: () => affinity(roundRobin(), { cookie: { name: 'held' } }),
  leastRequest: () => leastRequest(),
  maglev: () => maglev({ hashOn: 'path' }),
  prequal: () => prequal(),
  random: () => random(),
  rendezvous: () => rendezvous({ hashOn: { header: 'x-nobody-sends' } }),
  rendezvousByPath: () => rendezvous({ hashOn: 'path' }),
  ringHashByPath: () => ringHash({ hashOn: 'path' }),
  powerOfTwo: () => powerOfTwo(peakEwma()),
  powerOfTwoBusy: () => powerOfTwo(inFlight()),
  ringHash: () => ringHash({ hashOn: { header: 'x-nobody-sends' } }),
  roundRobin: () => roundRobin(),
  slowStart: () => slowStart(weightedRoundRobin(), { window: '10s' }),
  weightedRandom: () => weightedRandom(),
  weightedRoundRobin: () => weightedRoundRobin(),
}

/** One step of a run: time goes by, then a call is made whose attempts end as they say. */
interface Step {
  readonly waitMs: number
  readonly path: string
  readonly bad: boolean
  readonly post: boolean
}

/** Every attempt of a run with its time, and what became of each call. */
async function run(balancer: () => BalancerPart, steps: readonly Step[], looks: boolean): Promise<unknown> {
  const clock = fakeClock()
  const told: unknown[] = []
  let bad = false
  const transport = scriptedTransport(({ endpoint, attempt }) => {
    told.push([Math.round(clock.now() * 1_000), endpoint.address, attempt.path])
    return bad && endpoint.address.endsWith('.2:80')
      ? { error: 'CONNECT_FAILED', latencyMs: 3 }
      : { status: bad ? 503 : 200, latencyMs: endpoint.weight * 2 }
  })
  const net = mesh({ clock, transport, random: seededRandom('explain') })
    .service('orders', (s) =>
      s
        .resolve(fixed(urls))
        .balance(balancer())
        .locality({ zone: 'odd', mode: 'zone-aware' })
        .rateLimit({ permits: 5, per: '1s', burst: 3, overflow: 'queue', enforce: 0.7 })
        .admission({ minimumCalls: 3, enforce: 0.5 })
        .concurrency({ limit: 2, endpoints: { limit: 1 } })
        .circuitBreaker({ consecutiveFailures: 2, service: { consecutiveFailures: 6, openFor: '1s' } })
        .hedge({ after: '5ms' })
        .deadline('3s'),
    )
    .build()
  for (const event of [
    'endpoint-ejected',
    'circuit-opened',
    'circuit-refused',
    'attempt-repeated',
    'call-shed',
    'call-limited',
    'attempt-hedged',
  ] as const)
    net.on(event, (data) => void told.push([event, data]))
  const look = () => {
    if (!looks) return
    net.explain('http://orders/a')
    net.explain('http://orders/b', { method: 'POST', mesh: { subset: { version: 'v1' }, hashKey: 'k' } })
    net.explain('http://elsewhere/')
  }
  look()
  for (const { waitMs, path, bad: isBad, post } of steps) {
    await clock.advance(waitMs)
    look()
    bad = isBad
    const call = net.fetch(`http://orders/${path}`, post ? { method: 'POST', body: 'x' } : {})
    look()
    const ended = call.then(
      (response) => {
        if (looks) meshInfo(response)
        return response.status
      },
      (error: unknown) => {
        if (looks) meshInfo(error)
        return MeshError.from(error)?.code
      },
    )
    await clock.settle()
    look()
    told.push(await clock.until(ended))
  }
  look()
  const end = net.snapshot().services.orders
  await clock.until(net.close())
  return { told, calls: end?.calls, rateLimit: end?.rateLimit, extra: end?.extraAttempts, balancing: end?.balancing }
}

const step: fc.Arbitrary<Step> = fc.record({
  waitMs: fc.constantFrom(0, 1, 30, 700),
  path: fc.constantFrom('a', 'b', 'c'),
  bad: fc.boolean(),
  post: fc.boolean(),
})

for (const [name, balancer] of Object.entries(balancers)) {
  test(`looking with explain and meshInfo changes nothing that ${name} and the policies decide later`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        assert.deepEqual(await run(balancer, steps, true), await run(balancer, steps, false))
      }),
      { numRuns: 30 },
    )
  })
}
