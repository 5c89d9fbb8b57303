/** What fetch has no place for: trailers, informational replies, and streams that are sent again. */
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { type TestContext, test } from 'node:test'
import { fixed, type InformationalReply, MeshError, type MeshRequestInit, mesh, replyTrailers, roundRobin } from '../../../src/index.ts'
import { http2Server, httpServer, rawServer } from '../transport/wire.ts'
import { passthroughMesh } from './compare.ts'

function meshOf(t: TestContext, urls: readonly string[], protocol: 'h1' | 'h2' = 'h1') {
  const net = mesh({ name: 'shop' })
    .service('orders', (s) => s.resolve(fixed(urls)).balance(roundRobin()).http({ protocol }))
    .build()
  t.after(() => net.close({ grace: 0 }))
  return net
}

test('trailers are there once the body is over, over HTTP/1.1', async (t) => {
  const { url } = await httpServer(t, (request, response) => {
    if (request.url === '/none') {
      response.end('plain')
      return
    }
    response.writeHead(200, { trailer: 'x-sum' }).write('abc')
    response.addTrailers({ 'x-sum': '6' })
    response.end()
  })
  const net = meshOf(t, [url])
  const response = await net.fetch('http://orders/')
  const copy = response.clone()
  assert.equal(await response.text(), 'abc')
  assert.deepEqual([...(replyTrailers(response) ?? [])], [['x-sum', '6']])
  assert.equal(await copy.text(), 'abc')
  assert.equal(replyTrailers(copy)?.get('X-Sum'), '6')
  const plain = await net.fetch('http://orders/none')
  await plain.text()
  assert.deepEqual([...(replyTrailers(plain) ?? [['undefined', '']])], [])
  assert.equal(replyTrailers(new Response('not ours')), undefined)
})

test('trailers are there once the body is over, over HTTP/2', async (t) => {
  const { url } = await http2Server(t, (stream) => {
    stream.respond({ ':status': 200 }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    setTimeout(() => stream.end('abc'), 20)
  })
  const response = await meshOf(t, [url], 'h2').fetch('http://orders/')
  assert.equal(replyTrailers(response), undefined)
  assert.equal(await response.text(), 'abc')
  assert.equal(replyTrailers(response)?.get('grpc-status'), '0')
})

test('whoever asks hears of early hints before the reply, in an async context of its own', async (t) => {
  const { url } = await httpServer(t, (_, response) => {
    response.writeProcessing()
    response.writeEarlyHints({ link: ['</a.css>; rel=preload', '</b.js>; rel=preload'] })
    setTimeout(() => response.end('after'), 50)
  })
  const net = meshOf(t, [url])
  const callers = new AsyncLocalStorage<number>()
  // The second call goes over the connection that the first has opened, whose context undici's callbacks run in.
  for (const caller of [1, 2]) {
    const heard: [InformationalReply, number | undefined, boolean][] = []
    let replied = false
    const onInformational = (reply: InformationalReply) => {
      heard.push([reply, callers.getStore(), replied])
      throw new Error('a listener is a guest')
    }
    const response = await callers.run(caller, () => net.fetch('http://orders/', { mesh: { onInformational } }))
    replied = true
    assert.equal(await response.text(), 'after')
    assert.deepEqual(
      heard.map(([{ status, headers }, who, late]) => [status, headers.link, who, late]),
      [
        [102, undefined, caller, false],
        [103, '</a.css>; rel=preload, </b.js>; rel=preload', caller, false],
      ],
    )
  }
})

test('early hints are heard over HTTP/2, too', async (t) => {
  const { url } = await http2Server(t, (stream) => {
    stream.additionalHeaders({ ':status': 103, link: '</a.css>; rel=preload' })
    setTimeout(() => {
      stream.respond({ ':status': 200 })
      stream.end('after')
    }, 30)
  })
  const heard: InformationalReply[] = []
  const response = await meshOf(t, [url], 'h2').fetch('http://orders/', { mesh: { onInformational: (reply) => heard.push(reply) } })
  assert.equal(response.status, 200)
  assert.equal(await response.text(), 'after')
  assert.deepEqual(
    heard.map(({ status, headers }) => [status, headers.link]),
    [[103, '</a.css>; rel=preload']],
  )
})

/** An endpoint that hangs up once it has read some bytes of a body, and one that reads all of it. */
async function dyingAndAlive(t: TestContext, dieAfter: number) {
  let deaths = 0
  const dying = await rawServer(t, (socket) => {
    let bytes = 0
    socket.on('data', (chunk) => {
      bytes += chunk.byteLength
      if (bytes < dieAfter) return
      deaths += 1
      socket.destroy()
    })
  })
  const alive = await httpServer(t, async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    response.end(`${body.byteLength} ${request.headers['content-type']}`)
  })
  return { net: meshOf(t, [dying.url, alive.url]), deaths: () => deaths }
}

async function* tenPieces(): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < 10; i += 1) {
    yield Buffer.alloc(1_000, 'x')
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

const put = { method: 'PUT', duplex: 'half' } as const

test('a stream that is kept survives an endpoint that dies in the middle of it', async (t) => {
  const { net, deaths } = await dyingAndAlive(t, 3_000)
  for (let i = 0; i < 4; i += 1) {
    const response = await net.fetch('http://orders/', { ...put, body: tenPieces(), mesh: { replay: true } })
    assert.equal(await response.text(), '10000 undefined')
  }
  assert.ok(deaths() >= 2)
})

test('a body from a function survives an endpoint that dies in the middle of it', async (t) => {
  const { net, deaths } = await dyingAndAlive(t, 3_000)
  const headers = { 'content-type': 'a/b' }
  for (let i = 0; i < 4; i += 1) {
    assert.equal(await (await net.fetch('http://orders/', { method: 'PUT', body: tenPieces, headers })).text(), '10000 a/b')
  }
  assert.ok(deaths() >= 2)
})

test('a stream that is not kept, or not all of it, fails with the endpoint', async (t) => {
  for (const options of [undefined, { replay: 2_500 }]) {
    const { net } = await dyingAndAlive(t, 5_000)
    const outcomes: (string | undefined)[] = []
    for (let i = 0; i < 2; i += 1) {
      const init: MeshRequestInit = { ...put, body: tenPieces(), mesh: options }
      outcomes.push(
        await net.fetch('http://orders/', init).then(
          (response) => response.text(),
          (error) => MeshError.from(error)?.code,
        ),
      )
    }
    assert.deepEqual(outcomes.sort(), ['10000 undefined', 'CONNECTION_LOST'])
  }
})

test('a POST of a kept stream that may have been sent is not sent again', async (t) => {
  const { net } = await dyingAndAlive(t, 3_000)
  const outcomes = await Promise.allSettled(
    [1, 2].map(() => net.fetch('http://orders/', { ...put, method: 'POST', body: tenPieces(), mesh: { replay: true } })),
  )
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
})

test('what the function of a body throws is the cause of the failure', async (t) => {
  const { url } = await httpServer(t, (request, response) => void request.resume().on('end', () => response.end('x')))
  const net = passthroughMesh(t)
  const bad = new Error('out of paper')
  const throwing = () => {
    throw bad
  }
  const error = await net.fetch(url, { method: 'PUT', body: throwing }).catch((reason: unknown) => reason)
  const cause = MeshError.from(error)
  assert.deepEqual([cause?.code, cause?.cause], ['BODY_FAILED', bad])
})
