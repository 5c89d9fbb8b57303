import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed, mesh } from '../../../src/index.ts'
import { prometheusText } from '../../../src/metrics/index.ts'
import { fakeClock, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'
import { valueIn } from './metered-mesh.ts'

const endpoints = fixed([
  { url: 'http://10.0.0.1:80', labels: { version: 'v1' } },
  { url: 'http://10.0.0.2:80', labels: { version: 'v2' } },
])

test('splits, mirrors, faults and limits are among the metrics, those of a route under its name', async () => {
  const clock = fakeClock()
  const net = mesh({ name: 'shop', clock, transport: scriptedTransport(() => ({ body: 'ok' })), random: seededRandom('traffic') })
    .service('orders', (s) =>
      s
        .resolve(endpoints)
        .retry(false)
        .split({ by: 'version', weights: { v1: 100, v2: 0 } })
        .rateLimit({ permits: 100 })
        .mirror({ to: 'shadow' })
        .route({
          name: 'search',
          match: { path: { prefix: '/search' } },
          split: { by: 'version', weights: { v1: 0, v2: 100 } },
          rateLimit: { permits: 2 },
          circuitBreaker: { failureShare: 0.5 },
          mirror: false,
          fault: { abort: { share: 1, status: 503 } },
        }),
    )
    .service('shadow', (s) => s.resolve(endpoints))
    .build()
  const ask = (path: string) =>
    clock.until(
      net.fetch(`http://orders${path}`).then(
        (response) => response.text(),
        () => '',
      ),
    )
  await ask('/1')
  for (let i = 0; i < 3; i += 1) await ask('/search/1')
  await clock.settle()
  const text = await prometheusText(net)
  const value = (name: string, labels: Readonly<Record<string, string>>) => valueIn(text, name, { proxyless_service: 'orders', ...labels })
  const route = { proxyless_route: 'search' }
  assert.equal(value('proxyless_route_calls_total', { ...route, proxyless_result: 'failed' }), 3)
  assert.equal(value('proxyless_route_calls_active', route), 0)
  assert.equal(value('proxyless_split_calls_total', { ...route, proxyless_version: 'v2' }), 2)
  assert.equal(value('proxyless_split_calls_total', { proxyless_version: 'v1' }), 1)
  assert.equal(value('proxyless_split_share_ratio', { ...route, proxyless_version: 'v2' }), 1)
  assert.equal(value('proxyless_split_state', { ...route, proxyless_state: 'steady' }), 1)
  assert.equal(value('proxyless_rate_limit_calls_total', { ...route, proxyless_result: 'refused' }), 1)
  assert.equal(value('proxyless_rate_limit_calls_total', { proxyless_result: 'granted' }), 1)
  assert.equal(value('proxyless_circuit_state', { ...route, proxyless_state: 'closed' }), 1)
  assert.equal(value('proxyless_mirror_copies_total', { proxyless_result: 'answered' }), 1)
  assert.equal(value('proxyless_mirror_copies_total', route), undefined)
  assert.equal(value('proxyless_faults_total', { ...route, proxyless_kind: 'abort' }), 2)
  assert.equal(value('proxyless_faults_on', route), 1)
  assert.equal(value('proxyless_faults_on', {}), 1)
  await net.close({ grace: 0 })
})
