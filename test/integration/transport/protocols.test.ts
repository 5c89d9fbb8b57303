import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import http from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { BytesBody, StreamBody } from '../../../src/call/call-body.ts'
import { until } from '../../servers/server-kit.ts'
import { attemptAt, certificates, endpointAt, errorOf, http2Server, httpServer, textOf, transportFor } from './wire.ts'

test('https: a private authority is trusted when it is given', async (t) => {
  const server = await httpServer(t, (_q, r) => r.end('secret'), { secure: true })
  const transport = transportFor(t, {}, { ca: certificates.ca })
  assert.equal(await textOf(await transport.send(attemptAt(endpointAt(server.url)))), 'secret')
})

test('https: the name that is checked and announced is the one that was set', async (t) => {
  let announced: unknown
  const server = await httpServer(
    t,
    (q, r) => {
      announced = (q.socket as import('node:tls').TLSSocket & { servername: string }).servername
      r.end('ok')
    },
    { secure: true },
  )
  const endpoint = endpointAt(server.url)
  assert.equal(
    await textOf(await transportFor(t, {}, { ca: certificates.ca, servername: 'orders.internal' }).send(attemptAt(endpoint))),
    'ok',
  )
  assert.equal(announced, 'orders.internal')
  const error = errorOf(await transportFor(t, {}, { ca: certificates.ca, servername: 'payments.internal' }).send(attemptAt(endpoint)))
  assert.equal(error.code, 'CONNECT_FAILED')
  assert.match(error.message, /payments\.internal/)
})

test('https: calls under several host names share a connection', async (t) => {
  const server = await httpServer(t, (q, r) => r.end(q.headers.host), { secure: true })
  const transport = transportFor(t, {}, { ca: certificates.ca })
  const endpoint = endpointAt(server.url)
  for (const authority of ['orders', 'orders.shop.svc', 'orders:8443', 'orders']) {
    assert.equal(await textOf(await transport.send(attemptAt(endpoint, { authority }))), authority)
  }
  assert.equal(server.connections(), 1)
})

test('https: a client certificate is presented', async (t) => {
  const server = await httpServer(t, (_q, r) => r.end('welcome'), { secure: true, requestCert: true })
  const transport = transportFor(t, {}, { ca: certificates.ca, ...certificates.client })
  assert.equal(await textOf(await transport.send(attemptAt(endpointAt(server.url)))), 'welcome')
})

test('a host header of the caller wins over the authority', async (t) => {
  const server = await httpServer(t, (q, r) => r.end(q.headers.host))
  const transport = transportFor(t)
  const endpoint = endpointAt(server.url)
  assert.equal(await textOf(await transport.send(attemptAt(endpoint, { headers: ['Host', 'mine'] }))), 'mine')
  assert.equal(await textOf(await transport.send(attemptAt(endpoint))), 'orders')
})

test('the authority of the service settings replaces the host of the URL', async (t) => {
  const server = await httpServer(t, (q, r) => r.end(q.headers.host))
  const transport = transportFor(t, { authority: 'orders.internal' })
  assert.equal(await textOf(await transport.send(attemptAt(endpointAt(server.url)))), 'orders.internal')
})

test('a UNIX socket is an endpoint like any other', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'socket-'))
  const path = join(folder, 'app.sock')
  const server = http.createServer((q, r) => r.end(`${q.headers.host}${q.url}`)).listen(path)
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true })
  })
  const transport = transportFor(t)
  assert.equal(await textOf(await transport.send(attemptAt(endpointAt(`unix:${path}`), { path: '/x?y=1' }))), 'orders/x?y=1')
})

test('HTTP/2 without TLS: many attempts share one connection', async (t) => {
  const server = await http2Server(t, (stream, headers) => {
    setTimeout(() => stream.end(`${headers[':method']} ${headers[':authority']}`), 20)
  })
  const transport = transportFor(t, { protocol: 'h2' })
  const endpoint = endpointAt(server.url)
  const texts = await Promise.all(Array.from({ length: 50 }, async () => textOf(await transport.send(attemptAt(endpoint)))))
  assert.deepEqual(new Set(texts), new Set(['GET orders']))
  assert.equal(server.sessions(), 1)
  assert.deepEqual(transport.stats?.(endpoint), { connections: 1, idle: 1, waiting: 0 })
})

test('HTTP/2: more attempts than streams open another connection', async (t) => {
  const held: ServerHttp2Stream[] = []
  const server = await http2Server(t, (stream) => {
    held.push(stream)
    if (held.length === 25) for (const each of held) each.end('ok')
  })
  const transport = transportFor(t, { protocol: 'h2', streams: 10 })
  const endpoint = endpointAt(server.url)
  await Promise.all(Array.from({ length: 25 }, async () => textOf(await transport.send(attemptAt(endpoint)))))
  assert.equal(server.sessions(), 3)
})

test('HTTP/2: a server that allows fewer streams gets no more on one connection, and what is too much opens another', async (t) => {
  const inFlight = new Map<unknown, number>()
  let most = 0
  const serve = (stream: ServerHttp2Stream) => {
    const { session } = stream
    const now = (inFlight.get(session) ?? 0) + 1
    inFlight.set(session, now)
    most = Math.max(most, now)
    setTimeout(() => {
      inFlight.set(session, (inFlight.get(session) ?? 0) - 1)
      stream.end('ok')
    }, 30)
  }
  const server = await http2Server(t, serve, { settings: { maxConcurrentStreams: 5 } })
  const transport = transportFor(t, { protocol: 'h2', connections: 4 })
  const endpoint = endpointAt(server.url)
  await textOf(await transport.send(attemptAt(endpoint)))
  const texts = await Promise.all(Array.from({ length: 60 }, async () => textOf(await transport.send(attemptAt(endpoint)))))
  assert.deepEqual(new Set(texts), new Set(['ok']))
  assert.ok(server.sessions() >= 2 && server.sessions() <= 4, `${server.sessions()} connections`)
  assert.ok(most <= 5, `${most} streams at once`)
  assert.deepEqual(transport.stats?.(endpoint)?.waiting, 0)
})

test('auto over TLS: a burst on a cold pool opens one connection to a server that chooses HTTP/2, and several to one that does not', async (t) => {
  const both = await http2Server(t, (stream) => void setTimeout(() => stream.end('ok'), 20), { secure: true })
  let sockets = 0
  const old = await httpServer(t, (_, r) => void setTimeout(() => r.end('ok'), 20), { secure: true })
  old.server.on('secureConnection', () => {
    sockets += 1
  })
  const transport = transportFor(t, { protocol: 'auto' }, { ca: certificates.ca })
  for (const { url } of [both, old]) {
    const endpoint = endpointAt(url)
    const texts = await Promise.all(Array.from({ length: 12 }, async () => textOf(await transport.send(attemptAt(endpoint)))))
    assert.deepEqual(texts, Array(12).fill('ok'))
  }
  assert.equal(both.sessions(), 1)
  assert.ok(sockets > 1, `${sockets} connections`)
})

test('HTTP/2 over TLS: a server that speaks it is spoken to in it', async (t) => {
  const server = await http2Server(t, (stream) => stream.end('over http/2'), { secure: true })
  const endpoint = endpointAt(server.url)
  const tls = { ca: certificates.ca }
  assert.equal(await textOf(await transportFor(t, { protocol: 'h2' }, tls).send(attemptAt(endpoint))), 'over http/2')
  assert.equal(await textOf(await transportFor(t, { protocol: 'h1' }, tls).send(attemptAt(endpoint))), 'over http/1.1')
})

test('auto over TLS: the server chooses, and an HTTP/1.1 server is none the worse', async (t) => {
  const old = await httpServer(t, (q, r) => r.end(`over http/${q.httpVersion}`), { secure: true })
  const both = await http2Server(t, (stream) => stream.end('over http/2'), { secure: true })
  const transport = transportFor(t, { protocol: 'auto' }, { ca: certificates.ca })
  assert.equal(await textOf(await transport.send(attemptAt(endpointAt(old.url)))), 'over http/1.1')
  assert.match(await textOf(await transport.send(attemptAt(endpointAt(both.url)))), /^over http\/(2|1\.1)$/)
})

test('HTTP/2: a caller that leaves resets its stream and leaves the connection to the others', async (t) => {
  let answer: (() => void) | undefined
  let never = false
  const server = await http2Server(t, (stream, headers) => {
    if (headers[':path'] === '/slow') answer = () => stream.end('slow')
    else never = true
  })
  const transport = transportFor(t, { protocol: 'h2' })
  const endpoint = endpointAt(server.url)
  const stays = transport.send(attemptAt(endpoint, { path: '/slow' }))
  const leaving = attemptAt(endpoint, { path: '/never' })
  const left = transport.send(leaving)
  await until('both came', () => answer !== undefined && never)
  const { MeshError } = await import('../../../src/errors/mesh-error.ts')
  leaving.cancellation.cancel(new MeshError('ABORTED', 'left', { service: 'orders', sent: true }))
  assert.equal(errorOf(await left).code, 'ABORTED')
  answer?.()
  assert.equal(await textOf(await stays), 'slow')
  assert.equal(server.sessions(), 1)
})

for (const protocol of ['h1', 'h2'] as const) {
  test(`${protocol}: bodies go up whole and in pieces`, async (t) => {
    const server = protocol === 'h1' ? await httpServer(t, (q, r) => q.pipe(r)) : await http2Server(t, (stream) => stream.pipe(stream))
    const transport = transportFor(t, { protocol })
    const endpoint = endpointAt(server.url)
    const large = Buffer.alloc(700_000, 'z')
    assert.equal(await textOf(await transport.send(attemptAt(endpoint, { method: 'POST', body: new BytesBody(large) }))), large.toString())
    const pieces = new StreamBody(
      (async function* () {
        for (let i = 0; i < 5; i += 1) {
          yield Buffer.from(`piece ${i};`)
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
      })(),
    )
    assert.equal(
      await textOf(await transport.send(attemptAt(endpoint, { method: 'POST', body: pieces }))),
      'piece 0;piece 1;piece 2;piece 3;piece 4;',
    )
  })
}
