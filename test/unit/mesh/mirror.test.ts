import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import { fixed, type MirrorOptions, mesh, type Policy, roundRobin } from '../../../src/index.ts'
import { type AnswerFunction, fakeClock, type ScriptedAnswer, scriptedTransport } from '../../../src/testing/index.ts'

const real = 'http://10.0.0.1:80'
const shadow = 'http://10.0.0.2:80'

/** A service whose calls are copied to another one. The script answers copies. */
function mirrored(options: Partial<MirrorOptions> = {}, copies: ScriptedAnswer | AnswerFunction = { body: 'copy' }, policy?: Policy) {
  const clock = fakeClock()
  const transport = scriptedTransport((far) => {
    if (far.endpoint.address !== shadow) return { body: 'original', latencyMs: 20 }
    return typeof copies === 'function' ? copies(far) : copies
  })
  const net = mesh({ clock, transport })
    .service('orders', (s) => s.resolve(fixed([real])).mirror({ to: 'orders-shadow', ...options }))
    .service('orders-shadow', (s) => (policy === undefined ? s : s.use(policy)).resolve(fixed([shadow])))
    .build()
  const dropped: string[] = []
  net.on('mirror-dropped', ({ reason }) => dropped.push(reason))
  const sent = () => transport.attempts.filter(({ endpoint }) => endpoint.address === shadow)
  const snapshot = () => net.snapshot().services.orders?.mirror
  return { clock, transport, net, dropped, sent, snapshot }
}

const none = { inFlight: 0, bodyTooLarge: 0, bodyIncomplete: 0, noTarget: 0, closed: 0 }

test('a call is copied to another service, marked, and as it was', async () => {
  const { clock, net, sent, snapshot, transport } = mirrored()
  const init = { method: 'POST', body: 'two apples', headers: { 'x-tenant': 'a' } }
  assert.equal(await (await clock.until(net.fetch('http://orders/v1?x=1', init))).text(), 'original')
  await clock.advance(100)
  const [copy] = sent()
  assert.ok(copy)
  assert.deepEqual([copy.method, copy.path, copy.header('x-tenant'), copy.header('x-mirrored')], ['POST', '/v1?x=1', 'a', '1'])
  assert.equal(await copy.bodyText(), 'two apples')
  assert.equal(transport.attempts.find(({ endpoint }) => endpoint.address === real)?.header('x-mirrored'), undefined)
  assert.equal(copy.attempt.call.authority, 'orders')
  assert.deepEqual(snapshot(), { to: 'orders-shadow', inFlight: 0, sent: 1, answered: 1, failed: 0, dropped: none })
  assert.equal(net.snapshot().services['orders-shadow']?.calls.succeeded, 1)
  await net.close()
  transport.assertIdle()
})

for (const [title, copies] of [
  ['hangs', 'hang'],
  ['fails', { error: 'CONNECT_FAILED' }],
  ['is slow', { latencyMs: 9_000, body: 'late' }],
  ['answers without end', { body: Array.from({ length: 40 }, () => 'x'.repeat(10_000)), pieceMs: 1_000 }],
  ['throws', () => Promise.reject(new Error('what a mess'))],
] as const) {
  test(`a target that ${title} delays no call and fails none`, async () => {
    const { clock, net, snapshot, transport } = mirrored({ deadline: '5s' }, copies)
    for (let i = 0; i < 30; i += 1) {
      const startedAt = clock.now()
      assert.equal(await (await clock.until(net.fetch('http://orders/'))).text(), 'original')
      assert.equal(clock.now() - startedAt, 20)
    }
    assert.deepEqual(net.snapshot().services.orders?.calls, { started: 30, succeeded: 30, failed: 0, ignored: 0, inFlight: 0, retried: 0 })
    await clock.advance(6_000)
    const { sent, answered, failed, inFlight } = snapshot() ?? assert.fail('no mirror')
    assert.deepEqual([sent, inFlight, answered + failed], [30, 0, 30])
    transport.assertIdle()
    await net.close()
  })
}

test('a copy that fails is not tried again unless the mirror says so', async () => {
  for (const retry of [false, true]) {
    const { clock, net, sent } = mirrored({ retry }, { status: 503 })
    await clock.until(net.fetch('http://orders/'))
    await clock.advance(2_000)
    assert.equal(sent().length > 1, retry)
    await net.close()
  }
})

test('a share of the calls is copied', async () => {
  const { clock, net, sent } = mirrored({ share: 0.1 })
  for (let i = 0; i < 1_000; i += 1) await clock.until(net.fetch('http://orders/'))
  assert.ok(sent().length > 60 && sent().length < 140, `${sent().length}`)
  await net.close()
})

test('no more copies are under way than may be, and what is not copied is counted', async () => {
  const { clock, net, sent, snapshot, dropped } = mirrored({ maxInFlight: 3, deadline: '1s' }, 'hang')
  for (let i = 0; i < 5; i += 1) await clock.until(net.fetch('http://orders/'))
  assert.equal(sent().length, 3)
  assert.deepEqual(snapshot()?.dropped, { ...none, inFlight: 2 })
  assert.deepEqual(dropped, ['in-flight', 'in-flight'])
  await clock.advance(1_000)
  assert.deepEqual([snapshot()?.inFlight, snapshot()?.failed], [0, 3])
  await clock.until(net.fetch('http://orders/'))
  assert.equal(sent().length, 4)
  await net.close()
})

test('a stream is copied when all of it was sent, and never read twice', async () => {
  const { clock, net, sent } = mirrored()
  let pulled = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled += 1
      if (pulled <= 3) controller.enqueue(Buffer.from(`piece ${pulled} `))
      else controller.close()
    },
  })
  await clock.until(net.fetch('http://orders/', { method: 'POST', body, duplex: 'half' } as RequestInit))
  await clock.advance(100)
  assert.equal(await sent()[0]?.bodyText(), 'piece 1 piece 2 piece 3 ')
  assert.equal(pulled, 4)
  await net.close()
})

test('a body that is too long is not copied, whether its length is known or not', async () => {
  const { clock, net, sent, dropped } = mirrored({ maxBodyBytes: 10 })
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from('12345678'))
      controller.enqueue(Buffer.from('12345678'))
      controller.close()
    },
  })
  await clock.until(net.fetch('http://orders/', { method: 'POST', body: 'x'.repeat(11) }))
  await clock.until(net.fetch('http://orders/', { method: 'POST', body: stream, duplex: 'half' } as RequestInit))
  await clock.until(net.fetch('http://orders/', { method: 'POST', body: 'x'.repeat(10) }))
  await clock.advance(100)
  assert.deepEqual(dropped, ['body-too-large', 'body-too-large'])
  assert.equal(sent().length, 1)
  await net.close()
})

test('a call whose body is never sent to its end is not copied', async () => {
  const clock = fakeClock()
  const transport = scriptedTransport({ error: 'CONNECT_FAILED' })
  const net = mesh({ clock, transport })
    .service('orders', (s) =>
      s
        .subset('v', ['1'])
        .resolve(fixed([real]))
        .mirror({ to: 'copies' }),
    )
    .service('copies', (s) => s.resolve(fixed([shadow])))
    .build()
  const request = new Request('http://orders/', { method: 'POST', body: 'text' })
  await assert.rejects(clock.until(net.fetch(request, { mesh: { subset: { v: '1' } } })))
  assert.equal(request.bodyUsed, false)
  assert.deepEqual(net.snapshot().services.orders?.mirror?.dropped, { ...none, bodyIncomplete: 1 })
  assert.equal(net.snapshot().services.orders?.mirror?.inFlight, 0)
  await net.close()
})

test('a copy carries neither the headers that it shall not, nor the host of the original, if so told', async () => {
  const { clock, net, sent } = mirrored({ dropHeaders: ['Authorization'], hostSuffix: '-shadow', header: 'x-shadow' })
  await clock.until(net.fetch('http://orders:8080/', { headers: { authorization: 'secret', accept: 'a/b' } }).catch(() => undefined))
  await clock.until(net.fetch('http://orders/', { headers: { authorization: 'secret', accept: 'a/b' } }))
  const copy = sent().at(-1)
  assert.deepEqual([copy?.header('authorization'), copy?.header('accept'), copy?.header('x-shadow')], [undefined, 'a/b', '1'])
  assert.equal(copy?.attempt.call.authority, 'orders-shadow')
  await net.close()
})

test('copies are not copied: not by the target, and not when they come back', async () => {
  const clock = fakeClock()
  const transport = scriptedTransport({ body: 'ok' })
  for (const header of ['x-mirrored', false] as const) {
    const net = mesh({ clock, transport })
      .service('a', (s) => s.resolve(fixed([real])).mirror({ to: 'b', header }))
      .service('b', (s) => s.resolve(fixed([shadow])).mirror({ to: 'a', header }))
      .build()
    const before = transport.begun
    await clock.until(net.fetch('http://a/'))
    await clock.advance(100)
    assert.equal(transport.begun - before, 2)
    assert.deepEqual([net.snapshot().services.a?.mirror?.sent, net.snapshot().services.b?.mirror?.sent], [1, 0])
    if (header !== false) {
      await clock.until(net.fetch('http://b/', { headers: { [header]: '1' } }))
      assert.equal(net.snapshot().services.b?.mirror?.sent, 0)
    }
    await net.close()
  }
})

test('calls are copied to endpoints of their own service that carry a label', async () => {
  const clock = fakeClock()
  const transport = scriptedTransport({ body: 'ok' })
  const endpoints = [
    { url: real, labels: { version: 'v1' } },
    { url: shadow, labels: { version: 'v2' } },
  ]
  const net = mesh({ clock, transport })
    .service('orders', (s) =>
      s
        .resolve(fixed(endpoints))
        .balance(roundRobin())
        .subset('version', ['v1', 'v2'])
        .mirror({ to: { subset: { version: 'v2' } } }),
    )
    .build()
  await clock.until(net.fetch('http://orders/', { mesh: { subset: { version: 'v1' } } }))
  await clock.advance(10)
  assert.deepEqual(
    transport.attempts.map((far) => [far.endpoint.address, far.header('x-mirrored')]),
    [
      [real, undefined],
      [shadow, '1'],
    ],
  )
  await net.close()
  transport.assertIdle()
})

test('a caller that leaves does not take the copy along', async () => {
  const { clock, net, snapshot } = mirrored({}, { latencyMs: 500, body: 'copy' })
  const leave = new AbortController()
  const call = assert.rejects(net.fetch('http://orders/', { signal: leave.signal }), { name: 'AbortError' })
  await clock.advance(5)
  leave.abort()
  await call
  await clock.advance(1_000)
  assert.deepEqual([snapshot()?.sent, snapshot()?.answered], [1, 1])
  await net.close()
})

test('closing the mesh cuts copies off and waits for none', async () => {
  const { clock, net, transport, snapshot } = mirrored({}, 'hang')
  await (await clock.until(net.fetch('http://orders/'))).text()
  assert.equal(snapshot()?.inFlight, 1)
  const before = clock.now()
  await clock.until(net.close())
  assert.equal(clock.now(), before)
  assert.deepEqual([snapshot()?.inFlight, snapshot()?.failed], [0, 1])
  transport.assertIdle()
  clock.assertIdle()
})

test('closing the mesh cuts copies to its own endpoints off as well', async () => {
  const clock = fakeClock()
  const transport = scriptedTransport((far) => (far.header('x-mirrored') === undefined ? { body: 'ok' } : 'hang'))
  const net = mesh({ clock, transport })
    .service('orders', (s) =>
      s
        .resolve(fixed([{ url: real, labels: { v: '1' } }]))
        .subset('v', ['1'])
        .mirror({ to: { subset: { v: '1' } } }),
    )
    .build()
  await (await clock.until(net.fetch('http://orders/'))).text()
  const before = clock.now()
  await clock.until(net.close())
  assert.equal(clock.now(), before)
  transport.assertIdle()
  clock.assertIdle()
})

test('a plan that takes the mirror away cuts its copies off; one that leaves it as it is keeps them', async () => {
  const { clock, net, transport, snapshot } = mirrored({}, 'hang')
  await (await clock.until(net.fetch('http://orders/'))).text()
  const { orders } = net.plan.services
  assert.ok(orders)
  net.apply({ ...net.plan, services: { ...net.plan.services, orders: { ...orders, deadline: '9s' } } })
  assert.deepEqual([snapshot()?.sent, snapshot()?.inFlight], [1, 1])
  net.apply({ ...net.plan, services: { ...net.plan.services, orders: { ...orders, mirror: false } } })
  await clock.advance(0)
  assert.equal(snapshot(), undefined)
  transport.assertIdle()
  await net.close()
})

test('a copy has a deadline of its own, which is not that of its original', async () => {
  const { clock, net, snapshot } = mirrored({ deadline: '2s' }, 'hang')
  await clock.until(net.fetch('http://orders/', { mesh: { deadline: '100ms' } }))
  await clock.advance(1_900)
  assert.equal(snapshot()?.inFlight, 1)
  await clock.advance(200)
  assert.deepEqual([snapshot()?.inFlight, snapshot()?.failed], [0, 1])
  await net.close()
})

test("a copy of a stream runs in its caller's asynchronous context", async () => {
  const storage = new AsyncLocalStorage<string>()
  const seen: (string | undefined)[] = []
  const policy: Policy = {
    name: 'looks',
    scope: 'call',
    layer: () => (next) => (call) => {
      seen.push(storage.getStore())
      return next(call)
    },
  }
  const { clock, net } = mirrored({}, { body: 'ok' }, policy)
  for (const body of [undefined, 'text', new Blob(['blob']).stream()]) {
    const init = body === undefined ? {} : ({ method: 'POST', body, duplex: 'half' } as RequestInit)
    await storage.run('request 7', () => clock.until(net.fetch('http://orders/', init)))
    await clock.advance(10)
  }
  assert.deepEqual(seen, ['request 7', 'request 7', 'request 7'])
  await net.close()
})

test('a copy is the least important of calls', async () => {
  const { clock, net, transport } = mirrored()
  const shed: number[] = []
  net.on('call-shed', ({ priority }) => shed.push(priority))
  const services = { ...net.plan.services }
  const target = services['orders-shadow'] ?? assert.fail('no target')
  net.apply({ ...net.plan, services: { ...services, 'orders-shadow': { ...target, concurrency: { limit: 1, queue: 0 } } } })
  transport.answer('hang')
  void net.fetch('http://orders-shadow/').catch(() => {})
  void net.fetch('http://orders/').catch(() => {})
  await clock.advance(10)
  assert.deepEqual(shed, [9])
  await clock.until(net.close({ grace: 0 }))
})
