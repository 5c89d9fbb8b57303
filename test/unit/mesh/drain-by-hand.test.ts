import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed, type Mesh, MeshError, mesh, roundRobin } from '../../../src/index.ts'
import { fakeClock, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'

const tiers = [0, 0, 0, 0, 1].map((priority, i) => ({ url: `http://10.0.0.${i + 1}:80`, priority }))

/** A mesh of four endpoints and one in the next tier. */
async function openMesh(): Promise<{ net: Mesh; served: Map<string, number>; call: (times: number) => Promise<void> }> {
  const served = new Map<string, number>()
  const clock = fakeClock()
  const transport = scriptedTransport(({ endpoint }) => {
    served.set(endpoint.address, (served.get(endpoint.address) ?? 0) + 1)
    return { status: 200, body: 'ok' }
  })
  const net = mesh({ clock, random: seededRandom(1), transport })
    .service('orders', (s) => s.resolve(fixed(tiers)).balance(roundRobin()))
    .build() as unknown as Mesh
  const call = async (times: number): Promise<void> => {
    served.clear()
    for (let i = 0; i < times; i += 1) await (await net.fetch('http://orders/')).text()
  }
  await clock.settle()
  return { net, served, call }
}

test('endpoints that are drained by hand get no calls, and their tier is not short of them', async () => {
  const { net, served, call } = await openMesh()
  const orders = net.service('orders')
  orders.drain('http://10.0.0.1:80')
  orders.drain('http://10.0.0.2:80')
  await call(20)
  assert.deepEqual([...served].toSorted(), [
    ['http://10.0.0.3:80', 10],
    ['http://10.0.0.4:80', 10],
  ])
  assert.deepEqual(net.snapshot().services.orders?.endpoints[0]?.findings, { drained: 'unhealthy' })
  assert.equal(net.snapshot().services.orders?.tiers[0]?.load, 100)
  await net.close()
})

test('an endpoint that was ejected is not missed any more once it drains', async () => {
  const { net } = await openMesh()
  const orders = net.service('orders')
  const loads = () => net.snapshot().services.orders?.tiers.map(({ load }) => load)
  orders.eject('http://10.0.0.1:80')
  orders.eject('http://10.0.0.2:80')
  assert.deepEqual(loads(), [70, 30])
  orders.drain('http://10.0.0.1:80')
  orders.drain('http://10.0.0.2:80')
  assert.deepEqual(loads(), [100, 0])
  await net.close()
})

test('readmit() brings back what was drained, and survives a new plan', async () => {
  const { net, served, call } = await openMesh()
  net.service('orders').drain('http://10.0.0.1:80')
  net.apply({ ...net.plan })
  assert.equal(net.snapshot().services.orders?.endpoints[0]?.health, 'unhealthy')
  net.service('orders').readmit('http://10.0.0.1:80')
  await call(4)
  assert.equal(served.get('http://10.0.0.1:80'), 1)
  await net.close()
})

test('to drain an address that is no endpoint is an error that says which there are, and of a closed mesh that it is closed', async () => {
  const { net } = await openMesh()
  const orders = net.service('orders')
  assert.throws(
    () => orders.drain('http://10.9.9.9:80'),
    /address: expected one of the service's endpoints \(.*10\.0\.0\.1.*\), got .*10\.9\.9\.9/,
  )
  await net.close()
  assert.throws(
    () => orders.drain('http://10.0.0.1:80'),
    (error) => MeshError.is(error) && error.code === 'CLOSED',
  )
})

test('the snapshot tells latencies of the last while, and what is left of the retry budget', async () => {
  const clock = fakeClock()
  const transport = scriptedTransport(({ endpoint }) => ({
    status: 200,
    body: 'ok',
    latencyMs: endpoint.address.endsWith('1:80') ? 100 : 10,
  }))
  const net = mesh({ clock, random: seededRandom(1), transport })
    .service('orders', (s) => s.resolve(fixed(['http://10.0.0.1:80', 'http://10.0.0.2:80'])).balance(roundRobin()))
    .build() as unknown as Mesh
  assert.equal(net.snapshot().services.orders?.latency, undefined)
  for (let i = 0; i < 4; i += 1) await (await clock.until(net.fetch('http://orders/'))).text()
  const { latency, endpoints = [], retryBudget } = net.snapshot().services.orders ?? {}
  assert.deepEqual([latency?.samples, endpoints[0]?.latency?.samples], [4, 2])
  assert.ok(Math.abs((endpoints[0]?.latency?.p50Ms ?? 0) - 100) < 13 && Math.abs((endpoints[1]?.latency?.p50Ms ?? 0) - 10) < 2)
  assert.ok((retryBudget?.left ?? 0) >= 1 && (retryBudget?.credit ?? 0) > 0)
  await clock.advance(30_000)
  assert.equal(net.snapshot().services.orders?.endpoints[0]?.latency, undefined)
  await net.close()
})
