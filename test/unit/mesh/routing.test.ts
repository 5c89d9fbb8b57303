import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EndpointSpec, fixed, MeshError, type MeshEvents, mesh, random, roundRobin, type ServiceDraft } from '../../../src/index.ts'
import { fakeClock, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'

const inZone = (zone: string, count: number, more: Partial<EndpointSpec> = {}): EndpointSpec[] =>
  Array.from({ length: count }, (_, i) => ({ url: `http://${zone}${i}.internal:80`, zone, ...more }))

/** A mesh whose transport answers with the host that was called. */
function meshOf(endpoints: readonly EndpointSpec[], configure: (s: ServiceDraft) => unknown) {
  const clock = fakeClock()
  const transport = scriptedTransport(({ endpoint }) => ({ body: endpoint.hostname }))
  const net = mesh({ clock, transport, random: seededRandom('routing') })
    .service('orders', (s) => s.apply(configure as (s: ServiceDraft) => ServiceDraft).resolve(fixed(endpoints)))
    .build()
  const callsTo = async (count: number, init?: Parameters<typeof net.fetch>[1]) => {
    const hosts: Record<string, number> = {}
    for (let i = 0; i < count; i += 1) {
      const zone = (await (await net.fetch('http://orders/', init)).text()).replace(/\d*\.internal$/, '')
      hosts[zone] = (hosts[zone] ?? 0) + 1
    }
    return hosts
  }
  return { net, transport, clock, callsTo }
}

test('calls stay in the zone of the process', async () => {
  const { net, callsTo } = meshOf([...inZone('a', 3), ...inZone('b', 3)], (s) => s.balance(roundRobin()).locality({ zone: 'a' }))
  assert.deepEqual(await callsTo(20), { a: 20 })
  await net.close()
})

test('calls are spread by the weights of places', async () => {
  const { net, callsTo } = meshOf([...inZone('a', 3), ...inZone('b', 3)], (s) =>
    s.balance(random()).locality({ mode: 'weighted', weights: { a: 1, b: 3 } }),
  )
  const { a = 0, b = 0 } = await callsTo(400)
  assert.equal(a + b, 400)
  assert.ok(a > 70 && a < 130, String(a))
  await net.close()
})

test('strict locality without an endpoint is an error that names the place', async () => {
  const { net } = meshOf(inZone('a', 1), (s) => s.locality({ zone: 'b', mode: 'strict' }))
  await assert.rejects(net.fetch('http://orders/'), (thrown) => {
    const error = MeshError.from(thrown)
    assert.equal(error?.code, 'NO_ENDPOINT')
    assert.match(String(error?.message), /locality is strict and none of 1 endpoint is in zone b; endpoints are in a/)
    return true
  })
  await net.close()
})

test('a new plan moves calls to another zone, while statistics stay', async () => {
  const { net, callsTo } = meshOf([...inZone('a', 1), ...inZone('b', 1)], (s) => s.locality({ zone: 'a', mode: 'failover' }))
  assert.deepEqual(await callsTo(5), { a: 5 })
  const { orders } = net.plan.services
  net.apply({ ...net.plan, services: { orders: { ...orders, locality: { zone: 'b', mode: 'failover' } } as never } })
  assert.deepEqual(await callsTo(5), { b: 5 })
  assert.deepEqual(
    net.snapshot().services.orders?.endpoints.map(({ attempts }) => attempts),
    [5, 5],
  )
  net.apply({ ...net.plan })
  await net.close()
})

test('a repeated call leaves its place when it has tried all of it', async () => {
  const clock = fakeClock()
  const transport = scriptedTransport(({ endpoint }) =>
    endpoint.locality.zone === 'a' ? { error: 'CONNECT_FAILED', sent: false } : { body: endpoint.hostname },
  )
  await using net = mesh({ clock, transport })
    .service('orders', (s) => s.resolve(fixed([...inZone('a', 2), ...inZone('b', 1)])).locality({ zone: 'a', mode: 'failover' }))
    .build()
  assert.equal(await (await net.fetch('http://orders/')).text(), 'b0.internal')
  assert.equal(transport.attempts.length, 3)
})

test('a call whose subset is missing goes where the rule says', async () => {
  const clock = fakeClock()
  const transport = scriptedTransport(({ endpoint }) => ({ body: endpoint.hostname }))
  await using net = mesh({ clock, transport })
    .service('orders', (s) =>
      s
        .resolve(fixed([{ url: 'http://stable.internal', labels: { version: 'v1' } }, 'http://other.internal']))
        .subset('version', ['v1', 'v2'])
        .subsetFallback({ subset: { version: 'v1' } }),
    )
    .build()
  const response = await net.service('orders').fetch('/', { mesh: { subset: { version: 'v2' } } })
  assert.equal(await response.text(), 'stable.internal')
})

test('a snapshot tells the tiers, and what each gets', async () => {
  const { net, callsTo } = meshOf([...inZone('a', 2), ...inZone('b', 1), ...inZone('c', 1, { priority: 1 })], (s) =>
    s.locality({ zone: 'a', mode: 'failover' }),
  )
  await callsTo(1)
  const tier = { degraded: 0, degradedLoad: 0, panic: false }
  assert.deepEqual(net.snapshot().services.orders?.tiers, [
    { priority: 0, distance: 0, endpoints: 2, healthy: 2, load: 100, ...tier },
    { priority: 0, distance: 3, endpoints: 1, healthy: 1, load: 0, ...tier },
    { priority: 1, distance: 3, endpoints: 1, healthy: 1, load: 0, ...tier },
  ])
  await net.close()
})

test('a balance function that is broken is given up after some faults, told and counted, and every call is served', async () => {
  let asked = 0
  const { net, callsTo } = meshOf(inZone('a', 2), (s) =>
    s.balance(function mine(_endpoints, _call) {
      asked += 1
      throw new Error('no idea')
    }),
  )
  const bypassed: MeshEvents['balancer-bypassed'][] = []
  net.on('balancer-bypassed', (event) => bypassed.push(event))
  assert.deepEqual(await callsTo(25), { a: 25 })
  assert.equal(asked, 10)
  assert.deepEqual(bypassed, [{ service: 'orders', balancer: 'function mine', faults: 10 }])
  assert.deepEqual(net.snapshot().services.orders?.balancerFaults, { faults: 10, bypasses: 1 })
  await net.close()
})
