import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed, leakyBucket, MeshError, mesh } from '../../../src/index.ts'
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
  assert.deepEqual(net.snapshot().services.orders?.rateLimit, { granted: 3, refused: 1, spared: 0, queued: 0, permitsLeft: 0, waiting: 0 })
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

test('calls wait by their priority, which every door takes', async () => {
  const clock = fakeClock()
  const order: string[] = []
  const transport = scriptedTransport(({ path }) => {
    order.push(path)
    return { body: 'ok' }
  })
  const net = mesh({ clock, transport })
    .service('orders', (s) => s.resolve(fixed(['http://a:1'])).rateLimit(leakyBucket({ permits: 10, overflow: 'queue' })))
    .build()
  await net.fetch('http://orders/0')
  const calls = [
    net.fetch('http://orders/1', { mesh: { priority: 9 } }),
    net.fetch('http://orders/2'),
    net.service('orders').fetch('/3', { mesh: { priority: 0 } }),
    net.request('http://orders/4', { mesh: { priority: 1 } }),
  ]
  await clock.advance(400)
  await Promise.all(calls)
  assert.deepEqual(order, ['/0', '/3', '/4', '/2', '/1'])
  await clock.until(net.close())
})

test('a priority that is none is told', async () => {
  const { clock, net } = limitedMesh(2)
  for (const priority of [-1, 10, 2.5, 'high']) {
    await assert.rejects(
      net.fetch('http://orders/', { mesh: { priority: priority as number } }),
      /orders: init\.mesh\.priority: expected an integer in \[0, 9\], got/,
    )
  }
  await clock.until(net.close())
})

test('a deadline that passes while a call waits for a permit says so, and nothing of the call was sent', async () => {
  const clock = fakeClock()
  const net = mesh({ clock, transport: scriptedTransport(() => ({ body: 'ok' })) })
    .service('orders', (s) => s.resolve(fixed(['http://a:1'])).rateLimit({ permits: 1, per: '1m', overflow: 'queue' }))
    .build()
  await net.fetch('http://orders/')
  const waiting = net.fetch('http://orders/', { mesh: { deadline: '2s' } }).catch((reason: unknown) => MeshError.from(reason))
  const leaving = new AbortController()
  const left = net.fetch('http://orders/', { signal: leaving.signal }).catch((reason: unknown) => (reason as Error).name)
  await clock.advance(100)
  assert.equal(net.snapshot().services.orders?.rateLimit?.waiting, 2)
  leaving.abort()
  assert.equal(await left, 'AbortError')
  await clock.advance(2_000)
  const error = await waiting
  assert.equal(
    (error as MeshError).message,
    'orders: deadline of 2000 ms passed while waiting for a permit of the rate limit: waited 2000 ms for a permit of the rate limit',
  )
  assert.equal((error as MeshError).facts.sent, false)
  assert.equal(net.snapshot().services.orders?.rateLimit?.waiting, 0)
  await clock.until(net.close())
})

test('a mesh that closes ends the calls that wait for a permit', async () => {
  const clock = fakeClock()
  const net = mesh({ clock, transport: scriptedTransport(() => ({ body: 'ok' })) })
    .service('orders', (s) => s.resolve(fixed(['http://a:1'])).rateLimit({ permits: 1, per: '1m', overflow: 'queue' }))
    .build()
  await (await net.fetch('http://orders/')).text()
  const waiting = net.fetch('http://orders/', { mesh: { deadline: Number.POSITIVE_INFINITY } }).then(
    () => 'answered',
    () => 'ended',
  )
  await clock.advance(1)
  await clock.until(net.close({ grace: '1s' }))
  assert.equal(await waiting, 'ended')
})
