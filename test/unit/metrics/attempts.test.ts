import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, fixed, mesh, metricsDefaults } from '../../../src/index.ts'
import { meteredMesh, one, two } from './metered-mesh.ts'

function metricsOf(net: ReturnType<typeof meteredMesh>['net']) {
  return net.snapshot().services.orders?.metrics ?? assert.fail('there are no metrics')
}

test('each attempt is counted once in the series of its method, host and status, with its time until the head of the reply', async () => {
  const { net, call } = meteredMesh((far) => ({ status: far.path === '/bad' ? 404 : 200, latencyMs: 30 }))
  await call('http://orders/a')
  await call('http://orders/b')
  await call('http://orders/bad')
  await call('http://orders/a', { method: 'POST' })
  const series = metricsOf(net).durations.map(({ labels, durations }) => ({ ...labels, count: durations.count, sum: durations.sum }))
  const shared = { serverAddress: 'orders', serverPort: 80, endpoint: undefined }
  assert.deepEqual(
    series.map((each) => ({ ...each, sum: Number(each.sum.toFixed(6)) })),
    [
      { method: 'GET', ...shared, status: 200, errorType: undefined, count: 2, sum: 0.06 },
      { method: 'POST', ...shared, status: 200, errorType: undefined, count: 1, sum: 0.03 },
      { method: 'GET', ...shared, status: 404, errorType: '404', count: 1, sum: 0.03 },
    ],
  )
  await net.close()
})

test('paths do not make series, and neither do methods that nobody knows', async () => {
  const { net, call } = meteredMesh({ body: 'ok' })
  for (let i = 0; i < 30; i += 1) await call(`http://orders/v1/${i}?user=${i}`)
  for (let i = 0; i < 10; i += 1) await call('http://orders/', { method: `DANCE${i}` })
  const { durations } = metricsOf(net)
  assert.deepEqual(
    durations.map(({ labels, durations: { count } }) => [labels.method, count]),
    [
      ['GET', 30],
      ['_OTHER', 10],
    ],
  )
  await net.close()
})

test('a failure is told by its code, and a caller that left by nothing', async () => {
  const { net, call, clock } = meteredMesh(
    (far) => (far.path === '/hang' ? 'hang' : { error: 'CONNECTION_LOST' as const }),
    (s) => s.retry(false),
  )
  await call()
  const leave = new AbortController()
  const left = net.fetch('http://orders/hang', { signal: leave.signal }).catch(() => 'left')
  await clock.advance(100)
  leave.abort()
  await left
  assert.deepEqual(
    metricsOf(net).durations.map(({ labels: { status, errorType } }) => [status, errorType]),
    [
      [undefined, 'CONNECTION_LOST'],
      [undefined, undefined],
    ],
  )
  assert.deepEqual(metricsOf(net).attempts, { success: 0, failure: 1, ignored: 1 })
  await net.close()
})

test('attempts that are repeated are counted by why', async () => {
  let failures = 3
  const { net, call } = meteredMesh(() => ({ status: failures-- > 0 ? 503 : 200 }))
  await call()
  await call()
  assert.deepEqual(metricsOf(net).repeatedBecause, { '503': 2 })
  assert.deepEqual(metricsOf(net).attempts, { success: 1, failure: 3, ignored: 0 })
})

test('what was counted outlives a new plan, and goes with the service that leaves', async () => {
  const { net, call } = meteredMesh({ body: 'ok' })
  await call()
  const { plan } = net
  const orders = plan.services.orders ?? assert.fail()
  net.apply({ ...plan, services: { orders: { ...orders, retry: { attempts: 2 } } } })
  await call()
  assert.equal(metricsOf(net).attempts.success, 2)
  assert.equal(metricsOf(net).durations[0]?.durations.count, 2)
  net.apply({ ...plan, services: {} })
  assert.deepEqual(net.snapshot().services, {})
  net.apply(plan)
  assert.deepEqual(metricsOf(net).durations, [], 'a service that comes back begins anew')
  await net.close()
})

test('durations by endpoint are kept for the endpoints that there are', async () => {
  const { net, call } = meteredMesh({ body: 'ok' }, (s) => s, { metrics: { durationsByEndpoint: true } })
  await call()
  await call()
  assert.deepEqual(
    metricsOf(net)
      .durations.map(({ labels, durations }) => [labels.endpoint, durations.count])
      .sort(),
    [
      [one, 1],
      [two, 1],
    ],
  )
  const orders = net.plan.services.orders ?? assert.fail()
  net.apply({ ...net.plan, services: { orders: { ...orders, resolver: fixed([two]) } } })
  await call()
  assert.deepEqual(
    metricsOf(net).durations.map(({ labels, durations }) => [labels.endpoint, durations.count]),
    [[two, 2]],
  )
  await net.close()
})

test('when there are too many series, further hosts share one', async () => {
  const { net, call } = meteredMesh({ body: 'ok' }, (s) => s.alias('a.internal', 'b.internal', 'c.internal'), {
    metrics: { mostSeries: 2 },
  })
  for (const host of ['a', 'b', 'c', 'a']) await call(`http://${host}.internal/`)
  await call()
  assert.deepEqual(
    metricsOf(net).durations.map(({ labels, durations }) => [labels.serverAddress, labels.serverPort, durations.count]),
    [
      ['a.internal', 80, 2],
      ['b.internal', 80, 1],
      ['_OTHER', undefined, 2],
    ],
  )
  await net.close()
})

test('hosts that no service declares are counted together', async () => {
  const { net, call } = meteredMesh({ body: 'ok' })
  await call('http://example.test/')
  await call('http://other.test:8080/')
  const { metrics } = net.snapshot().passthrough
  assert.deepEqual(
    metrics?.durations.map(({ labels: { serverAddress, serverPort } }) => [serverAddress, serverPort]),
    [
      ['example.test', 80],
      ['other.test', 8080],
    ],
  )
  await net.close()
})

test('a mesh that is told so counts nothing of it', async () => {
  const { net, call } = meteredMesh({ body: 'ok' }, (s) => s, { metrics: false })
  await call()
  assert.equal(net.snapshot().services.orders?.metrics, undefined)
  assert.equal(net.snapshot().services.orders?.calls.succeeded, 1)
  await net.close()
})

test('a wrong option is told with what was expected', () => {
  assert.deepEqual(metricsDefaults, { durationsByEndpoint: false, mostSeries: 500 })
  assert.throws(
    () => mesh({ metrics: { mostSeries: 0, durationsByEndpoint: 'yes' as never } }).build(),
    (error: ConfigError) => {
      assert.ok(ConfigError.is(error))
      assert.deepEqual(
        error.problems.map(({ path, expected, received }) => [path, expected, received]),
        [
          ['metrics.durationsByEndpoint', 'true or false', '"yes"'],
          ['metrics.mostSeries', 'an integer in [1, Infinity)', '0'],
        ],
      )
      return true
    },
  )
})
