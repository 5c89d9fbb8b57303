import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed, mesh, printExplanation } from '../../../src/index.ts'
import { fakeClock, scriptedTransport } from '../../../src/testing/index.ts'

async function routed() {
  const clock = fakeClock()
  const net = mesh({ clock, transport: scriptedTransport(() => ({ body: 'ok' })) })
    .service('orders', (s) =>
      s
        .resolve(
          fixed([
            { url: 'http://10.0.0.1:80', labels: { version: 'v1' } },
            { url: 'http://10.0.0.2:80', labels: { version: 'v2' } },
          ]),
        )
        .subset('version', ['v1', 'v2'])
        .deadline('5s')
        .rateLimit({ permits: 100 })
        .circuitBreaker({ service: {} })
        .route({ name: 'part', match: { path: { prefix: '/' }, share: 0.1 } })
        .route({
          name: 'reports',
          match: { path: { prefix: '/reports' } },
          deadline: '1m',
          rateLimit: { permits: 2, per: '1m' },
          retry: false,
          circuitBreaker: {},
          subset: { version: 'v2' },
          rewrite: { path: { prefix: '/v2/reports' } },
          use: [{ name: 'stamp', scope: 'call', layer: () => (next) => next }],
        })
        .route({ name: 'free', match: { path: { prefix: '/free' } }, rateLimit: false, circuitBreaker: false }),
    )
    .build()
  await clock.settle()
  const policies = (path: string) => net.explain(`http://orders${path}`).policies.map(({ name, detail }) => `${name}: ${detail}`)
  return { clock, net, policies }
}

test('an explained call takes its route: name, path, labels, deadline, and what the route has of its own', async () => {
  const { net, policies } = await routed()
  const told = net.explain('http://orders/reports/7')
  assert.deepEqual(
    [told.route, told.path, told.deadline, told.subset?.labels],
    ['reports', '/reports/7', { ms: 60_000, from: 'route' }, { version: 'v2' }],
  )
  assert.equal(told.routes.find(({ name }) => name === 'reports')?.path, '/v2/reports/7')
  const said = policies('/reports/7')
  assert.ok(said.some((line) => line.startsWith('rate limit: 2 permits left')))
  assert.ok(said.includes('retry: off'))
  assert.match(printExplanation(told), /deadline: passes, 60000 ms, of the route/)
  await net.close()
})

test('what a route has switched off is not asked, and a call without a route is told as before', async () => {
  const { net, policies } = await routed()
  assert.deepEqual(
    policies('/free').filter((line) => /^(rate limit|circuit)/.test(line)),
    ['rate limit: off', 'circuit: off'],
  )
  const told = net.explain('http://orders/v1/42')
  assert.deepEqual([told.route, told.deadline], [undefined, { ms: 5_000, from: 'service' }])
  assert.ok(policies('/v1/42').some((line) => line.startsWith('rate limit: 100 permits left')))
  assert.deepEqual(net.explain('http://orders/reports/7', { mesh: { deadline: '1s' } }).deadline, { ms: 1_000, from: 'call' })
  await net.close()
})

test('the limits and the circuit of a route refuse what the service would let pass', async () => {
  const { clock, net } = await routed()
  for (let i = 0; i < 2; i += 1) await clock.until(net.fetch('http://orders/reports/7'))
  // One call of the two may have taken the route that gets a share.
  while (net.snapshot().services.orders?.routes.reports?.calls.started !== 2) await clock.until(net.fetch('http://orders/reports/7'))
  assert.deepEqual([net.explain('http://orders/reports/7').code, net.explain('http://orders/v1').code], ['RATE_LIMITED', undefined])
  await net.close()
})
