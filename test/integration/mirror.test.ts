import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { fixed, type MirrorOptions, mesh } from '../../src/index.ts'
import { until, within } from '../servers/server-kit.ts'
import { httpServer } from './transport/wire.ts'

/** A mesh whose calls to one real server are copied to another one. */
async function mirrored(t: TestContext, shadow: RequestListener, options: Partial<MirrorOptions> = {}) {
  const original = await httpServer(t, async (request, response) => {
    response.end(`original got ${await text(request)}`)
  })
  const copies = await httpServer(t, shadow)
  const net = mesh()
    .service('orders', (s) => s.resolve(fixed([original.url])).mirror({ to: 'copies', ...options }))
    .service('copies', (s) => s.resolve(fixed([copies.url])))
    .build()
  t.after(() => net.close({ grace: 0 }))
  const snapshot = () => net.snapshot().services.orders?.mirror ?? assert.fail('no mirror')
  const settled = async () => {
    await until('no copy is under way', () => snapshot().inFlight === 0)
  }
  return { net, original, copies, snapshot, settled }
}

test('copies arrive whole and marked through both doors, and their connection is used again', async (t) => {
  const seen: string[] = []
  const { net, copies, snapshot, settled } = await mirrored(t, async (request, response) => {
    seen.push(`${request.method} ${request.headers['x-mirrored']} ${await text(request)}`)
    // Without a length, so that only whoever reads it to the end can use the connection again.
    response.write('a ')
    response.end('copy')
  })
  for (const body of ['text', new Blob(['blob']).stream(), new Blob(['file'])]) {
    const response = await net.fetch('http://orders/', { method: 'POST', body, duplex: 'half' } as RequestInit)
    assert.match(await response.text(), /^original got (text|blob|file)$/)
    await settled()
  }
  const { body } = await net.request('http://orders/', { method: 'POST', body: 'undici' })
  assert.equal(await body.text(), 'original got undici')
  await settled()
  await (await net.fetch('http://orders/')).text()
  await settled()
  assert.deepEqual(seen, ['POST 1 text', 'POST 1 blob', 'POST 1 file', 'POST 1 undici', 'GET 1 '])
  assert.deepEqual([snapshot().sent, snapshot().answered, copies.connections()], [5, 5, 1])
})

for (const [title, listener] of [
  ['hangs', () => {}],
  ['breaks', (request) => request.socket.destroy()],
  ['never ends its reply', (_, response) => response.write('x')],
  ['floods', (_, response) => response.end(Buffer.alloc(5_000_000))],
] as readonly (readonly [string, RequestListener])[]) {
  test(`a target that ${title} holds no connection beyond the deadline of a copy, and no call back`, async (t) => {
    const { net, copies, snapshot, settled } = await mirrored(t, listener, { deadline: '300ms', maxInFlight: 20 })
    for (let i = 0; i < 40; i += 1) assert.equal(await (await net.fetch('http://orders/')).text(), 'original got ')
    const { calls } = net.snapshot().services.orders ?? assert.fail()
    assert.deepEqual([calls.succeeded, calls.failed, calls.inFlight], [40, 0, 0])
    await settled()
    const { sent, answered, failed, dropped } = snapshot()
    assert.equal(sent + dropped.inFlight, 40)
    assert.equal(answered + failed, sent)
    for (const { inFlight, connections, idle } of net.snapshot().services.copies?.endpoints ?? []) {
      assert.deepEqual([inFlight, connections - idle], [0, 0])
    }
    assert.ok(copies.connections() >= 1)
  })
}

test('closing the mesh does not wait for copies, and leaves no connection', async (t) => {
  const { net, copies, snapshot } = await mirrored(t, () => {}, { deadline: '1h' })
  await (await net.fetch('http://orders/')).text()
  await until('a copy is under way', () => snapshot().inFlight === 1 && copies.open() === 1)
  await within('the mesh is closed', net.close({ grace: '1h' }))
  await until('no socket is open', () => copies.open() === 0)
})
