import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  affinity,
  type Balancer,
  boundedLoad,
  type Clock,
  type Endpoint,
  fixed,
  maglev,
  mesh,
  type Part,
  type Picker,
  type PickQuery,
  part,
  randomSubset,
  roundRobin,
  slowStart,
} from '../../../src/index.ts'
import { fakeClock, scriptedTransport } from '../../../src/testing/index.ts'

const addresses = (count: number) => Array.from({ length: count }, (_, i) => `http://10.0.0.${i + 1}:80`)

/** A balancer that notes what it hears. */
function listening(heard: string[], name: string): Part<Balancer> {
  const note = (endpoints: readonly Endpoint[]) => heard.push(`${name}: ${endpoints.map(({ address }) => address.slice(7)).join(' ')}`)
  return part<Balancer>(name, {}, () => ({
    name,
    expect: note,
    picker: (endpoints) => ({
      pick: ({ call }: PickQuery) => {
        heard.push(`${name} picks for ${call.path}`)
        return endpoints[0]
      },
    }),
  }))
}

test('a balancer hears of the endpoints before the first call, of changes, and of those that a new plan finds', async () => {
  const clock = fakeClock()
  const heard: string[] = []
  let change = () => {}
  const changed = new Promise<void>((resolve) => {
    change = resolve
  })
  // The same function each time: the plan keeps its resolver.
  const resolve = async function* () {
    yield addresses(1)
    await changed
    yield addresses(2)
  }
  const draft = (name: string) =>
    mesh({ clock, transport: scriptedTransport({ body: 'ok' }) }).service('orders', (s) =>
      s.resolve(resolve).balance(listening(heard, name)),
    )
  const net = draft('first').build()
  await clock.settle()
  assert.deepEqual(heard, ['first: 10.0.0.1:80'])
  change()
  await clock.settle()
  assert.deepEqual(heard.splice(0), ['first: 10.0.0.1:80', 'first: 10.0.0.1:80 10.0.0.2:80'])
  net.apply(draft('second').plan())
  assert.deepEqual(heard.splice(0), ['second: 10.0.0.1:80 10.0.0.2:80'])
  await clock.until(net.fetch('http://orders/1').then((response) => response.text()))
  assert.deepEqual(heard, ['second picks for /1'])
  await net.close({ grace: 0 })
})

test('a balancer that throws at the endpoints it is told of serves all the same', async () => {
  const clock = fakeClock()
  const broken = part<Balancer>('broken', {}, () => ({
    name: 'broken',
    expect() {
      throw new Error('not now')
    },
    picker: (endpoints) => ({ pick: () => endpoints[0] }),
  }))
  const net = mesh({ clock, transport: scriptedTransport({ body: 'ok' }) })
    .service('orders', (s) => s.resolve(fixed(addresses(2))).balance(broken))
    .build()
  const response = await clock.until(net.fetch('http://orders/1'))
  assert.equal(await clock.until(response.text()), 'ok')
  await net.close({ grace: 0 })
})

test('the table of a hash is there before the first call, and no timer is left', async () => {
  const clock = fakeClock()
  const net = mesh({ clock, transport: scriptedTransport({ body: 'ok' }) })
    .service('orders', (s) => s.resolve(fixed(addresses(200))).balance(maglev({ hashOn: 'path' })))
    .build()
  assert.equal(clock.pendingForeground, 0)
  while (clock.pending > 0) await clock.advance(1)
  const response = await clock.until(net.fetch('http://orders/1'))
  await clock.until(response.text())
  assert.equal(net.snapshot().services.orders?.balancing.tables, 1)
  await net.close({ grace: 0 })
  clock.assertIdle()
})

/** A balancer that prepares something for as long as a test says. */
function preparing(prepare: () => unknown): Part<Balancer> {
  return part<Balancer>('preparing', {}, () => ({
    name: 'preparing',
    prepares: true,
    picker: (endpoints) => ({ pick: () => endpoints[0], preparing: prepare as NonNullable<Picker['preparing']> }),
  }))
}

function preparingWorld(prepare: () => unknown) {
  const clock = fakeClock()
  const faults: unknown[] = []
  const net = mesh({ clock, transport: scriptedTransport({ body: 'ok' }) })
    .service('orders', (s) =>
      s
        .resolve(fixed(addresses(2)))
        .balance(preparing(prepare))
        .deadline('1s'),
    )
    .build()
  net.on('part-threw', ({ error }) => faults.push(error))
  return { clock, net, faults }
}

test('calls wait while their balancer prepares something, each until its deadline at most', async () => {
  let end = () => {}
  let underway: Promise<void> | undefined
  const prepare = () => {
    underway = new Promise((resolve) => {
      end = () => {
        underway = undefined
        resolve()
      }
    })
  }
  prepare()
  const { clock, net, faults } = preparingWorld(() => underway)
  const left = new AbortController()
  const calls = [net.fetch('http://orders/1'), net.fetch('http://orders/2'), net.fetch('http://orders/3', { signal: left.signal })]
  const settled = Promise.allSettled(calls)
  await clock.advance(300)
  assert.equal(net.snapshot().services.orders?.calls.inFlight, 3)
  left.abort()
  await clock.advance(1)
  assert.equal(net.snapshot().services.orders?.calls.inFlight, 2)
  end()
  const [first, second, third] = await clock.until(settled)
  assert.equal(first?.status === 'fulfilled' && (await clock.until(first.value.text())), 'ok')
  assert.equal(second?.status === 'fulfilled' && (await clock.until(second.value.text())), 'ok')
  assert.ok(third?.status === 'rejected' && third.reason.name === 'AbortError')
  prepare()
  const late = assert.rejects(net.fetch('http://orders/4'), ({ cause }: Error) =>
    /while waiting for a table of the balancer/.test(String(cause)),
  )
  await clock.advance(1_000)
  await late
  end()
  assert.equal(await clock.until(net.fetch('http://orders/5').then((response) => response.text())), 'ok')
  assert.deepEqual(faults, [])
  await net.close({ grace: 0 })
  clock.assertIdle()
})

test('a balancer whose preparation throws, rejects, or is no promise, serves all the same', async () => {
  const ways: (() => unknown)[] = [
    () => {
      throw new Error('not now')
    },
    () => Promise.reject(new Error('not now')),
    () => 'soon',
  ]
  for (const way of ways) {
    const { clock, net, faults } = preparingWorld(way)
    const response = await clock.until(net.fetch('http://orders/1'))
    assert.equal(await clock.until(response.text()), 'ok')
    assert.equal(faults.length, 1)
    assert.match(String(faults[0]), /not now|preparing: expected a promise or undefined/)
    await net.close({ grace: 0 })
    clock.assertIdle()
  }
})

test('nobody waits for longer than two seconds, nor any more when that was so ten times', async () => {
  const ways: (() => unknown)[] = [() => new Promise(() => {}), () => Promise.reject(undefined)]
  for (const way of ways) {
    let asked = 0
    const { clock, net, faults } = preparingWorld(() => {
      asked += 1
      return way()
    })
    for (let i = 0; i < 15; i += 1) {
      const call = net.service('orders').fetch('/1', { mesh: { deadline: '10s' } })
      await clock.advance(2_000)
      assert.equal(await clock.until(call.then((response) => response.text())), 'ok')
    }
    assert.equal(asked, 10)
    assert.equal(faults.length, 10)
    assert.equal(net.snapshot().services.orders?.balancerFaults.faults, 10)
    await net.close({ grace: 0 })
    clock.assertIdle()
  }
})

test('a balancer inside another one prepares for it', async () => {
  let asked = 0
  const inner = preparing(() => {
    asked += 1
    return undefined
  })
  const clock = fakeClock()
  for (const outer of [
    boundedLoad(inner),
    slowStart(inner),
    affinity(inner, { header: 'x-endpoint' }),
    randomSubset({ size: 1, balancer: inner }),
  ]) {
    const net = mesh({ clock, transport: scriptedTransport({ body: 'ok' }) })
      .service('orders', (s) => s.resolve(fixed(addresses(2))).balance(outer))
      .build()
    const before = asked
    const response = await clock.until(net.fetch('http://orders/1'))
    await clock.until(response.text())
    assert.ok(asked > before)
    await net.close({ grace: 0 })
  }
})

test('first calls wait for the table of their tier, subset or zone, go where later ones go, and hold up nobody', async () => {
  const clock = fakeClock()
  let readings = 0
  const busy: Clock = {
    // Time moves while somebody works.
    now: () => clock.now() + (readings += 1) / 100,
    wallTime: () => clock.wallTime(),
    schedule: (delayMs, task, options) => clock.schedule(delayMs, task, options),
  }
  const endpoints = addresses(60).map((url, i) => ({ url, priority: i % 2, labels: { version: i < 30 ? 'a' : 'b' } }))
  const net = mesh({ clock: busy, transport: scriptedTransport(({ endpoint }) => ({ body: endpoint.address })) })
    .service('orders', (s) =>
      s
        .resolve(fixed(endpoints))
        .balance(boundedLoad(maglev({ hashOn: 'path' }), { factor: 50 }))
        .subset('version', ['a', 'b']),
    )
    .service('other', (s) => s.resolve(fixed(addresses(2))).balance(roundRobin()))
    .build()
  const round = (version?: 'a' | 'b') => {
    const init = version === undefined ? {} : { mesh: { subset: { version } } }
    return Promise.all(Array.from({ length: 40 }, async (_, i) => (await net.service('orders').fetch(`/${i}`, init)).text()))
  }
  const first = round()
  let isServed = false
  void first.then(() => {
    isServed = true
  })
  const response = await net.fetch('http://other/1')
  await response.text()
  assert.equal(isServed, false, 'the other call was not held up')
  const served = await clock.until(first)
  assert.deepEqual(await round(), served)
  for (const version of ['a', 'b'] as const) {
    await clock.until(round(version))
    while (clock.pending > 0) await clock.advance(1)
    const later = await round(version)
    assert.equal(new Set(later).size > 10, true)
    assert.deepEqual(await round(version), later)
  }
  assert.equal(net.snapshot().services.orders?.balancing.tables, 3)
  await net.close({ grace: 0 })
  clock.assertIdle()
})
