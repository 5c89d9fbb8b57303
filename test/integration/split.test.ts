import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fixed, type MeshEvents, mesh } from '../../src/index.ts'
import { until as waitUntil } from '../servers/server-kit.ts'
import { httpServer } from './transport/wire.ts'

/** Servers of two versions; what the new ones do is up to the test. */
async function twoVersions(t: Parameters<typeof httpServer>[0]) {
  const state = { broken: 'well' as 'well' | '503' | 'resets' | 'cut' | 'slow' }
  const old = await Promise.all([0, 1].map(() => httpServer(t, (_, response) => void response.end('v1'))))
  const fresh = await Promise.all(
    [0, 1].map(() =>
      httpServer(t, (request, response) => {
        if (state.broken === 'resets') request.socket.resetAndDestroy()
        else if (state.broken === '503') response.writeHead(503).end()
        else if (state.broken === 'cut') {
          response.writeHead(200, { 'content-length': 100 }).write('v2')
          setTimeout(() => response.destroy(), 5)
        } else setTimeout(() => response.end('v2'), state.broken === 'slow' ? 400 : 0)
      }),
    ),
  )
  const endpoints = [
    ...old.map(({ url }) => ({ url, labels: { version: 'v1' } })),
    ...fresh.map(({ url }) => ({ url, labels: { version: 'v2' } })),
  ]
  return { state, endpoints }
}

const until = (done: () => boolean, what: string) => waitUntil(what, done, 60_000)

/** Makes calls, so many at once, until told to stop; counts what they come to. */
function traffic(call: () => Promise<string>, callers: number) {
  const seen: Record<string, number> = {}
  let stopped = false
  const caller = async () => {
    while (!stopped) {
      const answer = await call().catch(() => 'lost')
      seen[answer] = (seen[answer] ?? 0) + 1
      await sleep(2)
    }
  }
  const all = Promise.all(Array.from({ length: callers }, caller))
  const stop = async () => {
    stopped = true
    await all
    return seen
  }
  return { seen, stop }
}

for (const broken of ['503', 'resets', 'cut'] as const) {
  test(`a ramp to a version that breaks (${broken}) is given up, and few calls are lost`, async (t) => {
    const { state, endpoints } = await twoVersions(t)
    // Nothing but the split: neither circuits nor retries that would hide what the new version does.
    const net = mesh()
      .service('orders', (s) =>
        s
          .resolve(fixed(endpoints))
          .bare()
          .deadline('1m')
          .subset('version', ['v1', 'v2'])
          .split({ by: 'version', weights: { v1: 70, v2: 30 }, ramp: { to: { v2: 100 }, over: '60s' } }),
      )
      .build()
    t.after(() => net.close())
    const heard: MeshEvents['split-aborted'][] = []
    net.on('split-aborted', (event) => heard.push(event))
    const { seen, stop } = traffic(async () => {
      const response = await net.fetch('http://orders/')
      const text = await response.text()
      return response.ok ? text : 'lost'
    }, 8)
    await until(() => (seen.v2 ?? 0) > 100, 'a hundred calls to the new version')
    assert.equal(seen.lost, undefined)
    state.broken = broken
    await until(() => heard.length > 0, 'the ramp is given up')
    const newOnes = seen.v2
    const before = seen.v1 ?? 0
    await until(() => (seen.v1 ?? 0) > before + 100, 'a hundred more calls')
    const { lost = 0, v2 } = await stop()
    t.diagnostic(`${lost} calls lost of ${lost + (seen.v1 ?? 0) + (seen.v2 ?? 0)}`)
    // Those in flight when it is given up still come to their end.
    assert.ok(lost > 0 && lost <= 60 + 8, `${lost} calls lost`)
    assert.ok((v2 ?? 0) <= (newOnes ?? 0) + 8)
    assert.equal(heard[0]?.version, 'v2')
    assert.equal(heard[0]?.reason, 'failures')
    assert.equal(net.service('orders').split.state, 'aborted')
  })
}

test('with retries and circuits as they are by default hardly a call is lost to a version that breaks, and its ramp is given up', async (t) => {
  const { state, endpoints } = await twoVersions(t)
  const net = mesh()
    .service('orders', (s) =>
      s.resolve(fixed(endpoints)).split({ by: 'version', weights: { v1: 70, v2: 30 }, ramp: { to: { v2: 100 }, over: '60s' } }),
    )
    .build()
  t.after(() => net.close())
  const { seen, stop } = traffic(async () => {
    const response = await net.fetch('http://orders/')
    const text = await response.text()
    return response.ok ? text : 'lost'
  }, 8)
  await until(() => (seen.v2 ?? 0) > 50, 'fifty calls to the new version')
  state.broken = '503'
  await until(() => net.service('orders').split.state === 'aborted', 'the ramp is given up')
  const before = seen.v1 ?? 0
  await until(() => (seen.v1 ?? 0) > before + 100, 'a hundred more calls')
  const { lost = 0 } = await stop()
  t.diagnostic(`${lost} calls lost of ${lost + (seen.v1 ?? 0) + (seen.v2 ?? 0)}`)
  // A repeated attempt stays on its version, so that a few fail before the circuits of both endpoints are open.
  assert.ok(lost <= 20, `${lost} calls lost`)
})

test('a version that becomes slow is given up, if latencies are compared', async (t) => {
  const { state, endpoints } = await twoVersions(t)
  const net = mesh()
    .service('orders', (s) =>
      s
        .resolve(fixed(endpoints))
        .bare()
        .deadline('1m')
        .split({ by: 'version', weights: { v1: 50, v2: 50 }, abort: { window: '20s', latency: { quantile: 0.8, factor: 3 } } }),
    )
    .build()
  t.after(() => net.close())
  const { seen, stop } = traffic(async () => (await net.fetch('http://orders/')).text(), 8)
  await until(() => (seen.v2 ?? 0) > 50, 'fifty calls to the new version')
  state.broken = 'slow'
  await until(() => net.service('orders').split.state === 'aborted', 'the split is given up')
  assert.deepEqual(Object.keys(await stop()).sort(), ['v1', 'v2'])
  assert.equal(net.snapshot().services.orders?.split?.aborted?.reason, 'latency')
})

test('undici.request and the dispatcher are divided as fetch is', async (t) => {
  const { endpoints } = await twoVersions(t)
  const net = mesh()
    .service('orders', (s) =>
      s.resolve(fixed(endpoints)).split({ by: 'version', weights: { v1: 50, v2: 50 }, stickyBy: { header: 'x-user-id' } }),
    )
    .build()
  t.after(() => net.close())
  for (let user = 0; user < 40; user += 1) {
    const headers = { 'x-user-id': String(user) }
    const [fetched, requested] = await Promise.all([net.fetch('http://orders/', { headers }), net.request('http://orders/', { headers })])
    assert.equal(await fetched.text(), await requested.body.text())
  }
  const { v1, v2 } = net.snapshot().services.orders?.split?.versions ?? {}
  assert.ok((v1?.calls ?? 0) > 16 && (v2?.calls ?? 0) > 16)
})
