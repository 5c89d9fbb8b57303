import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type ConcurrencyLimit,
  type ConcurrencyOptions,
  fixed,
  MeshError,
  type MeshRequestInit,
  mesh,
  part,
  roundRobin,
} from '../../../src/index.ts'
import { fakeClock, scriptedTransport } from '../../../src/testing/index.ts'

const urls = ['http://a:1', 'http://b:1']

function limitedMesh(concurrency: ConcurrencyOptions | false, addresses: readonly string[] = urls) {
  const clock = fakeClock()
  const transport = scriptedTransport('hang')
  const net = mesh({ clock, transport })
    .service('orders', (s) =>
      s.resolve(fixed(addresses)).balance(roundRobin()).retry(false).ejection(false).circuitBreaker(false).concurrency(concurrency),
    )
    .build()
  const call = async (init?: MeshRequestInit) => (await net.fetch('http://orders/', init)).text()
  const codeOf = (result: Promise<unknown>) =>
    result.then(
      () => 'done',
      (error: unknown) => MeshError.from(error)?.code,
    )
  const orders = () => {
    const snapshot = net.snapshot().services.orders
    assert.ok(snapshot)
    return snapshot
  }
  /** Answers the oldest attempt. */
  const answer = async () => {
    ;(await transport.next()).reply({ status: 200, body: 'ok' })
    await clock.settle()
  }
  return { clock, net, transport, call, codeOf, orders, answer }
}

test('a call that finds no room leaves its body untouched, and was never sent', async () => {
  const { clock, net, call, orders, answer } = limitedMesh({ limit: 1, queue: 0 })
  const first = call()
  await clock.settle()
  const body = new ReadableStream({ pull: (controller) => controller.close() })
  const shed: unknown[] = []
  net.on('call-shed', (event) => shed.push(event))
  const error = await call({ method: 'POST', body, duplex: 'half', mesh: { priority: 7 } } as MeshRequestInit).catch(
    (reason: unknown) => reason,
  )
  assert.equal(MeshError.from(error)?.code, 'OVERLOADED')
  assert.equal(MeshError.from(error)?.facts.sent, false)
  assert.equal(body.locked, false)
  assert.deepEqual(shed, [{ service: 'orders', by: 'concurrency', priority: 7 }])
  await answer()
  assert.equal(await first, 'ok')
  assert.deepEqual(orders().concurrency, { granted: 1, waited: 0, refused: 1, spared: 0, limit: 1, inFlight: 0, waiting: 0 })
  await net.close()
})

test('a call that waits for a permit ends by its deadline, which says what it waited for', async () => {
  const { clock, net, call, codeOf, orders } = limitedMesh({ limit: 1 })
  const first = codeOf(call({ mesh: { deadline: '1s' } }))
  const second = call({ mesh: { deadline: '200ms' } }).catch((reason: unknown) => reason)
  await clock.advance(200)
  const error = MeshError.from(await second)
  assert.equal(error?.code, 'DEADLINE_EXCEEDED')
  assert.match(error?.message ?? '', /while waiting for a permit of the concurrency limit: waited 200 ms/)
  assert.equal(error?.facts.sent, false)
  assert.equal(orders().concurrency?.waiting, 0)
  await clock.advance(800)
  assert.equal(await first, 'DEADLINE_EXCEEDED')
  assert.equal(orders().concurrency?.inFlight, 0)
  await net.close()
})

test('a caller that leaves while it waits gives up its place', async () => {
  const { clock, net, call, orders, answer } = limitedMesh({ limit: 1 })
  const first = call()
  const controller = new AbortController()
  const second = call({ signal: controller.signal }).catch((reason: unknown) => reason)
  await clock.settle()
  assert.equal(orders().concurrency?.waiting, 1)
  controller.abort(new Error('gone'))
  assert.match(String(await second), /gone/)
  assert.equal(orders().concurrency?.waiting, 0)
  await answer()
  assert.equal(await first, 'ok')
  await net.close()
})

test('an attempt goes to an endpoint with room, and waits only when none has any', async () => {
  const { clock, net, transport, call, orders } = limitedMesh({ endpoints: { limit: 2 } })
  const results = Array.from({ length: 5 }, () => call())
  await clock.settle()
  const taken: Awaited<ReturnType<typeof transport.next>>[] = []
  for (let i = 0; i < 4; i += 1) taken.push(await transport.next())
  assert.deepEqual(
    orders().endpoints.map(({ inFlight }) => inFlight),
    [2, 2],
  )
  assert.equal(orders().endpointConcurrency?.waiting, 1)
  // The place at b becomes free, so that is where the fifth goes.
  const atB = taken.find(({ endpoint }) => endpoint.address.includes('b:'))
  atB?.reply({ status: 200, body: 'ok' })
  await clock.settle()
  const fifth = await transport.next()
  assert.equal(fifth.endpoint.hostname, 'b')
  for (const attempt of [...taken, fifth]) if (attempt !== atB) attempt.reply({ status: 200, body: 'ok' })
  assert.deepEqual(await Promise.all(results), ['ok', 'ok', 'ok', 'ok', 'ok'])
  assert.deepEqual(orders().endpointConcurrency, {
    granted: 5,
    waited: 1,
    refused: 0,
    spared: 0,
    limits: { 'http://a:1': 2, 'http://b:1': 2 },
    waiting: 0,
  })
  await net.close()
})

test('an attempt that waits for an endpoint ends with its caller, and is refused when too many wait', async () => {
  const { clock, net, call, codeOf, orders, answer } = limitedMesh({ endpoints: { limit: 1, queue: 1 } }, ['http://a:1'])
  const first = call()
  await clock.settle()
  const late = codeOf(call({ mesh: { deadline: '100ms' } }))
  await clock.settle()
  assert.equal(await codeOf(call()), 'OVERLOADED')
  await clock.advance(100)
  assert.equal(await late, 'DEADLINE_EXCEEDED')
  assert.equal(orders().endpointConcurrency?.waiting, 0)
  await answer()
  assert.equal(await first, 'ok')
  const again = call()
  await clock.settle()
  await answer()
  assert.equal(await again, 'ok')
  await net.close()
})

test('an attempt for a subset does not take the place that becomes free elsewhere', async () => {
  const clock = fakeClock()
  const transport = scriptedTransport('hang')
  const net = mesh({ clock, transport })
    .service('orders', (s) =>
      s
        .resolve(
          fixed([
            { url: 'http://a:1', labels: { v: '1' } },
            { url: 'http://b:1', labels: { v: '2' } },
          ]),
        )
        .subset('v', ['1', '2'])
        .concurrency({ endpoints: { limit: 1 } }),
    )
    .build()
  const call = (v: '1' | '2') => net.service('orders').fetch('/', { mesh: { subset: { v } } })
  const results = [call('1'), call('2'), call('1'), call('2')]
  await clock.settle()
  const [first, second] = [await transport.next(), await transport.next()]
  second.reply({ status: 200 })
  await clock.settle()
  const third = await transport.next()
  assert.equal(third.endpoint.hostname, 'b')
  first.reply({ status: 200 })
  await clock.settle()
  const fourth = await transport.next()
  assert.equal(fourth.endpoint.hostname, 'a')
  third.reply({ status: 200 })
  fourth.reply({ status: 200 })
  for (const result of results) await (await result).text()
  await net.close()
})

test('limits that are only observed let everything through where it would have gone', async () => {
  const { clock, net, transport, call, orders } = limitedMesh({ endpoints: { limit: 1 }, limit: 1, enforce: 0 })
  const results = Array.from({ length: 4 }, () => call())
  await clock.settle()
  for (let i = 0; i < 4; i += 1) (await transport.next()).reply({ status: 200, body: 'ok' })
  await Promise.all(results)
  assert.equal(orders().concurrency?.spared, 3)
  assert.equal(orders().endpointConcurrency?.spared, 2)
  await net.close()
})

test('ready resolves at once without limits, and with them when a call would not have to wait', async () => {
  for (const concurrency of [{ limit: 1 }, { endpoints: { limit: 1 } }] as const) {
    const { clock, net, call, answer } = limitedMesh(concurrency, ['http://a:1'])
    await net.service('orders').ready()
    const first = call()
    await clock.settle()
    let told = 0
    const both = [1, 2].map(() =>
      net
        .service('orders')
        .ready()
        .then(() => (told += 1)),
    )
    await clock.settle()
    assert.equal(told, 0)
    await answer()
    await first
    await Promise.all(both)
    assert.equal(told, 2)
    await net.close()
    await assert.rejects(net.service('orders').ready(), { code: 'CLOSED' })
  }
  const { net } = limitedMesh(false)
  await net.service('orders').ready()
  await net.close()
})

test('a mesh that closes leaves nobody waiting', async () => {
  const { clock, net, call, codeOf, orders } = limitedMesh({ limit: 1 })
  const first = codeOf(call())
  const second = codeOf(call())
  const ready = net.service('orders').ready()
  await clock.settle()
  assert.equal(orders().concurrency?.waiting, 1)
  const closed = net.close({ grace: 0 })
  await assert.rejects(ready, { code: 'CLOSED' })
  await clock.until(closed)
  assert.equal(await second, 'CLOSED')
  assert.notEqual(await first, 'done')
})

test('a new plan changes the limit under the calls that are in flight and wait', async () => {
  const { clock, net, transport, call, orders } = limitedMesh({ limit: 1, endpoints: { limit: 1 } })
  const results = Array.from({ length: 3 }, () => call())
  await clock.settle()
  const { orders: plan } = net.plan.services
  assert.ok(plan)
  net.apply({ ...net.plan, services: { orders: { ...plan, deadline: '3s' } } })
  assert.equal(orders().concurrency?.waiting, 2)
  net.apply({ ...net.plan, services: { orders: { ...plan, concurrency: { limit: 3, endpoints: { limit: 2 } } } } })
  await clock.settle()
  assert.deepEqual([orders().concurrency?.waiting, orders().concurrency?.inFlight], [0, 3])
  const ready = net.service('orders').ready()
  net.apply({ ...net.plan, services: { orders: { ...plan, concurrency: false } } })
  await ready
  assert.equal(orders().concurrency, undefined)
  for (let i = 0; i < 3; i += 1) (await transport.next()).reply({ status: 200, body: 'ok' })
  assert.deepEqual(await Promise.all(results), ['ok', 'ok', 'ok'])
  await net.close()
})

test('a limit of your own learns from the answers, for the service and for each endpoint', async () => {
  const heard: string[] = []
  const mine = (name: string) =>
    part<ConcurrencyLimit>('mine', { name }, () => ({
      name,
      limit: 5,
      ended: ({ latencyMs, inFlight, overloaded }) => heard.push(`${name} ${latencyMs} ${inFlight} ${overloaded}`),
    }))
  const { clock, net, transport, call } = limitedMesh({ limit: mine('service'), endpoints: { limit: mine('endpoint') } })
  const result = call()
  await clock.advance(30)
  ;(await transport.next()).reply({ status: 503, body: 'ok' })
  await result
  const broken = call().catch(() => undefined)
  await clock.settle()
  ;(await transport.next()).reply({ status: 500, body: 'ok' })
  await broken
  // A 500 may be a mistake in a program, and says nothing about load.
  assert.deepEqual(heard.sort(), ['endpoint 30 1 true', 'service 30 1 true'])
  await net.close()
})

test('a part that cannot be made is a problem of the plan', () => {
  const broken = part<ConcurrencyLimit>('broken', {}, () => ({ name: 'broken', limit: 0 }))
  assert.throws(() => limitedMesh({ limit: broken }), /services.orders.concurrency.limit: expected .* limit of at least 1, got 0/)
  assert.throws(() => limitedMesh({ endpoints: { limit: broken } }), /services.orders.concurrency.endpoints.limit: expected/)
})

test('a priority that is none is refused', async () => {
  const { net, call } = limitedMesh(false)
  for (const priority of [-1, 10, 1.5, '5' as never])
    await assert.rejects(call({ mesh: { priority } }), /init\.mesh\.priority: expected an integer in \[0, 9\]/)
  await net.close()
})

test('admission control refuses calls that the service would refuse, and its plan keeps what it learnt', async () => {
  const clock = fakeClock()
  const transport = scriptedTransport(() => ({ status: 503 }))
  const net = mesh({ clock, transport })
    .service('orders', (s) => s.resolve(fixed(urls)).retry(false).ejection(false).circuitBreaker(false).admission({}))
    .build()
  for (let i = 0; i < 60; i += 1) await net.fetch('http://orders/').catch(() => undefined)
  const { admission } = net.snapshot().services.orders ?? {}
  assert.ok(admission !== undefined && admission.refused > 20 && admission.rejectedShare > 0.9)
  assert.equal(transport.attempts.length, admission.admitted)
  const { orders } = net.plan.services
  assert.ok(orders)
  net.apply({ ...net.plan, services: { orders: { ...orders, deadline: '3s' } } })
  assert.deepEqual(net.snapshot().services.orders?.admission, admission)
  await net.close()
})
