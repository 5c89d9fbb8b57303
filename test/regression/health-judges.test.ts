// What one judge of health found must not outlive what another one is entitled to take back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type EndpointSnapshot,
  fixed,
  type HealthCheckOptions,
  type MeshPlanInput,
  mesh,
  roundRobin,
  type ServerDrainingOptions,
} from '../../src/index.ts'
import { fakeClock, scriptedTransport, seededRandom } from '../../src/testing/index.ts'

const draining = { 'x-envoy-immediate-health-check-fail': 'true' }

/** One server that says that it drains, and does not any more from some time on; another one that is always well. */
function drainingOnce(options: { readonly check: HealthCheckOptions | false; readonly hears: ServerDrainingOptions | false }) {
  const clock = fakeClock()
  let drains = true
  const transport = scriptedTransport(({ endpoint, path }) => ({
    headers: drains && path !== '/health' && endpoint.address === 'http://10.0.0.1:80' ? draining : {},
  }))
  const net = mesh({ clock, random: seededRandom('draining'), transport })
    .service('orders', (s) =>
      s
        .resolve(fixed(['http://10.0.0.1:80', 'http://10.0.0.2:80']))
        .healthCheck(options.check)
        .serverDraining(options.hears),
    )
    .build()
  const first = () => net.snapshot().services.orders?.endpoints[0] as EndpointSnapshot
  const call = async (): Promise<void> => {
    await clock.until((await clock.until(net.fetch('http://orders/'))).text())
  }
  const stop = () => {
    drains = false
  }
  return { clock, net, first, call, stop }
}

const check = { path: '/health', interval: '1s', jitterShare: 0, initialJitter: 0, healthyThreshold: 2 } as const

test('checks that pass take back what an endpoint said of itself, long before the time for which it counts', async () => {
  const { clock, net, first, call, stop } = drainingOnce({ check, hears: { hold: '10m' } })
  await call()
  while (first().health === 'healthy') await call()
  assert.deepEqual(first().findings, { announced: 'unhealthy', check: 'unhealthy' })
  stop()
  await clock.advance(900)
  assert.equal(first().health, 'unhealthy', 'no check has passed yet')
  await clock.advance(2_500)
  assert.deepEqual(first().findings, {})
  await clock.until(net.close())
})

test('with .serverDraining(false) nothing that an endpoint says in a reply to a call counts, also where there are checks', async () => {
  const { clock, net, first, call } = drainingOnce({ check, hears: false })
  for (let i = 0; i < 20; i += 1) await call()
  assert.deepEqual(first().findings, {})
  await clock.until(net.close())
})

test('a plan without .serverDraining takes back at once what endpoints said', async () => {
  const { clock, net, first, call } = drainingOnce({ check: false, hears: { hold: '10m' } })
  await call()
  while (first().health === 'healthy') await call()
  net.apply({ ...net.plan, services: { orders: { ...net.plan.services.orders, serverDraining: false } } } as MeshPlanInput)
  assert.deepEqual(first().findings, {})
  await clock.until(net.close())
})

for (const circuitBreaker of [false, { openFor: '1m', service: { openFor: '1m', minimumCalls: 5 } }] as const) {
  test(`circuits that begin anew by a plan with circuitBreaker ${JSON.stringify(circuitBreaker)} are told of: who counts events is left with none open`, async () => {
    const clock = fakeClock()
    const net = mesh({ clock, random: seededRandom('circuits'), transport: scriptedTransport({ status: 500 }) })
      .service('orders', (s) =>
        s
          .resolve(fixed(['http://10.0.0.1:80', 'http://10.0.0.2:80']))
          .ejection(false)
          .circuitBreaker({ openFor: '50s', service: { openFor: '50s', minimumCalls: 10 } }),
      )
      .build()
    const open = new Set<string>()
    net.on('circuit-opened', ({ endpoint = 'service' }) => open.add(endpoint))
    net.on('circuit-closed', ({ endpoint = 'service' }) => open.delete(endpoint))
    for (let i = 0; i < 20; i += 1) await clock.until(net.fetch('http://orders/').catch(() => {}))
    assert.deepEqual([...open].sort(), ['http://10.0.0.1:80', 'http://10.0.0.2:80', 'service'])
    net.apply({ ...net.plan, services: { orders: { ...net.plan.services.orders, circuitBreaker } } } as MeshPlanInput)
    assert.deepEqual([...open], [])
    assert.deepEqual(
      net.snapshot().services.orders?.endpoints.map(({ findings }) => findings),
      [{}, {}],
    )
    await clock.until(net.close())
  })
}

test('an endpoint that said it drains gets no calls in panic either', async () => {
  const clock = fakeClock()
  const transport = scriptedTransport(({ endpoint }) => ({
    headers: endpoint.address === 'http://10.0.0.1:80' ? draining : {},
    body: endpoint.address,
  }))
  const net = mesh({ clock, random: seededRandom('panic'), transport })
    .service('orders', (s) => s.resolve(fixed([1, 2, 3, 4].map((i) => `http://10.0.0.${i}:80`))).balance(roundRobin()))
    .build()
  const call = async () => clock.until((await clock.until(net.fetch('http://orders/'))).text())
  while ((await call()) !== 'http://10.0.0.1:80');
  for (const i of [2, 3]) net.service('orders').eject(`http://10.0.0.${i}:80`, '10s')
  const served = new Map<string, number>()
  for (let i = 0; i < 40; i += 1) {
    const by = await call()
    served.set(by, (served.get(by) ?? 0) + 1)
  }
  assert.equal(served.get('http://10.0.0.1:80'), undefined)
  assert.equal(served.size, 3, 'the others are in panic')
  await clock.until(net.close())
})
