// A hook that was written as an async function gives a promise to somebody who does not wait for it. Unhandled, its rejection ended the process.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Balancer,
  type Classifier,
  type EjectionRule,
  fixed,
  type Host,
  type LoadMeter,
  logTo,
  type MeshBuilder,
  maglev,
  mesh,
  powerOfTwo,
  roundRobin,
  type ServiceDraft,
} from '../../src/index.ts'
import { type FakeClock, fakeClock, scriptedTransport, seededRandom } from '../../src/testing/index.ts'

const rejects = async (): Promise<never> => {
  throw new Error('much later')
}

/** What untyped code may put in place of a function. */
const anything = (value: unknown) => value as never

interface Heard {
  readonly statuses: readonly number[]
  readonly parts: readonly string[]
}

/** Three calls through a service with a part that is no good; a rejection that nobody hears fails the test. */
async function callThrice(describe: (draft: ServiceDraft) => unknown): Promise<Heard> {
  const clock: FakeClock = fakeClock()
  const endpoints = fixed(['http://10.0.0.1:80', 'http://10.0.0.2:80'])
  const builder = mesh({ clock, random: seededRandom('async'), transport: scriptedTransport({ body: 'well' }) }).service('orders', (s) =>
    anything(describe(anything(s.resolve(endpoints)))),
  ) as unknown as MeshBuilder
  const net = builder.build()
  const parts = new Set<string>()
  net.on('part-threw', ({ part }) => parts.add(part))
  const statuses: number[] = []
  for (let i = 0; i < 3; i += 1) {
    const response = await clock.until(net.fetch('http://orders/'))
    await clock.until(response.text())
    statuses.push(response.status)
    await clock.advance(10)
  }
  await clock.until(net.close())
  // Rejections that nobody handles are told after a turn of the event loop.
  await new Promise((resolve) => setImmediate(resolve))
  return { statuses, parts: [...parts] }
}

const well = [200, 200, 200]

test('a listener that is asynchronous and rejects harms nobody', async () => {
  const clock = fakeClock()
  const net = mesh({ clock, transport: scriptedTransport({}) })
    .service('orders', (s) => s.resolve(fixed(['http://10.0.0.1:80'])))
    .build()
  let heard = 0
  const listener = async () => {
    heard += 1
    await rejects()
  }
  net.on('endpoints-changed', anything(listener))
  await clock.advance(1)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(heard, 1)
  await clock.until(net.close())
})

for (const hook of ['judge', 'completed', 'readmitted', 'review'] as const) {
  test(`an ejection rule whose ${hook} is asynchronous and rejects is told as an event`, async () => {
    const rule = { name: 'mine', judge: () => hook === 'readmitted', readmitted: () => {}, [hook]: rejects } as EjectionRule
    const { statuses, parts } = await callThrice((s) => s.ejection({ rules: [() => rule], interval: 5, enforce: 0 }))
    assert.deepEqual(statuses, well)
    assert.deepEqual(parts, ['ejection rule mine'])
  })
}

for (const hook of ['began', 'ended', 'answered'] as const) {
  test(`a load meter whose ${hook} is asynchronous and rejects is told as an event`, async () => {
    const end = Object.assign(hook === 'ended' ? rejects : () => {}, hook === 'answered' ? { answered: rejects } : {})
    const meter: LoadMeter = { name: 'mine', load: () => 1, began: hook === 'began' ? anything(rejects) : () => anything(end) }
    const { statuses, parts } = await callThrice((s) => s.balance(powerOfTwo(() => meter)))
    assert.deepEqual(statuses, well)
    assert.equal(parts.length, 1)
    assert.match(parts[0] as string, /^load meter/)
  })
}

for (const hook of ['picker', 'noticed', 'amend', 'close'] as const) {
  test(`a balancer whose ${hook} is asynchronous and rejects is told as an event`, async () => {
    const balancer: Balancer = { name: 'mine', picker: (endpoints) => ({ pick: () => endpoints[0] }), [hook]: rejects }
    const { statuses, parts } = await callThrice((s) => s.balance(() => balancer))
    assert.deepEqual(statuses, well)
    assert.deepEqual(parts, ['balancer mine'])
  })
}

test('a balancer whose hash is asynchronous keeps nobody together, and is told as an event', async () => {
  const balancer: Balancer = { name: 'mine', hash: anything(rejects), picker: (endpoints) => ({ pick: () => endpoints[0] }) }
  const endpoints = fixed([
    { url: 'http://10.0.0.1:80', zone: 'a' },
    { url: 'http://10.0.0.2:80', zone: 'b' },
  ])
  const clock = fakeClock()
  const net = mesh({ clock, random: seededRandom('hash'), transport: scriptedTransport(({ endpoint }) => ({ body: endpoint.address })) })
    .service('orders', (s) =>
      s
        .resolve(endpoints)
        .balance(() => balancer)
        .locality({ mode: 'weighted', weights: { a: 1, b: 1 } }),
    )
    .build()
  const parts = new Set<string>()
  net.on('part-threw', ({ part }) => parts.add(part))
  const served = new Set<string>()
  for (let i = 0; i < 40; i += 1) served.add(await clock.until((await clock.until(net.fetch('http://orders/'))).text()))
  assert.equal(served.size, 2)
  assert.deepEqual([...parts], ['balancer mine'])
  await clock.until(net.close())
})

test('a hash by an asynchronous function is told as an event, and keeps nobody together', async () => {
  const { statuses, parts } = await callThrice((s) => s.balance(maglev({ hashOn: anything(rejects) })))
  assert.deepEqual(statuses, well)
  assert.deepEqual(parts, ['balancer maglev'])
})

test('a classifier that is asynchronous and rejects leaves the verdict to the default one', async () => {
  const { statuses, parts } = await callThrice((s) => s.classify(anything(rejects) as Classifier))
  assert.deepEqual(statuses, well)
  assert.deepEqual(parts, ['classifier'])
})

test('a logger that is asynchronous and rejects harms nobody', async () => {
  const clock = fakeClock()
  const net = mesh({ clock, transport: scriptedTransport({ status: 503 }) })
    .service('orders', (s) => s.resolve(fixed(['http://10.0.0.1:80'])))
    .build()
  let lines = 0
  const writes = () => {
    lines += 1
    return rejects()
  }
  logTo(net, anything({ debug: writes, info: writes, warn: writes, error: writes }))
  await clock.until(net.fetch('http://orders/'))
  await clock.until(net.close())
  await new Promise((resolve) => setImmediate(resolve))
  assert.ok(lines > 0)
})

for (const [what, to] of [
  ['function', rejects],
  ['logger', { debug: rejects, info: rejects, warn: rejects, error: rejects }],
] as const) {
  test(`an access log whose ${what} is asynchronous and rejects is told as an event`, async () => {
    const net = mesh({ transport: scriptedTransport({ body: 'well' }), telemetry: { accessLog: { to: anything(to) } } })
      .service('orders', (s) => s.resolve(fixed(['http://10.0.0.1:80'])))
      .build()
    const parts: string[] = []
    net.on('part-threw', ({ part, error }) => parts.push(`${part}: ${(error as Error).message}`))
    assert.equal((await net.fetch('http://orders/')).status, 200)
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(parts, ['access log: much later'])
    await net.close()
  })
}

test('a balancer or a transport that cannot count does not keep the snapshot from being made', async () => {
  const counts = () => {
    throw new Error('cannot count')
  }
  const clock = fakeClock()
  const silent = scriptedTransport({})
  const net = mesh({ clock, transport: (host) => ({ ...silent(host), send: silent(host).send, close: async () => {}, stats: counts }) })
    .service('orders', (s) => s.resolve(fixed(['http://10.0.0.1:80'])).balance((host: Host) => ({ ...roundRobin()(host), counts })))
    .build()
  const parts: string[] = []
  net.on('part-threw', ({ part }) => parts.push(part))
  await clock.advance(1)
  const { orders } = net.snapshot().services
  assert.deepEqual(orders?.balancing, {})
  assert.equal(orders?.endpoints[0]?.connections, 0)
  assert.deepEqual(parts, ['balancer round-robin', `transport ${orders?.transport}`])
  await clock.until(net.close())
})

test('counts, odds and loads that are asynchronous harm nobody who looks', async () => {
  const clock = fakeClock()
  const silent = scriptedTransport({})
  const promised = anything(rejects)
  const net = mesh({ clock, transport: (host) => ({ ...silent(host), send: silent(host).send, close: async () => {}, stats: promised }) })
    .service('own', (s) =>
      s
        .resolve(fixed(['http://10.0.0.1:80', 'http://10.0.0.2:80']))
        .balance((host: Host) => ({ ...roundRobin()(host), counts: promised, odds: promised })),
    )
    .service('pairs', (s) =>
      s
        .resolve(fixed(['http://10.0.0.1:80', 'http://10.0.0.2:80']))
        .balance(powerOfTwo(() => ({ name: 'later', load: () => 1, peek: promised, began: () => () => {} }))),
    )
    .build()
  const parts: string[] = []
  net.on('part-threw', ({ part, error }) => parts.push(`${part}: ${(error as Error).message}`))
  await clock.advance(1)
  assert.deepEqual(net.snapshot().services.own?.balancing, {})
  assert.equal(parts[0], 'balancer round-robin: expected what is known at once, got a promise')
  for (const url of ['http://own/', 'http://pairs/']) {
    for (const { chance, load } of net.explain(url).endpoints) assert.deepEqual([chance, load], [undefined, undefined])
  }
  await new Promise((resolve) => setImmediate(resolve))
  await clock.until(net.close())
})
