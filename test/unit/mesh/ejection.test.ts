import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, fixed, mesh, roundRobin, type ServiceDraft, type ServicePlanInput } from '../../../src/index.ts'
import { fakeClock, type ScriptedAttempt, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'

const urls = ['http://10.0.0.1:8080', 'http://10.0.0.2:8080', 'http://10.0.0.3:8080'] as const
const [ill] = urls

/** A mesh of three endpoints, the first of which answers 500 as long as it is ill. */
function openMesh(configure: (s: ServiceDraft) => ServiceDraft = (s) => s) {
  const clock = fakeClock()
  const far = { ill: true }
  const served = new Map<string, number>()
  const answer = ({ endpoint }: Pick<ScriptedAttempt, 'endpoint'>) => {
    served.set(endpoint.address, (served.get(endpoint.address) ?? 0) + 1)
    return { status: far.ill && endpoint.address === ill ? 500 : 200, body: 'ok' }
  }
  const net = mesh({ clock, random: seededRandom(1), transport: scriptedTransport((attempt) => answer(attempt)) })
    .service(
      'orders',
      (s) =>
        configure(s as never)
          .resolve(fixed([...urls]))
          .balance(roundRobin())
          .retry(false) as never,
    )
    .build()
  return {
    net,
    clock,
    far,
    call: async (times: number) => {
      served.clear()
      for (let i = 0; i < times; i += 1) await (await net.fetch('http://orders/')).text()
      return served.get(ill) ?? 0
    },
    endpoint: () => {
      const found = net.snapshot().services.orders?.endpoints[0]
      assert.ok(found !== undefined)
      return found
    },
    orders: () =>
      (
        net as unknown as { service(name: string): { eject(address: string, time?: number): void; readmit(address: string): void } }
      ).service('orders'),
  }
}

test('traffic leaves an endpoint that fails, and returns with one probe after it is well', async () => {
  const { net, clock, far, call, endpoint } = openMesh((s) => s.circuitBreaker(false).ejection({ backoff: { jitter: 0 } }) as never)
  assert.equal(await call(15), 5)
  assert.equal(await call(30), 0)
  assert.deepEqual(endpoint().ejection, { rule: 'consecutive-5xx', forMs: 30_000, times: 1 })
  await clock.advance(30_000)
  assert.equal(endpoint().ejection?.forMs, 0)
  assert.equal(await call(30), 1, 'one probe, which fails')
  assert.deepEqual(endpoint().ejection, { rule: 'consecutive-5xx', forMs: 60_000, times: 2 })
  far.ill = false
  await clock.advance(60_000)
  assert.ok((await call(30)) > 8)
  assert.equal(endpoint().ejection, undefined)
  assert.equal(net.snapshot().services.orders?.ejections.carriedOut, 2)
  await net.close()
  clock.assertIdle()
})

test('with circuits on, the circuit acts first, and the endpoint is not ejected as well', async () => {
  const { net, call, endpoint } = openMesh()
  await call(60)
  assert.equal(endpoint().circuit?.state, 'open')
  assert.equal(endpoint().ejection, undefined)
  await net.close()
})

test('without ejection and circuits an endpoint that fails keeps its share', async () => {
  const { net, call } = openMesh((s) => s.circuitBreaker(false).ejection(false) as never)
  assert.equal(await call(90), 30)
  await net.close()
})

test('a service that is bare ejects nobody', async () => {
  const { net, call, endpoint } = openMesh((s) => s.bare() as never)
  await call(90)
  assert.equal(endpoint().ejection, undefined)
  await net.close()
})

test('a new plan with the same ejection keeps what is known, and one without lets everyone back in', async () => {
  const { net, call, endpoint } = openMesh((s) => s.circuitBreaker(false) as never)
  await call(15)
  const { plan } = net
  const { orders } = plan.services as { orders: ServicePlanInput }
  net.apply({ ...plan, services: { orders: { ...orders, deadline: '1s' } } })
  assert.equal(endpoint().ejection?.times, 1)
  net.apply({ ...plan, services: { orders: { ...orders, ejection: { consecutive5xx: 9 } } } })
  assert.equal(endpoint().ejection?.times, 1)
  net.apply({ ...plan, services: { orders: { ...orders, ejection: false } } })
  assert.equal(endpoint().ejection, undefined)
  await net.close()
})

test('an endpoint can be ejected by hand and let back in', async () => {
  const { net, far, call, orders } = openMesh()
  far.ill = false
  await call(3)
  orders().eject(ill)
  assert.equal(await call(30), 0)
  orders().readmit(ill)
  assert.equal(await call(30), 10)
  assert.throws(
    () => orders().eject('http://10.9.9.9:80'),
    /address: expected one of the service's endpoints \('?"?http:\/\/10\.0\.0\.1:8080.*, got "http:\/\/10\.9\.9\.9:80"/,
  )
  await net.close()
})

test('health checks keep an endpoint out that answers calls well, and stop with the plan that asks for them', async () => {
  const clock = fakeClock()
  const checked = new Set<string>()
  const transport = scriptedTransport(({ endpoint, path }) => {
    if (path !== '/healthz') return { body: endpoint.address }
    checked.add(endpoint.address)
    return { status: endpoint.address === ill ? 500 : 200 }
  })
  const net = mesh({ clock, random: seededRandom(1), transport })
    .service('orders', (s) =>
      s
        .resolve(fixed([...urls]))
        .balance(roundRobin())
        .healthCheck({ path: '/healthz', interval: '1s', initialJitter: 0 }),
    )
    .build()
  const changes: string[] = []
  net.on('health-changed', ({ endpoint, state, reason }) => changes.push(`${endpoint} ${state} ${reason}`))
  await clock.advance(10)
  assert.equal(checked.size, 3)
  assert.deepEqual(changes, [`${ill} unhealthy status 500`])
  const answers = new Set<string>()
  for (let i = 0; i < 9; i += 1) answers.add(await (await net.fetch('http://orders/')).text())
  assert.deepEqual([...answers].sort(), [urls[1], urls[2]])
  assert.deepEqual(net.snapshot().services.orders?.endpoints[0]?.check, { state: 'unhealthy', reason: 'status 500' })
  const { plan } = net
  net.apply({ ...plan, services: { orders: { ...plan.services.orders, healthCheck: false } } as never })
  checked.clear()
  await clock.advance(60_000)
  assert.equal(checked.size, 0)
  assert.equal(net.snapshot().services.orders?.endpoints[0]?.check, undefined)
  await net.close()
  clock.assertIdle()
})

for (const [what, settings, message] of [
  ['a row of no failures', { ejection: { consecutive5xx: 0 } }, 'ejection.consecutive5xx: expected an integer in [1, Infinity), got 0'],
  ['a share of nobody', { ejection: { maxEjected: 0 } }, 'ejection.maxEjected: expected a number in (0, 1], got 0'],
  ['a percentage', { ejection: { enforce: 50 } }, 'ejection.enforce: expected a number in [0, 1], got 50'],
  [
    'one host to compare',
    { ejection: { successRate: { minHosts: 1 } } },
    'ejection.successRate.minHosts: expected an integer in [2, Infinity), got 1',
  ],
  [
    'a threshold of none',
    { ejection: { failureShare: { threshold: 0 } } },
    'ejection.failureShare.threshold: expected a number in (0, 1], got 0',
  ],
  ['a factor below 1', { ejection: { latency: { factor: 0.5 } } }, 'ejection.latency.factor: expected a number in [1, Infinity), got 0.5'],
  [
    'a base above the longest',
    { ejection: { backoff: { base: '10m' } } },
    'ejection.backoff.base: expected a duration not above ejection.backoff.max, which is 300000 ms, got 600000',
  ],
  [
    'rules that are none',
    { ejection: { rules: [() => ({ name: 'x' })] } },
    'ejection.rules[0]: expected a rule: an object with name, judge or review, and readmitted, got',
  ],
  ['an unknown option', { ejection: { baseEjectionTime: '30s' } }, 'ejection.baseEjectionTime: expected one of the options'],
  ['ejection that is true', { ejection: true }, 'ejection: expected an object of options (consecutive5xx'],
  ['an unknown protocol', { healthCheck: { protocol: 'udp' } }, "healthCheck.protocol: expected one of 'http', 'tcp', 'grpc', got \"udp\""],
  [
    'a path without a slash',
    { healthCheck: { path: 'healthz' } },
    'healthCheck.path: expected a path that begins with \'/\', got "healthz"',
  ],
  [
    'no status at all',
    { healthCheck: { expect: [] } },
    'healthCheck.expect: expected a list of at least one status in [100, 599] or [from, to], got []',
  ],
  [
    'a status that is none',
    { healthCheck: { expect: [20] } },
    'healthCheck.expect: expected a list of at least one status in [100, 599] or [from, to], got',
  ],
  [
    'a header with a line break',
    { healthCheck: { headers: { a: 'b\r\nc: d' } } },
    'healthCheck.headers: expected an object of header names and texts',
  ],
  ['an interval of nothing', { healthCheck: { interval: 0 } }, 'healthCheck.interval: expected a duration'],
  [
    'a body of HEAD',
    { healthCheck: { method: 'HEAD', bodyIncludes: 'x' } },
    'healthCheck.bodyIncludes: expected nothing, since a reply to HEAD has no body, got "x"',
  ],
] as const) {
  test(`${what}: the error names the field, what was expected and what came`, () => {
    const resolver = fixed([...urls])
    assert.throws(
      () => {
        const net = mesh().build()
        try {
          net.apply({ ...net.plan, services: { orders: { resolver, ...settings } as never } })
        } finally {
          void net.close()
        }
      },
      (error) =>
        ConfigError.is(error) && error.message.startsWith(`services.orders.${message}`) ? true : (assert.fail(String(error)) as never),
    )
  })
}

test('the handle of a service that is gone, or of a mesh that is closed, ejects nobody and says so', async () => {
  const { net, clock } = openMesh()
  await clock.advance(1)
  const { eject, readmit } = net.service('orders')
  net.apply({ ...net.plan, services: {} })
  for (const use of [eject, readmit]) assert.throws(() => use(ill), { name: 'MeshError', code: 'UNKNOWN_SERVICE' })
  await clock.until(net.close())
  for (const use of [eject, readmit]) assert.throws(() => use(ill), { name: 'MeshError', code: 'CLOSED' })
  clock.assertIdle()
})
