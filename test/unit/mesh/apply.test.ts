import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ConfigError,
  fixed,
  MeshError,
  type MeshPlan,
  mesh,
  type Part,
  type Policy,
  part,
  type Resolver,
  roundRobin,
  type Transport,
} from '../../../src/index.ts'
import { fakeClock, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'

const one = 'http://10.0.0.1:8080'
const two = 'http://10.0.0.2:8080'
const three = 'http://10.0.0.3:8080'

/** A copy of a plan in which one service says something else. */
function edited(plan: MeshPlan, service: string, change: object): MeshPlan {
  return { ...plan, services: { ...plan.services, [service]: { ...plan.services[service], ...change } as never } }
}

/** A scripted transport that tells how many were made, and which were closed. */
function countedTransports(script: Parameters<typeof scriptedTransport>[0]) {
  const scripted = scriptedTransport(script)
  const made: string[] = []
  const closed: string[] = []
  const create: Part<Transport> = (host) => {
    const transport = scripted(host)
    const name = `${host.service} ${made.length + 1}`
    made.push(name)
    const close = (graceMs?: number) => {
      closed.push(name)
      return transport.close(graceMs)
    }
    return { name, send: transport.send, retire: (e) => transport.retire?.(e), stats: (e) => transport.stats?.(e), close }
  }
  return { scripted, create, made, closed }
}

test('a new plan replaces the old one, and an event tells what changed', async () => {
  const clock = fakeClock()
  const net = mesh({ name: 'before', clock, transport: scriptedTransport({ body: 'ok' }) })
    .service('orders', (s) => s.resolve(fixed([one])))
    .service('users', (s) => s.resolve(fixed([two])))
    .service('same', (s) => s.resolve(fixed([three])))
    .build()
  const events: unknown[] = []
  net.on('plan-applied', (event) => events.push(event))
  net.apply(
    mesh({ name: 'after', outbound: 'registered-only' })
      .service('orders', (s) => s.resolve(fixed([one])).deadline('1s'))
      .service('same', (s) => s.resolve(fixed([three])))
      .service('carts', (s) => s.resolve(fixed([two])).alias('basket'))
      .plan(),
  )
  assert.deepEqual(events, [{ added: ['carts'], removed: ['users'], changed: ['orders'] }])
  assert.equal(net.plan.name, 'after')
  assert.equal(net.plan.services.orders?.deadline, 1_000)
  assert.equal(await (await net.fetch('http://basket/')).text(), 'ok')
  await assert.rejects(net.fetch('http://users/'), (error) => MeshError.from(error)?.code === 'UNKNOWN_SERVICE')
  await assert.rejects(
    net
      .service('orders')
      .fetch('/')
      .then(() => net.service('users').fetch('/')),
    TypeError,
  )
  await net.close()
})

test('a client of a service that left the plan is told so', async () => {
  const net = mesh({ clock: fakeClock(), transport: scriptedTransport({}) })
    .service('orders', (s) => s.resolve(fixed([one])))
    .build()
  const orders = net.service('orders')
  net.apply({ services: {} })
  await assert.rejects(orders.fetch('/'), (error) => /not part of the plan any more/.test(MeshError.from(error)?.message ?? ''))
  await net.close()
})

test('a plan that is wrong changes nothing, and everything that is wrong with it is told', async () => {
  const clock = fakeClock()
  const { create, made } = countedTransports({ body: 'ok' })
  const net = mesh({ clock, transport: create })
    .service('orders', (s) => s.resolve(fixed([one])))
    .build()
  const { plan } = net
  const wrong = { ...edited(plan, 'orders', { deadline: 'soon', retry: { attempts: 0 } }), outbond: 1 }
  assert.throws(
    () => net.apply(wrong as never),
    (error) => {
      assert.ok(ConfigError.is(error))
      assert.deepEqual(
        error.problems.map(({ path }) => path),
        ['outbond', 'services.orders.deadline', 'services.orders.retry.attempts'],
      )
      return true
    },
  )
  for (const nonsense of [undefined, 5, {}, { services: [] }, { services: { orders: undefined } }, { services: { orders: 5 } }]) {
    assert.throws(() => net.apply(nonsense as never), { name: 'ConfigError' }, JSON.stringify(nonsense))
  }
  assert.equal(net.plan, plan)
  assert.deepEqual(made, ['orders 1'])
  assert.equal(await (await net.fetch('http://orders/')).text(), 'ok')
  await net.close()
})

test('a plan with a part that cannot be made changes nothing, and what was made for it is closed', async () => {
  const { create, made, closed } = countedTransports({ body: 'ok' })
  const net = mesh({ clock: fakeClock(), transport: create })
    .service('orders', (s) => s.resolve(fixed([one])))
    .build()
  const { plan } = net
  const broken = part<Resolver>('broken', {}, () => {
    throw new Error('no registry')
  })
  const next = {
    ...plan,
    services: { users: { resolver: fixed([two]) }, ...edited(plan, 'orders', { http: { connections: 1 }, resolver: broken }).services },
  }
  assert.throws(
    () => net.apply(next),
    (error) => ConfigError.is(error) && error.message === 'services.orders.resolver: expected a part that can be made, got no registry',
  )
  assert.deepEqual(made, ['orders 1', 'users 2', 'orders 3'])
  assert.deepEqual(closed.toSorted(), ['orders 3', 'users 2'])
  assert.equal(net.plan, plan)
  assert.equal(await (await net.fetch('http://orders/')).text(), 'ok')
  await net.close()
  assert.deepEqual(closed.toSorted(), ['orders 1', 'orders 3', 'users 2'])
})

test('endpoints that stay keep their identity and counters; those that leave are retired', async () => {
  const clock = fakeClock()
  const transport = scriptedTransport({ body: 'ok' })
  const net = mesh({ clock, transport })
    .service('orders', (s) => s.resolve(fixed([one, two])).balance(roundRobin()))
    .build()
  for (let i = 0; i < 4; i += 1) await (await net.fetch('http://orders/')).text()
  net.apply(edited(net.plan, 'orders', { resolver: fixed([two, three]), balancer: roundRobin() }))
  await clock.settle()
  for (let i = 0; i < 4; i += 1) await (await net.fetch('http://orders/')).text()
  assert.deepEqual(
    net.snapshot().services.orders?.endpoints.map(({ address, attempts }) => [address, attempts]),
    [
      [two, 4],
      [three, 2],
    ],
  )
  assert.deepEqual(
    transport.retired.map(({ address }) => address),
    [one],
  )
  assert.equal(net.snapshot().services.orders?.calls.started, 8)
  await net.close()
})

test('a resolver that did not change keeps running; one that changed is replaced', async () => {
  const started: string[] = []
  const endpoints = (name: string, url: string) =>
    part<Resolver>('listing', { name }, () => ({
      name,
      async *watch(_service, { signal, pause }) {
        started.push(name)
        yield [url]
        while (!signal.aborted) await pause(60_000)
        started.push(`${name} ended`)
      },
    }))
  const clock = fakeClock()
  const net = mesh({ clock, transport: scriptedTransport({ body: 'ok' }) })
    .service('orders', (s) => s.resolve(endpoints('a', one)))
    .build()
  await (await net.fetch('http://orders/')).text()
  net.apply(edited(net.plan, 'orders', { resolver: endpoints('a', one), deadline: '3s', retry: false }))
  await clock.settle()
  assert.deepEqual(started, ['a'])
  net.apply(edited(net.plan, 'orders', { resolver: endpoints('b', two) }))
  await clock.settle()
  assert.deepEqual(started.toSorted(), ['a', 'a ended', 'b'])
  assert.equal(net.snapshot().services.orders?.resolver, 'b')
  assert.deepEqual(
    net.snapshot().services.orders?.endpoints.map(({ address }) => address),
    [two],
  )
  await net.close()
  clock.assertIdle()
})

test('parts that did not change are not made again, and keep what they know', async () => {
  let made = 0
  const counting: Policy = {
    name: 'counting',
    scope: 'call',
    layer: () => {
      made += 1
      let calls = 0
      return (next) => (call) => {
        calls += 1
        return next(call.with({ path: `/${calls}` }))
      }
    },
  }
  const transport = scriptedTransport((attempt) => ({ body: attempt.path }))
  const net = mesh({ clock: fakeClock(), transport })
    .service('orders', (s) => s.resolve(fixed([one])).use(counting))
    .build()
  assert.equal(await (await net.fetch('http://orders/')).text(), '/1')
  const other: Policy = { name: 'other', scope: 'attempt', layer: () => (next) => next }
  net.apply(edited(net.plan, 'orders', { policies: [other, counting], balancer: roundRobin() }))
  assert.equal(await (await net.fetch('http://orders/')).text(), '/2')
  assert.equal(made, 1)
  net.apply(edited(net.plan, 'orders', { classifier: () => ({ kind: 'success' }) }))
  assert.equal(await (await net.fetch('http://orders/')).text(), '/1', 'a policy is made for one classifier')
  await net.close()
})

test('a call in flight ends on what it began with, and what it alone uses is closed after it', async () => {
  const clock = fakeClock()
  const { scripted, create, made, closed } = countedTransports((attempt) => (attempt.path === '/slow' ? 'hang' : { body: 'quick' }))
  const net = mesh({ clock, transport: create })
    .service('orders', (s) => s.resolve(fixed([one])))
    .build()
  const slow = net.fetch('http://orders/slow')
  const far = await scripted.next()
  net.apply(edited(net.plan, 'orders', { http: { connections: 2 } }))
  assert.equal(await (await net.fetch('http://orders/')).text(), 'quick')
  await clock.settle()
  assert.deepEqual([made, closed], [['orders 1', 'orders 2'], []])
  far.begin({ status: 201 })
  const response = await slow
  await clock.settle()
  assert.deepEqual(closed, [], 'its body is not over')
  far.push('done')
  far.end()
  assert.equal(await response.text(), 'done')
  await clock.settle()
  assert.deepEqual(closed, ['orders 1'])
  await net.close()
  clock.assertIdle()
})

test('a transport that two old chains use is closed after the later of them', async () => {
  const clock = fakeClock()
  const { scripted, create, closed } = countedTransports('hang')
  const net = mesh({ clock, transport: create })
    .service('orders', (s) => s.resolve(fixed([one])))
    .build()
  const first = net.fetch('http://orders/1')
  const farOne = await scripted.next()
  net.apply(edited(net.plan, 'orders', { balancer: roundRobin() }))
  const second = net.fetch('http://orders/2')
  const farTwo = await scripted.next()
  net.apply(edited(net.plan, 'orders', { http: { connections: 2 } }))
  farTwo.reply({ body: 'two' })
  assert.equal(await (await second).text(), 'two')
  await clock.settle()
  assert.deepEqual(closed, [])
  farOne.reply({ body: 'one' })
  assert.equal(await (await first).text(), 'one')
  await clock.settle()
  assert.deepEqual(closed, ['orders 1'])
  await net.close()
})

test('a call that outstays the grace of an old plan is cut off', async () => {
  const clock = fakeClock()
  const { create, closed } = countedTransports('hang')
  const net = mesh({ clock, transport: create })
    .service('orders', (s) =>
      s
        .resolve(fixed([one]))
        .deadline(Number.POSITIVE_INFINITY)
        .retry(false),
    )
    .build()
  const slow = net.fetch('http://orders/')
  const failure = slow.then(
    () => undefined,
    (error) => MeshError.from(error),
  )
  await clock.settle()
  net.apply({ services: {} })
  await clock.advance(29_999)
  assert.deepEqual(closed, [])
  await clock.advance(1)
  assert.deepEqual(closed, ['orders 1'])
  assert.equal((await failure)?.code, 'CLOSED')
  await net.close()
  clock.assertIdle()
})

test('applying plans under load loses no call', async () => {
  const clock = fakeClock()
  const chance = seededRandom('load')
  const transport = scriptedTransport(() => ({ body: 'ok', latencyMs: 1 + Math.floor(chance.next() * 40), pieceMs: 5 }))
  const net = mesh({ clock, transport, random: seededRandom('mesh') })
    .service('orders', (s) => s.resolve(fixed([one, two])))
    .service('users', (s) => s.resolve(fixed([three])))
    .build()
  const calls: Promise<string>[] = []
  const lists = [[one], [two, three], [one, two, three], [three]]
  for (let step = 0; step < 200; step += 1) {
    for (const host of ['orders', 'users'])
      calls.push(net.fetch(`http://${host}/${step}`, { method: 'POST', body: 'x' }).then((r) => r.text()))
    if (step % 3 === 0) net.apply(edited(net.plan, 'orders', { resolver: fixed(lists[step % 4] as string[]) }))
    if (step % 5 === 0) net.apply(edited(net.plan, 'users', { http: { connections: 1 + (step % 7) } }))
    if (step % 7 === 0) net.apply(edited(net.plan, 'orders', { retry: step % 2 === 0 ? false : { attempts: 2 }, balancer: roundRobin() }))
    await clock.advance(3)
  }
  await clock.advance(1_000)
  const texts = await Promise.all(calls)
  assert.deepEqual(new Set(texts), new Set(['ok']))
  const { orders, users } = net.snapshot().services
  assert.deepEqual(orders?.calls, { started: 200, succeeded: 200, failed: 0, ignored: 0, inFlight: 0, retried: 0 })
  assert.deepEqual(users?.calls, { started: 200, succeeded: 200, failed: 0, ignored: 0, inFlight: 0, retried: 0 })
  assert.equal(transport.begun, 400)
  transport.assertIdle()
  await net.close()
  clock.assertIdle()
})

test('a service that leaves and comes back with the same name begins anew while its old calls end', async () => {
  const clock = fakeClock()
  const transport = scriptedTransport((attempt) => (attempt.path === '/slow' ? 'hang' : { body: 'new' }))
  const net = mesh({ clock, transport })
    .service('orders', (s) => s.resolve(fixed([one])))
    .build()
  const { plan } = net
  const slow = net.fetch('http://orders/slow')
  const far = await transport.next()
  net.apply({ services: {} })
  net.apply(plan)
  assert.equal(await (await net.fetch('http://orders/')).text(), 'new')
  assert.equal(net.snapshot().services.orders?.calls.started, 1)
  far.reply({ body: 'old' })
  assert.equal(await (await slow).text(), 'old')
  await net.close()
  clock.assertIdle()
})

test('TLS settings that come with a new plan change what an address without a protocol means', async () => {
  const net = mesh({ clock: fakeClock(), transport: scriptedTransport({ body: 'ok' }) })
    .service('orders', (s) => s.resolve(fixed(['10.0.0.1:8443'])))
    .build()
  const addresses = () => net.snapshot().services.orders?.endpoints.map(({ address }) => address)
  await (await net.fetch('http://orders/')).text()
  assert.deepEqual(addresses(), ['http://10.0.0.1:8443'])
  net.apply(edited(net.plan, 'orders', { tls: { servername: 'orders.internal' } }))
  assert.deepEqual(addresses(), ['https://10.0.0.1:8443'])
  await net.close()
})
