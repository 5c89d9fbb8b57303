import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed } from '../../../src/index.ts'
import { meteredMesh, one, two } from './metered-mesh.ts'

test('R is the mean over endpoints of what is in flight by what they take at once', async () => {
  const { net, clock } = meteredMesh('hang', (s) => s.concurrency({ endpoints: { limit: 4 } }))
  const leave = new AbortController()
  const hanging = [1, 2, 3].map(() => net.fetch('http://orders/', { signal: leave.signal }).catch(() => 'left'))
  await clock.advance(10)
  const { utilisation } = net.snapshot().services.orders ?? assert.fail()
  assert.equal(utilisation.utilisation, (2 / 4 + 1 / 4) / 2)
  assert.equal(utilisation.measured, 2)
  leave.abort()
  await Promise.all(hanging)
  assert.equal(net.snapshot().utilisation.utilisation, 0, 'nothing is in flight any more')
  await net.close()
})

test('T is the mean of what endpoints answered in a second, without failures', async () => {
  const { net, call, clock } = meteredMesh((far) => ({ status: far.path === '/bad' ? 404 : 200 }))
  await clock.advance(1_000)
  for (let i = 0; i < 20; i += 1) await call()
  await clock.advance(9_000)
  assert.equal(net.snapshot().services.orders?.utilisation.throughput, 20 / 2 / 10)
  await clock.advance(10_000)
  assert.equal(net.snapshot().services.orders?.utilisation.throughput, 0, 'since the look before, nothing came')
  for (let i = 0; i < 8; i += 1) await call()
  await clock.advance(2_000)
  assert.equal(net.snapshot().services.orders?.utilisation.throughput, 8 / 2 / 12, 'a look that is young does not make a base')
  await net.close()
})

test('S is the share of endpoints that nobody can read along with', async () => {
  const urls = [one, 'https://10.0.0.3:8443', 'unix:/run/orders.sock', two]
  const { net, clock } = meteredMesh({ body: 'ok' }, (s) => s, {}, urls)
  await clock.advance(1)
  assert.equal(net.snapshot().services.orders?.utilisation.security, 0.5)
  const orders = net.plan.services.orders ?? assert.fail()
  const unchecked = { ...orders, tls: { rejectUnauthorized: false } }
  net.apply({ ...net.plan, services: { orders: unchecked, users: { resolver: fixed(['https://10.0.0.9:443']) } } })
  await clock.advance(1)
  const { services, utilisation } = net.snapshot()
  assert.equal(services.orders?.utilisation.security, 0.25, 'a certificate that nobody looks at proves nothing')
  assert.equal(services.users?.utilisation.security, 1)
  assert.deepEqual([utilisation.endpoints, utilisation.security], [5, 2 / 5], 'each endpoint counts once')
  await net.close()
})

test('a service whose endpoints are not known yet has no averages', async () => {
  const { net } = meteredMesh({ body: 'ok' })
  assert.deepEqual(net.snapshot().services.orders?.utilisation, {
    endpoints: 0,
    measured: 0,
    utilisation: undefined,
    throughput: undefined,
    security: undefined,
  })
  await net.close()
})
