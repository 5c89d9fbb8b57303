import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fixed, MeshError, mesh, roundRobin } from '../../src/index.ts'
import { MovableClock } from '../servers/movable-clock.ts'
import { until, within } from '../servers/server-kit.ts'
import { httpServer } from './transport/wire.ts'

async function servers(t: TestContext, count: number) {
  return Promise.all(
    Array.from({ length: count }, (_, i) =>
      httpServer(t, (request, response) => {
        request.resume()
        setTimeout(() => response.end(`${i}`), 2)
      }),
    ),
  )
}

/** Calls from many callers at once until told to stop; answers with what went wrong. */
function load(
  call: () => Promise<unknown>,
  callers: number,
): { calls: () => number; stop: () => Promise<{ calls: number; lost: string[] }> } {
  let running = true
  let calls = 0
  const lost: string[] = []
  const all = Array.from({ length: callers }, async () => {
    while (running) {
      calls += 1
      await call().catch((error: Error) => lost.push(`${error.message} <- ${(error.cause as Error | undefined)?.message}`))
    }
  })
  return {
    calls: () => calls,
    async stop() {
      running = false
      await Promise.all(all)
      return { calls, lost }
    },
  }
}

test('a new plan every few milliseconds, under load with POSTs, loses no call', async (t) => {
  const [a, b, c] = await servers(t, 3)
  const urls = [a?.url ?? '', b?.url ?? '', c?.url ?? '']
  const build = (count: number, deadline: `${number}m`, connections: number) =>
    mesh({ name: 'apply' }).service('orders', (s) =>
      s
        .resolve(fixed(urls.slice(0, count)))
        .deadline(deadline)
        .http({ connections }),
    )
  const net = build(2, '1m', 64).build()
  const traffic = load(async () => {
    const response = await net.fetch('http://orders/v1', { method: 'POST', body: 'x' })
    assert.match(await response.text(), /^[012]$/)
  }, 16)
  for (let i = 0; i < 40 || traffic.calls() <= 500; i += 1) {
    await sleep(20)
    net.apply(build(1 + (i % 3), i % 2 === 0 ? '1m' : '2m', i % 4 === 0 ? 32 : 64).plan())
  }
  const { lost } = await traffic.stop()
  assert.deepEqual(lost.slice(0, 3), [])
  assert.equal(net.snapshot().services.orders?.calls.inFlight, 0)
  await net.close()
  await until('no socket is open', () => [a, b, c].every((server) => server?.open() === 0))
})

test('a plan that is wrong changes nothing, and calls go on', async (t) => {
  const [a] = await servers(t, 1)
  const net = mesh({ name: 'apply' })
    .service('orders', (s) => s.resolve(fixed([a?.url ?? ''])))
    .build()
  t.after(() => net.close())
  const before = net.plan
  const pending = net.fetch('http://orders/')
  assert.throws(() => net.apply({ ...net.plan, services: { orders: { ...net.plan.services.orders, deadline: 'soon' } } } as never), {
    name: 'ConfigError',
    message: /services\.orders\.deadline: expected a duration/,
  })
  assert.equal(net.plan, before)
  assert.equal(await (await pending).text(), '0')
})

test('a server that dies without a word costs no call: what was never sent goes elsewhere, POSTs included', async (t) => {
  const [a, b, c] = await servers(t, 3)
  const net = mesh({ name: 'dead' })
    .service('orders', (s) => s.resolve(fixed([a?.url ?? '', b?.url ?? '', c?.url ?? ''])).balance(roundRobin()))
    .build()
  t.after(() => net.close())
  // Idle connections to the server close with it, so nothing is in flight there when it goes.
  for (let i = 0; i < 3; i += 1) await (await net.fetch('http://orders/')).text()
  a?.server.close()
  await until('its connections are gone', () => net.snapshot().services.orders?.endpoints[0]?.connections === 0)
  const repeated: string[] = []
  net.on('attempt-repeated', ({ endpoint, code, sent }) => repeated.push(`${endpoint === a?.url} ${code} ${sent}`))
  for (let i = 0; i < 12; i += 1) {
    const response = await net.fetch('http://orders/', { method: 'POST', body: ReadableStream.from([Buffer.from('x')]), duplex: 'half' })
    assert.match(await response.text(), /^[12]$/)
  }
  assert.deepEqual([...new Set(repeated)], ['true CONNECT_FAILED false'])
})

test('when every endpoint refuses, discovery is asked again at once, and a call that can wait is served by its answer', async (t) => {
  const [a, b] = await servers(t, 2)
  let current = ['http://127.0.0.1:9', 'http://127.0.0.1:19']
  let asked = 0
  const net = mesh({ name: 'refused' })
    .service('orders', (s) =>
      s.resolve(async function* (_service, { signal, pause }) {
        while (!signal.aborted) {
          asked += 1
          yield current
          await pause(60_000)
        }
      }),
    )
    .build()
  t.after(() => net.close())
  await assert.rejects(net.fetch('http://orders/', { mesh: { retry: false } }), (error) => {
    assert.equal(MeshError.from(error)?.code, 'CONNECT_FAILED')
    return true
  })
  current = [a?.url ?? '', b?.url ?? '']
  // Both endpoints refuse once more, discovery answers while the call waits for its next attempt, and the call is served.
  assert.match(await (await net.fetch('http://orders/')).text(), /^[01]$/)
  assert.equal(asked, 2, 'the resolver was woken long before its minute was over')
})

test('a deadline ends a call to a server that never answers, and not before', async (t) => {
  const silent = await httpServer(t, () => {})
  const net = mesh({ name: 'deadline' })
    .service('orders', (s) => s.resolve(fixed([silent.url])).deadline('150ms'))
    .build()
  t.after(() => net.close({ grace: 0 }))
  const startedAt = performance.now()
  const ended = assert.rejects(net.fetch('http://orders/'), (error) => MeshError.from(error)?.code === 'DEADLINE_EXCEEDED')
  await within('the call ends', ended)
  const tookMs = performance.now() - startedAt
  assert.ok(tookMs >= 149, `took ${tookMs} ms`)
})

test('an attempt that times out goes to another endpoint, and the call is answered', async (t) => {
  // The time of an attempt is over when the silent server has it, and at no other moment.
  const clock = new MovableClock()
  const silent = await httpServer(t, () => clock.move(3_600_000))
  const [quick] = await servers(t, 1)
  const net = mesh({ name: 'attempts', clock })
    .service('orders', (s) =>
      s
        .resolve(fixed([silent.url, quick?.url ?? '']))
        .balance(roundRobin())
        .deadline('24h')
        .retry({ attempts: 3, attemptTimeout: '1h' }),
    )
    .build()
  t.after(() => net.close())
  for (let i = 0; i < 4; i += 1) assert.equal(await (await net.fetch('http://orders/')).text(), '0')
  assert.ok((net.snapshot().services.orders?.endpoints[0]?.failures ?? 0) > 0)
})

test('closing lets calls in flight end, refuses new ones without touching their body, and leaves no socket', async (t) => {
  const slow = await httpServer(t, (_request, response) => {
    response.write('one ')
    setTimeout(() => response.end('two'), 80)
  })
  const net = mesh({ name: 'closing' })
    .service('orders', (s) => s.resolve(fixed([slow.url])))
    .build()
  const response = await net.fetch('http://orders/')
  const closed = net.close()
  const body = ReadableStream.from([Buffer.from('untouched')])
  await assert.rejects(net.fetch('http://orders/', { method: 'POST', body, duplex: 'half' }), (error) => {
    assert.equal(MeshError.from(error)?.code, 'CLOSED')
    return true
  })
  assert.equal(body.locked, false)
  assert.equal(await response.text(), 'one two')
  await closed
  await until('no socket is open', () => slow.open() === 0)
})

test('a host that no service declares goes straight out, or is refused', async (t) => {
  const [a] = await servers(t, 1)
  const open = mesh({ name: 'open' }).build()
  t.after(() => open.close())
  assert.equal(await (await open.fetch(`${a?.url}/x`)).text(), '0')
  const shut = mesh({ name: 'shut', outbound: 'registered-only' })
    .service('orders', (s) => s.resolve(fixed([a?.url ?? ''])).alias('orders.shop.svc.cluster.local'))
    .build()
  t.after(() => shut.close())
  assert.equal(await (await shut.fetch('http://orders.shop.svc.cluster.local/')).text(), '0')
  await assert.rejects(shut.fetch(`${a?.url}/x`), (error) => {
    assert.equal(MeshError.from(error)?.code, 'UNKNOWN_SERVICE')
    return true
  })
})
