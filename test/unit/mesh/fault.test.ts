import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FaultOptions, fixed, MeshError, mesh, roundRobin, type ServiceDraft } from '../../../src/index.ts'
import { fakeClock, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'

const one = 'http://10.0.0.1:80'
const two = 'http://10.0.0.2:80'

function faulty(fault: FaultOptions, { production = false, more = (s: ServiceDraft): unknown => s, seed = 'faults' } = {}) {
  const clock = fakeClock()
  const transport = scriptedTransport({ body: 'from the server', latencyMs: 10 })
  const net = mesh({ clock, transport, production, random: seededRandom(seed) })
    .service('orders', (s) =>
      (more(s) as ServiceDraft)
        .resolve(fixed([one, two]))
        .balance(roundRobin())
        .fault(fault),
    )
    .build()
  const call = async (path = '/', init: RequestInit = {}) => {
    try {
      const response = await clock.until(net.fetch(`http://orders${path}`, init))
      await clock.until(response.text())
      return response.status
    } catch (error) {
      return MeshError.from(error)?.code
    }
  }
  const snapshot = () => net.snapshot().services.orders ?? assert.fail('no service')
  return { clock, transport, net, call, snapshot }
}

test('faults look real to retries, circuits and counters, and are told as what they are', async () => {
  const { net, call, snapshot, transport } = faulty({ abort: { share: 1, status: 503 }, match: { endpoints: [one] } })
  const injected: string[] = []
  const opened: (string | undefined)[] = []
  net.on('fault-injected', ({ endpoint, fault, detail, by }) => injected.push(`${endpoint} ${fault} ${detail} ${by}`))
  net.on('circuit-opened', ({ endpoint }) => opened.push(endpoint))
  for (let i = 0; i < 20; i += 1) assert.equal(await call(), 200)
  assert.deepEqual(opened, [one])
  assert.equal(injected.length, 5)
  assert.equal(injected[0], `${one} abort 503 share`)
  const { endpoints, calls, fault } = snapshot()
  assert.deepEqual(
    endpoints.map(({ failures }) => failures),
    [5, 0],
  )
  assert.deepEqual([calls.succeeded, calls.retried], [20, 5])
  const counted = { delayed: 0, aborted: 5, cut: 0, throttled: 0, capped: 0, unreadable: 0 }
  assert.deepEqual(fault, { ...counted, enabled: true, allowed: true, active: 0 })
  assert.ok(transport.attempts.every(({ endpoint }) => endpoint.address === two))
  await net.close()
})

test('an injected delay is cut off by the attempt timeout, and the call goes on elsewhere', async () => {
  const { clock, net, call, transport } = faulty(
    { delay: { share: 1, time: '5s' }, match: { endpoints: [one] } },
    { more: (s) => s.retry({ attemptTimeout: '200ms' }) },
  )
  const before = clock.now()
  assert.equal(await call(), 200)
  assert.ok(clock.now() - before < 500)
  assert.equal(transport.begun, 1)
  await net.close()
  clock.assertIdle()
})

test('a POST that was reset by a fault is not sent again', async () => {
  const { net, call, snapshot } = faulty({ abort: { share: 1, error: 'reset' } })
  assert.equal(await call('/', { method: 'POST', body: 'once' }), 'CONNECTION_LOST')
  assert.equal(snapshot().fault?.aborted, 1)
  await net.close()
})

test('a POST that was refused by a fault goes to the next endpoint with its body', async () => {
  const { net, call, transport } = faulty({ abort: { share: 1, error: 'refused' }, match: { endpoints: [one] } })
  assert.equal(await call('/', { method: 'POST', body: 'once' }), 200)
  assert.equal(await transport.attempts[0]?.bodyText(), 'once')
  await net.close()
})

test('a body that is cut by a fault fails its call and its endpoint', async () => {
  const { net, call, snapshot } = faulty({ cutBody: { share: 1, afterBytes: 3 } })
  assert.equal(await call(), 'CONNECTION_LOST')
  assert.equal(snapshot().calls.failed, 1)
  assert.equal(snapshot().endpoints[0]?.failures, 1)
  assert.equal(snapshot().endpoints[0]?.inFlight, 0)
  await net.close()
})

test('a throttled body ends by the deadline of its call', async () => {
  const { clock, net, call, snapshot } = faulty({ throttle: { share: 1, bytesPerSecond: 1 } }, { more: (s) => s.deadline('3s') })
  assert.equal(await call(), 'DEADLINE_EXCEEDED')
  assert.deepEqual([snapshot().fault?.active, snapshot().calls.inFlight], [0, 0])
  await net.close()
  clock.assertIdle()
})

test('the same seed brings the same faults', async () => {
  const statuses = async (seed: string) => {
    const { net, call } = faulty({ abort: { share: 0.5, status: 404 } }, { seed })
    const seen: unknown[] = []
    for (let i = 0; i < 40; i += 1) seen.push(await call())
    await net.close()
    return seen
  }
  const first = await statuses('a')
  assert.deepEqual(await statuses('a'), first)
  assert.notDeepEqual(await statuses('b'), first)
  assert.ok(first.includes(200) && first.includes(404))
})

test('faults are turned on and off by hand, and a plan with other faults begins anew', async () => {
  const { net, call } = faulty({ abort: { share: 1, status: 404 }, enabled: false })
  const { fault } = net.service('orders')
  const switched: boolean[] = []
  net.on('faults-switched', ({ enabled }) => switched.push(enabled))
  assert.deepEqual([fault.enabled, await call()], [false, 200])
  fault.enable()
  assert.deepEqual([fault.enabled, await call()], [true, 404])
  const { orders } = net.plan.services
  assert.ok(orders)
  net.apply({ ...net.plan, services: { orders: { ...orders, deadline: '9s' } } })
  assert.deepEqual([fault.enabled, await call()], [true, 404])
  fault.disable()
  assert.deepEqual([fault.enabled, await call()], [false, 200])
  net.apply({ ...net.plan, services: { orders: { ...orders, fault: { abort: { share: 1, status: 410 } } } } })
  assert.deepEqual([fault.enabled, await call()], [true, 410])
  net.apply({ ...net.plan, services: { orders: { ...orders, fault: false } } })
  assert.deepEqual([fault.enabled, await call()], [false, 200])
  fault.disable()
  assert.throws(() => fault.enable(), /fault.enable: expected a service with .fault\(...\), got "orders" without/)
  assert.deepEqual(switched, [true, false])
  await net.close()
})

test('in production the same plan injects nothing, and says so', async () => {
  const { net, call, snapshot } = faulty({ abort: { share: 1, status: 503 }, header: true }, { production: true })
  assert.equal(await call('/', { headers: { 'x-proxyless-fault': 'abort=500' } }), 200)
  assert.deepEqual([snapshot().fault?.enabled, snapshot().fault?.allowed], [false, false])
  assert.throws(() => net.service('orders').fault.enable(), /allowInProduction/)
  await net.close()
  const allowed = faulty({ abort: { share: 1, status: 410 }, allowInProduction: true }, { production: true })
  assert.equal(await allowed.call(), 410)
  await allowed.net.close()
})

test('a mesh is in production when NODE_ENV says so', () => {
  const before = process.env.NODE_ENV
  const allowed = () => {
    const net = mesh()
      .service('orders', (s) => s.resolve(fixed([one])).fault({ header: true }))
      .build()
    void net.close()
    return net.snapshot().services.orders?.fault?.allowed
  }
  try {
    process.env.NODE_ENV = 'production'
    assert.equal(allowed(), false)
    process.env.NODE_ENV = 'staging'
    assert.equal(allowed(), true)
  } finally {
    if (before === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = before
  }
})

test('a call asks for its own faults by a header, through either door', async () => {
  const { clock, net, transport } = faulty({ header: true })
  const headers = { 'x-proxyless-fault': 'abort=418' }
  assert.equal((await clock.until(net.fetch('http://orders/', { headers }))).status, 418)
  assert.equal((await clock.until(net.request('http://orders/', { headers }))).statusCode, 418)
  assert.equal(transport.begun, 0)
  const plain = await clock.until(net.fetch('http://orders/', { headers: { 'x-proxyless-fault': 'delay=1ms' } }))
  assert.equal(plain.status, 200)
  assert.equal(transport.attempts[0]?.header('x-proxyless-fault'), undefined)
  await net.close()
})

test('closing the mesh cuts off what hangs because of a fault', async () => {
  const { clock, net } = faulty({ abort: { share: 1, error: 'timeout' }, maxDelay: '1h' }, { more: (s) => s.deadline('10s') })
  const call = net.fetch('http://orders/').catch((error: unknown) => MeshError.from(error)?.code)
  await clock.advance(10)
  await clock.until(net.close({ grace: '1s' }))
  assert.equal(await clock.until(call), 'DEADLINE_EXCEEDED')
  clock.assertIdle()
})
