/** What undici's own tests ask of a dispatcher, on real connections: what a dispatcher of undici does, the mesh's does. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http, { type RequestListener } from 'node:http'
import net, { type AddressInfo, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fixed, type HttpOptions, type Mesh, MeshError, mesh } from '../../../src/index.ts'
import { until } from '../../servers/server-kit.ts'

async function listen(t: TestContext, server: net.Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A server that says what it likes. */
async function sayRaw(t: TestContext, answer: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', () => answer(socket))
  })
  t.after(() => {
    for (const socket of sockets) socket.destroy()
  })
  return listen(t, server)
}

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = http.createServer(listener)
  t.after(() => server.closeAllConnections())
  return listen(t, server)
}

function meshTo(t: TestContext, urls: readonly string[], options: HttpOptions = {}): Mesh {
  const made = mesh()
    .service('orders', (s) => s.resolve(fixed(urls)).http(options))
    .build() as Mesh
  t.after(() => made.close({ grace: 0 }))
  return made
}

test('names of interim replies, too, are as the server spelled them', async (t) => {
  const head = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nX-Case: 1\r\nContent-Length: 0\r\n\r\n'
  const { request } = meshTo(t, [await sayRaw(t, (socket) => void socket.write(head))])
  const infos: unknown[] = []
  const { headers, body } = await request('http://orders/', { responseHeaders: 'raw', onInfo: (info) => void infos.push(info) })
  await body.dump()
  assert.deepEqual(infos, [{ statusCode: 103, headers: ['Link', '</a.css>; rel=preload'] }])
  assert.deepEqual(headers, ['X-Case', '1', 'Content-Length', '0'])
})

test('a web stream that somebody else reads is the fault of the caller, and of no endpoint', async (t) => {
  const made = meshTo(t, [await serve(t, (_incoming, response) => void response.end())])
  const body = new Blob(['a']).stream()
  body.getReader()
  const error = await made.request('http://orders/', { method: 'POST', body }).then(
    () => assert.fail('it was sent'),
    (reason: Error & { code?: string }) => reason,
  )
  assert.equal(error.code, 'ERR_INVALID_STATE')
  assert.match(error.message, /locked/)
  assert.equal(made.snapshot().services.orders?.endpoints[0]?.failures, 0)
})

test('an idle connection on which something came that nobody asked for is not used again', async (t) => {
  const sockets = new Set<Socket>()
  const url = await serve(t, (incoming, response) => {
    sockets.add(incoming.socket)
    response.end(incoming.url)
  })
  const { request } = meshTo(t, [url])
  await (await request('http://orders/one')).body.dump()
  for (const socket of sockets) socket.write('HTTP/1.1 200 OK\r\nX-Poison: 1\r\nContent-Length: 0\r\n\r\n')
  await until('it is let go of', () => [...sockets].every((socket) => socket.destroyed))
  const { headers, body } = await request('http://orders/two')
  assert.equal(headers['x-poison'], undefined)
  assert.equal(await body.text(), '/two')
  assert.equal(sockets.size, 2)
})

test('a chunked reply that is cut short is an error of the parser, as with undici', async (t) => {
  const url = await sayRaw(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n')
    setTimeout(() => socket.end(), 20)
  })
  const { request } = meshTo(t, [url])
  const { body } = await request('http://orders/')
  await assert.rejects(body.text(), (error: Error) => {
    assert.equal(error.name, 'HTTPParserError')
    assert.equal(MeshError.from(error)?.code, 'BAD_REPLY')
    return true
  })
})

test('headersTimeout leaves a slow upload its time, and begins when all of it is sent', async (t) => {
  const url = await serve(t, async (incoming, response) => {
    const body = Buffer.concat(await incoming.toArray())
    if (incoming.url === '/echo') response.end(body)
  })
  const { request } = meshTo(t, [url])
  const slowly = async function* () {
    for (const piece of ['a', 'b', 'c']) {
      await sleep(60)
      yield piece
    }
  }
  const { body } = await request('http://orders/echo', { method: 'POST', body: slowly(), headersTimeout: 100 })
  assert.equal(await body.text(), 'abc')
  const startedAt = performance.now()
  await assert.rejects(request('http://orders/never', { method: 'POST', body: slowly(), headersTimeout: 100 }), {
    code: 'UND_ERR_HEADERS_TIMEOUT',
  })
  assert.ok(performance.now() - startedAt >= 250)
})
