import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed, MeshError, mesh } from '../../../src/index.ts'
import { fakeClock, scriptedTransport } from '../../../src/testing/index.ts'

function limitedMesh(permits: number) {
  const clock = fakeClock()
  const transport = scriptedTransport(() => ({ status: 200, body: 'ok' }))
  const net = mesh({ clock, transport })
    .service('orders', (s) => s.resolve(fixed(['http://a:1', 'http://b:1'])).rateLimit({ permits, burst: permits }))
    .build()
  return { clock, net }
}

test('a call that is refused by the rate limit leaves its body untouched, and says when to come back', async () => {
  const { clock, net } = limitedMesh(2)
  for (let i = 0; i < 2; i += 1) assert.equal(await (await net.fetch('http://orders/')).text(), 'ok')
  const body = new ReadableStream({ pull: (controller) => controller.close() })
  const heard: number[] = []
  net.on('call-limited', ({ retryAfterMs }) => heard.push(retryAfterMs))
  const error = await net
    .fetch('http://orders/', { method: 'POST', body, duplex: 'half' } as RequestInit)
    .catch((reason: unknown) => reason)
  assert.ok(error instanceof TypeError)
  const cause = MeshError.from(error)
  assert.equal(cause?.code, 'RATE_LIMITED')
  assert.equal(cause?.facts.retryAfterMs, 500)
  assert.deepEqual(heard, [500])
  assert.equal(body.locked, false)
  await clock.advance(500)
  assert.equal((await net.fetch('http://orders/', { method: 'POST', body, duplex: 'half' } as RequestInit)).status, 200)
  assert.deepEqual(net.snapshot().services.orders?.rateLimit, { granted: 3, refused: 1, spared: 0, permitsLeft: 0 })
  await net.close()
})

test('a rate limit that a new plan leaves as it was keeps its permits and its counts', async () => {
  const { net } = limitedMesh(2)
  await (await net.fetch('http://orders/')).text()
  const { orders } = net.plan.services
  assert.ok(orders)
  net.apply({ ...net.plan, services: { orders: { ...orders, deadline: '3s' } } })
  assert.equal(net.snapshot().services.orders?.rateLimit?.permitsLeft, 1)
  net.apply({ ...net.plan, services: { orders: { ...orders, rateLimit: { permits: 7 } } } })
  assert.equal(net.snapshot().services.orders?.rateLimit?.permitsLeft, 7)
  net.apply({ ...net.plan, services: { orders: { ...orders, rateLimit: false } } })
  assert.equal(net.snapshot().services.orders?.rateLimit, undefined)
  await net.close()
})
