import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed, type Mesh, MeshError, mesh, replied, type Transport } from '../../../src/index.ts'
import { fakeClock, scriptedTransport, testReply } from '../../../src/testing/index.ts'

const one = 'http://10.0.0.1:8080'

function codeOf(call: Promise<Response>): Promise<string | undefined> {
  return call.then(
    () => undefined,
    (error) => MeshError.from(error)?.code,
  )
}

test('a closing mesh refuses new calls and lets those in flight end, their bodies included', async () => {
  const clock = fakeClock()
  const transport = scriptedTransport()
  const net = mesh({ name: 'shop', clock, transport })
    .service('orders', (s) => s.resolve(fixed([one])))
    .build()
  const orders = net.service('orders')
  const pending = net.fetch('http://orders/')
  const far = await transport.next()
  const outside = net.fetch('http://example.org/')
  const farOutside = await transport.next()
  let closed = false
  const closing = net.close()
  void closing.then(() => {
    closed = true
  })
  assert.equal(net.snapshot().state, 'closing')
  assert.equal(await codeOf(net.fetch('http://orders/')), 'CLOSED')
  assert.equal(await codeOf(orders.fetch('/')), 'CLOSED')
  assert.equal(await codeOf(net.fetch('http://example.org/')), 'CLOSED')
  far.begin()
  const response = await pending
  farOutside.reply({ body: 'out' })
  assert.equal(await (await outside).text(), 'out')
  await clock.advance(10_000)
  assert.equal(closed, false)
  far.push('done')
  far.end()
  assert.equal(await response.text(), 'done')
  await closing
  assert.equal(net.snapshot().state, 'closed')
  assert.equal(transport.begun, 2)
  transport.assertIdle()
  clock.assertIdle()
})

test('closing twice gives the same promise', async () => {
  const net = mesh({ clock: fakeClock(), transport: scriptedTransport({}) }).build()
  const closing = net.close()
  assert.equal(net.close({ grace: 0 }), closing)
  await closing
  assert.equal(net.close(), closing)
})

test('what outstays the grace is cut off', async () => {
  const clock = fakeClock()
  const transport = scriptedTransport()
  const net = mesh({ clock, transport })
    .service('orders', (s) => s.resolve(fixed([one])).bare())
    .build()
  const code = codeOf(net.fetch('http://orders/'))
  await transport.next()
  const closing = net.close({ grace: '2s' })
  await clock.advance(1_999)
  assert.equal(transport.open, 1)
  await clock.advance(1)
  assert.equal(await code, 'CLOSED')
  await closing
  clock.assertIdle()
})

test('a grace of nothing closes at once', async () => {
  const clock = fakeClock()
  const transport = scriptedTransport()
  const net = mesh({ clock, transport })
    .service('orders', (s) => s.resolve(fixed([one])).bare())
    .build()
  const code = codeOf(net.fetch('http://orders/'))
  await transport.next()
  const closing = net.close({ grace: 0 })
  await clock.advance(0)
  await closing
  assert.equal(await code, 'CLOSED')
  clock.assertIdle()
})

test('a grace that is no duration is refused, and the mesh stays open', async () => {
  const net = mesh({ clock: fakeClock(), transport: scriptedTransport({}) }).build()
  assert.throws(() => net.close({ grace: 'soon' as '1s' }), { name: 'TypeError', message: /close: grace: expected a duration/ })
  assert.equal(net.snapshot().state, 'open')
  await net.close()
})

test('closing a mesh also hurries what an earlier plan left behind', async () => {
  const clock = fakeClock()
  const transport = scriptedTransport()
  const net = mesh({ clock, transport })
    .service('orders', (s) => s.resolve(fixed([one])).bare())
    .build()
  const code = codeOf(net.fetch('http://orders/'))
  await transport.next()
  net.apply({ services: {} })
  const closing = net.close({ grace: '1s' })
  await clock.advance(1_000)
  await closing
  assert.equal(await code, 'CLOSED')
  await net.close()
})

test('await using closes the mesh at the end of the block', async () => {
  const clock = fakeClock()
  const transport = scriptedTransport({ body: 'ok' })
  let kept: Mesh
  {
    await using net = mesh({ clock, transport })
      .service('orders', (s) => s.resolve(fixed([one])))
      .build()
    assert.equal(await (await net.fetch('http://orders/')).text(), 'ok')
    kept = net
  }
  assert.equal(kept.snapshot().state, 'closed')
  assert.equal(await codeOf(kept.fetch('http://orders/')), 'CLOSED')
  clock.assertIdle()
})

test('a closed mesh takes no plan', async () => {
  const net = mesh({ name: 'shop', clock: fakeClock() }).build()
  await net.close()
  assert.throws(
    () => net.apply({ services: {} }),
    (error) => MeshError.is(error) && error.code === 'CLOSED' && error.message === 'shop: the mesh "shop" is closed',
  )
})

test('closing stops resolvers', async () => {
  const clock = fakeClock()
  let ended = false
  const net = mesh({ clock, transport: scriptedTransport({}) })
    .service('orders', (s) =>
      s.resolve(async function* (_service, { signal, pause }) {
        yield [one]
        while (!signal.aborted) await pause(1_000)
        ended = true
      }),
    )
    .build()
  await clock.advance(5_000)
  await net.close()
  await clock.settle()
  assert.ok(ended)
  clock.assertIdle()
})

test('a call that waits for endpoints when the mesh is closed by force is answered', async () => {
  const clock = fakeClock()
  const net = mesh({ clock, transport: scriptedTransport({}) })
    .service('orders', (s) =>
      s.resolve(async function* (_service, { signal, pause }) {
        while (!signal.aborted) await pause(1_000)
        yield []
      }),
    )
    .build()
  const code = codeOf(net.fetch('http://orders/'))
  await clock.settle()
  const closing = net.close({ grace: 0 })
  await clock.advance(0)
  await closing
  assert.equal(await code, 'NO_ENDPOINT')
})

test('a transport that throws when it is closed, or told of an endpoint, does not keep the mesh from closing', async () => {
  const thrown = new Error('stuck')
  const stubborn: Transport = {
    name: 'stubborn',
    send: async () => replied(testReply({ body: 'ok' })),
    retire: () => {
      throw thrown
    },
    close: () => Promise.reject(thrown),
  }
  for (const transport of [stubborn, () => stubborn]) {
    const net = mesh({ clock: fakeClock(), transport })
      .service('orders', (s) => s.resolve(fixed([one])))
      .service('users', (s) => s.resolve(fixed([one])))
      .build()
    const parts: string[] = []
    net.on('part-threw', ({ part }) => parts.push(part))
    assert.equal(await (await net.fetch('http://orders/')).text(), 'ok')
    assert.equal(await (await net.fetch('http://example.org/')).text(), 'ok')
    net.apply({ services: {} })
    await net.close()
    assert.equal(net.snapshot().state, 'closed')
    assert.ok(parts.length > 0)
    assert.deepEqual(new Set(parts), new Set(['transport stubborn']))
  }
})
