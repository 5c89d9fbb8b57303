/** Every undici that users may have, through the mesh's dispatcher. */
import assert from 'node:assert/strict'
import { Readable, Writable } from 'node:stream'
import { after, before, test } from 'node:test'
import * as undici8 from 'undici'
import * as undici6 from 'undici6'
import * as undici7 from 'undici7'
import { fixed, type Mesh, MeshError, mesh } from '../../../src/index.ts'
import { until } from '../../servers/server-kit.ts'
import { cases, startServer } from './fetch-cases.ts'

type Undici = typeof undici8

const majors: Readonly<Record<string, Undici>> = { 6: undici6 as never, 7: undici7 as never, 8: undici8 }
let far: Awaited<ReturnType<typeof startServer>>
let net: Mesh

before(async () => {
  far = await startServer()
  net = mesh({ outbound: 'registered-only' })
    .service('orders', (s) => s.resolve(fixed([far.url])))
    .build() as Mesh
})

after(async () => {
  await net.close({ grace: 1_000 })
  far.server.closeAllConnections()
  far.server.close()
})

for (const [name, check] of Object.entries(cases)) {
  test(`the built-in fetch: ${name}`, () =>
    check((input: string, init?: object) => fetch(input, { ...init, dispatcher: net.dispatcher }), globalThis))
  for (const [major, undici] of Object.entries(majors)) {
    test(`fetch of undici ${major}: ${name}`, () =>
      check(
        (input: string, init?: object) => undici.fetch(input, { ...init, dispatcher: net.dispatcher } as never) as never,
        undici as never,
      ))
  }
}

for (const [major, undici] of Object.entries(majors)) {
  test(`request of undici ${major} sends and receives`, async () => {
    const { dispatcher } = net
    const { statusCode, headers, body } = await undici.request('http://orders/json', { dispatcher })
    assert.equal(statusCode, 200)
    assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2'])
    assert.deepEqual(await body.json(), { host: 'orders', method: 'GET' })
    for (const sent of ['hello', Buffer.from('hello'), Readable.from([Buffer.from('hel'), Buffer.from('lo')])]) {
      const reply = await undici.request('http://orders/echo', { dispatcher, method: 'POST', body: sent })
      assert.equal(await reply.body.text(), 'hello')
    }
    const form = new undici.FormData()
    form.append('field', 'value')
    const reply = await undici.request('http://orders/echo', { dispatcher, method: 'POST', body: form })
    assert.match(await reply.body.text(), /name="field"\r\n\r\nvalue/)
  })

  test(`request of undici ${major} gets interim replies and raw headers`, async () => {
    const infos: number[] = []
    const { headers, body } = await undici.request('http://orders/hints', {
      dispatcher: net.dispatcher,
      responseHeaders: 'raw',
      onInfo: ({ statusCode }: { statusCode: number }) => infos.push(statusCode),
    })
    assert.deepEqual(infos, [103])
    // As the server spelled it.
    assert.ok((headers as unknown as string[]).map(String).includes('Date'))
    await body.dump()
  })

  test(`request of undici ${major} aborts with the caller's reason`, async () => {
    const reason = new Error('enough')
    const controller = new AbortController()
    const pending = undici.request('http://orders/hang', { dispatcher: net.dispatcher, signal: controller.signal })
    setTimeout(() => controller.abort(reason), 20)
    await assert.rejects(pending, reason)
    const { body } = await undici.request('http://orders/large', { dispatcher: net.dispatcher })
    body.destroy(reason)
    await assert.rejects(body.text())
  })

  test(`request of undici ${major} rejects with codes that undici knows`, async () => {
    const gone = mesh()
      .service('gone', (s) => s.resolve(fixed(['http://127.0.0.1:1'])))
      .build()
    await assert.rejects(undici.request('http://gone/', { dispatcher: gone.dispatcher }), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'ECONNREFUSED')
      assert.equal(MeshError.from(error)?.code, 'CONNECT_FAILED')
      return true
    })
    await gone.close()
    const { body } = await undici.request('http://orders/cut', { dispatcher: net.dispatcher })
    await assert.rejects(body.text(), { code: 'UND_ERR_SOCKET' })
  })

  test(`stream and pipeline of undici ${major} carry bodies`, async () => {
    const chunks: Buffer[] = []
    const into = () =>
      new Writable({
        write: (chunk, _encoding, done) => {
          chunks.push(chunk)
          done()
        },
      })
    await undici.stream('http://orders/large', { dispatcher: net.dispatcher, method: 'GET' }, into)
    assert.equal(Buffer.concat(chunks).length, 3_000_000)
    const duplex = undici.pipeline('http://orders/echo', { dispatcher: net.dispatcher, method: 'POST' }, ({ body }) => body)
    duplex.end('there and back')
    assert.equal(Buffer.concat(await duplex.toArray()).toString(), 'there and back')
  })

  test(`upgrades of undici ${major} are refused`, async () => {
    await assert.rejects(undici.upgrade('http://orders/', { dispatcher: net.dispatcher, protocol: 'websocket' }), {
      code: 'UND_ERR_NOT_SUPPORTED',
    })
    await assert.rejects(undici.connect('http://orders/', { dispatcher: net.dispatcher }), { code: 'UND_ERR_NOT_SUPPORTED' })
  })

  test(`interceptors and the retry agent of undici ${major} compose on it`, async () => {
    const followed = net.dispatcher.compose(undici.interceptors.redirect({ maxRedirections: 2 }))
    const { body } = await undici.request('http://orders/redirect', { dispatcher: followed })
    assert.equal(await body.text(), '')
    const dumped = net.dispatcher.compose(undici.interceptors.dump({ maxSize: 10_000_000 }))
    const large = await undici.request('http://orders/large', { dispatcher: dumped })
    assert.equal(await large.body.text(), '')
    const retried = net.dispatcher.compose(undici.interceptors.retry({ maxRetries: 1 }))
    const json = await undici.request('http://orders/json', { dispatcher: retried })
    assert.deepEqual(await json.body.json(), { host: 'orders', method: 'GET' })
    const agent = new undici.RetryAgent(net.dispatcher as never)
    const again = await undici.request('http://orders/json', { dispatcher: agent })
    assert.deepEqual(await again.body.json(), { host: 'orders', method: 'GET' })
  })

  test(`as the global dispatcher of undici ${major}, it serves what is given none`, async () => {
    const before = undici.getGlobalDispatcher()
    undici.setGlobalDispatcher(net.dispatcher as never)
    try {
      assert.equal(await (await undici.fetch('http://orders/gzip')).text(), 'compressed text')
      assert.deepEqual(await (await undici.request('http://orders/json')).body.json(), { host: 'orders', method: 'GET' })
    } finally {
      undici.setGlobalDispatcher(before)
    }
  })
}

test('nothing is left in flight', async () => {
  await until('nothing is in flight', () => net.snapshot().services.orders?.calls.inFlight === 0)
})
