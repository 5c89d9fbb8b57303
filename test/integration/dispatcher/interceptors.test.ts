/** undici's interceptors on the mesh, each with two endpoints of which one dies: the mesh goes on beneath them, and they see whole replies. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type Dispatcher, interceptors, request } from 'undici'
import type { Mesh } from '../../../src/index.ts'
import { until } from '../../servers/server-kit.ts'
import { dyingPair } from '../clients/dying-pair.ts'

const big = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251))
const sum = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex')

const answer: RequestListener = async (incoming, response) => {
  const body = Buffer.concat(await incoming.toArray())
  const { url = '' } = incoming
  if (url.startsWith('/moved')) response.writeHead(307, { location: '/final' }).end('elsewhere')
  else if (url.startsWith('/zipped')) response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(big))
  else if (url.startsWith('/kept')) response.writeHead(200, { 'cache-control': 'max-age=60' }).end(big)
  else if (url.startsWith('/wrong')) response.writeHead(422, { 'content-type': 'application/json' }).end('{"why":"wrong"}')
  else if (url.startsWith('/hang')) response.writeHead(200).write('a')
  else response.writeHead(200).end(body.length > 0 ? body : big)
}

interface Scene {
  /** What the program composes. */
  readonly interceptor: Dispatcher.DispatcherComposeInterceptor
  readonly path: string
  readonly method?: string
  /** What came back of one call. */
  readonly check: (status: number, body: Buffer) => void
}

const whole = (status: number, body: Buffer) => {
  assert.equal(status, 200)
  assert.equal(sum(body), sum(big))
}

const scenes: Record<string, Scene> = {
  retry: { interceptor: interceptors.retry({ maxRetries: 2, minTimeout: 1 }), path: '/', check: whole },
  redirect: { interceptor: interceptors.redirect({ maxRedirections: 2 }), path: '/moved', method: 'PUT', check: whole },
  decompress: { interceptor: interceptors.decompress(), path: '/zipped', check: whole },
  cache: { interceptor: interceptors.cache(), path: '/kept', check: whole },
  dump: {
    interceptor: interceptors.dump({ maxSize: 1_000_000 }),
    path: '/',
    check: (status, body) => assert.deepEqual([status, body.length], [200, 0]),
  },
  responseError: { interceptor: interceptors.responseError(), path: '/', check: whole },
  deduplicate: { interceptor: interceptors.deduplicate(), path: '/', check: whole },
}

const composed = (net: Mesh, interceptor: Dispatcher.DispatcherComposeInterceptor) => net.dispatcher.compose(interceptor) as Dispatcher

async function leavesNothing(net: Mesh): Promise<void> {
  await until('nothing is in flight', () => net.snapshot().services.orders?.calls.inFlight === 0)
}

for (const [name, { interceptor, path, method = 'GET', check }] of Object.entries(scenes)) {
  test(`the interceptor ${name} works while an endpoint dies beneath it`, async (t: TestContext) => {
    const { net, whileOneDies } = await dyingPair(t, answer)
    const dispatcher = composed(net, interceptor)
    await whileOneDies(async (i) => {
      // The same URL would be asked for once by some of them.
      const url = `http://orders${path}?${i}`
      const { statusCode, body } = await request(url, { dispatcher, method, body: method === 'PUT' ? big : null })
      check(statusCode, Buffer.from(await body.arrayBuffer()))
    })
    await leavesNothing(net)
  })

  test(`an abort passes the interceptor ${name}, before the head of the reply and after it`, async (t: TestContext) => {
    const { net } = await dyingPair(t, answer)
    const dispatcher = composed(net, interceptor)
    const reason = new Error('enough')
    await assert.rejects(request('http://orders/', { dispatcher, signal: AbortSignal.abort(reason) }), reason)
    const early = new AbortController()
    const waiting = request('http://orders/', { dispatcher, signal: early.signal })
    early.abort(reason)
    await assert.rejects(waiting, reason)
    // By undici's design it lets a caller leave only when the body is over.
    if (name === 'dump') return leavesNothing(net)
    const late = new AbortController()
    const hanging = request('http://orders/hang', { dispatcher, signal: late.signal }).then(({ body }) => body.text())
    await until('it is under way', () => net.snapshot().services.orders?.endpoints.some(({ inFlight }) => inFlight > 0) === true)
    late.abort(reason)
    await assert.rejects(hanging, reason)
    await leavesNothing(net)
  })
}

test('the interceptor responseError rejects with what the reply says', async (t) => {
  const { net } = await dyingPair(t, answer)
  await assert.rejects(request('http://orders/wrong', { dispatcher: composed(net, interceptors.responseError()) }), (error: Error) => {
    assert.deepEqual((error as { body?: unknown }).body, { why: 'wrong' })
    return true
  })
})

test('the interceptors cache and deduplicate ask the mesh once', async (t) => {
  let asked = 0
  const { net } = await dyingPair(t, (incoming, response) => {
    asked += 1
    answer(incoming, response)
  })
  const read = async (dispatcher: Dispatcher) => {
    const { body } = await request('http://orders/kept', { dispatcher })
    return sum(Buffer.from(await body.arrayBuffer()))
  }
  const caching = composed(net, interceptors.cache())
  assert.deepEqual([await read(caching), await read(caching), asked], [sum(big), sum(big), 1])
  const once = composed(net, interceptors.deduplicate())
  assert.deepEqual([...(await Promise.all([read(once), read(once), read(once)])), asked], [sum(big), sum(big), sum(big), 2])
})

test('the interceptor retry goes on with a body that was cut short, at whichever endpoint', async (t) => {
  let cuts = 0
  const { net } = await dyingPair(t, (incoming, response) => {
    const from = Number(/bytes=(\d+)-/.exec(incoming.headers.range ?? '')?.[1] ?? 0)
    const range = from === 0 ? {} : { 'content-range': `bytes ${from}-${big.length - 1}/${big.length}` }
    response.writeHead(from === 0 ? 200 : 206, { ...range, etag: '"1"', 'content-length': big.length - from })
    if (from > 0) return void response.end(big.subarray(from))
    cuts += 1
    response.write(big.subarray(0, 100_000), () => setTimeout(() => incoming.socket.destroy(), 20))
  })
  const { statusCode, body } = await request('http://orders/', {
    dispatcher: composed(net, interceptors.retry({ maxRetries: 2, minTimeout: 1 })),
  })
  assert.equal(statusCode, 200)
  assert.equal(sum(Buffer.from(await body.arrayBuffer())), sum(big))
  assert.equal(cuts, 1)
})
