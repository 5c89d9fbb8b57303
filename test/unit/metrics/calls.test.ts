import assert from 'node:assert/strict'
import { test } from 'node:test'
import { prometheusText } from '../../../src/metrics/index.ts'
import { meteredMesh, one, valueIn } from './metered-mesh.ts'

function callsOf(net: ReturnType<typeof meteredMesh>['net']) {
  const { calls } = net.snapshot().services.orders?.metrics ?? assert.fail('there are no metrics')
  return calls.map(({ labels, durations: { count, sum } }) => ({ ...labels, count, ms: Math.round(sum * 1_000) }))
}

test('a call is timed once, with all its attempts and the waits between them', async () => {
  let failures = 1
  const { net, call } = meteredMesh(
    () => ({ status: failures-- > 0 ? 503 : 200, latencyMs: 20 }),
    (s) => s.retry({ backoff: { kind: 'exponential', base: '100ms' } }),
  )
  await call()
  assert.deepEqual(callsOf(net), [{ route: undefined, status: 200, errorType: undefined, count: 1, ms: 140 }])
  assert.equal(net.snapshot().services.orders?.metrics?.durations.length, 2, 'attempts are timed one by one')
  await net.close()
})

test('a call that waits for a permit is timed with its wait', async () => {
  const { net, call } = meteredMesh({ latencyMs: 20 }, (s) => s.rateLimit({ permits: 1, per: '1s', burst: 1, overflow: 'queue' }))
  await call()
  await call()
  assert.deepEqual(
    callsOf(net).map(({ count, ms }) => [count, ms]),
    [[2, 1_020]],
  )
  await net.close()
})

test('a call that fails is timed until its caller knows, and told by its code; one whose caller left has none', async () => {
  const { net, call, clock } = meteredMesh('hang', (s) => s.deadline('300ms').retry(false))
  assert.equal(await call(), 'failed')
  const leave = new AbortController()
  const left = net.fetch('http://orders/', { signal: leave.signal }).catch(() => 'left')
  await clock.advance(100)
  leave.abort()
  await left
  assert.deepEqual(callsOf(net), [
    { route: undefined, status: undefined, errorType: 'DEADLINE_EXCEEDED', count: 1, ms: 300 },
    { route: undefined, status: undefined, errorType: undefined, count: 1, ms: 100 },
  ])
  await net.close()
})

test('a hedged call is timed by the attempt that gave the answer', async () => {
  const { net, call } = meteredMesh(
    ({ endpoint }) => ({ latencyMs: endpoint.address === one ? 5_000 : 30 }),
    (s) => s.hedge({ after: '50ms' }),
  )
  for (let i = 0; i < 2; i += 1) await call()
  const [{ count, ms } = assert.fail()] = callsOf(net)
  assert.deepEqual([count, ms], [2, 80 + 30])
  await net.close()
})

test('calls are told apart by their routes, and a status from 400 on is an error', async () => {
  const { net, call } = meteredMesh(
    ({ path }) => ({ status: path === '/v1/none' ? 404 : 200, latencyMs: 10 }),
    (s) => s.route({ name: 'first', match: { path: { prefix: '/v1' } } }),
  )
  for (const path of ['/v1/a', '/v1/b', '/v1/none', '/v2/a']) await call(`http://orders${path}`)
  assert.deepEqual(callsOf(net), [
    { route: 'first', status: 200, errorType: undefined, count: 2, ms: 20 },
    { route: 'first', status: 404, errorType: '404', count: 1, ms: 10 },
    { route: undefined, status: 200, errorType: undefined, count: 1, ms: 10 },
  ])
  const text = await prometheusText(net)
  const series = { proxyless_mesh: 'shop', proxyless_service: 'orders', proxyless_route: 'first', http_response_status_code: '200' }
  assert.equal(valueIn(text, 'proxyless_call_duration_seconds_count', series), 2)
  assert.equal(valueIn(text, 'proxyless_call_duration_seconds_bucket', { ...series, le: '0.005' }), 0)
  assert.equal(valueIn(text, 'proxyless_call_duration_seconds_bucket', { ...series, le: '0.01' }), 2)
  await net.close()
})

test('routes beyond the most series share one', async () => {
  const { net, call } = meteredMesh(
    { body: 'ok' },
    (s) => ['a', 'b', 'c', 'd'].reduce((draft, name) => draft.route({ name, match: { path: `/${name}` } }), s),
    { metrics: { mostSeries: 2 } },
  )
  for (const path of ['/a', '/b', '/c', '/d', '/a']) await call(`http://orders${path}`)
  assert.deepEqual(
    callsOf(net).map(({ route, count }) => [route, count]),
    [
      ['a', 2],
      ['b', 1],
      ['_OTHER', 2],
    ],
  )
  await net.close()
})

test('hosts that no service declares are timed together, and a mesh that counts nothing times nothing', async () => {
  const { net, call } = meteredMesh({ latencyMs: 10 })
  await call('http://a.test/')
  await call('http://b.test/')
  assert.deepEqual(
    net.snapshot().passthrough.metrics?.calls.map(({ durations: { count } }) => count),
    [2],
  )
  await net.close()
  const silent = meteredMesh({ latencyMs: 10 }, (s) => s, { metrics: false })
  await silent.call()
  assert.equal(silent.net.snapshot().services.orders?.metrics, undefined)
  await silent.net.close()
})

test('a new plan keeps what was counted of calls', async () => {
  const { net, call } = meteredMesh({ latencyMs: 10 })
  await call()
  const orders = net.plan.services.orders ?? assert.fail()
  net.apply({ ...net.plan, services: { orders: { ...orders, deadline: 5_000 } } })
  await call()
  assert.deepEqual(
    callsOf(net).map(({ count }) => count),
    [2],
  )
  await net.close()
})
