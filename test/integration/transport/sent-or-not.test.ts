import assert from 'node:assert/strict'
import http2 from 'node:http2'
import net from 'node:net'
import { type TestContext, test } from 'node:test'
import { BytesBody, StreamBody } from '../../../src/call/call-body.ts'
import { defaultClassifier } from '../../../src/call/default-classifier.ts'
import { failed } from '../../../src/call/outcome.ts'
import { MeshError } from '../../../src/errors/mesh-error.ts'
import { until } from '../../servers/server-kit.ts'
import {
  attemptAt,
  certificates,
  endpointAt,
  errorOf,
  http2Server,
  httpServer,
  rawServer,
  silentServer,
  statsBecome,
  textOf,
  transportFor,
} from './wire.ts'

const request = /^(GET|POST) /

/** What a failure must say: its code, whether the server may have acted, and what may follow. */
function assertVerdict(error: MeshError, code: string, sent: boolean, retry: string): void {
  const verdict = defaultClassifier(failed(error), attemptAt(endpointAt('http://127.0.0.1:1')))
  assert.deepEqual(
    { code: error.code, sent: error.facts.sent, retry: verdict.kind === 'failure' ? verdict.retry : verdict.kind },
    { code, sent, retry },
    error.message,
  )
}

/** A server that takes what is sent, and tells whether it got anything. */
async function muteServer(t: TestContext): Promise<{ url: string; asked: () => boolean }> {
  let asked = false
  const { url } = await rawServer(t, (socket) => {
    socket.on('data', () => {
      asked = true
    })
  })
  return { url, asked: () => asked }
}

async function closedPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as net.AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

test('a refused connection was never sent', async (t) => {
  const endpoint = endpointAt(`http://127.0.0.1:${await closedPort()}`)
  const error = errorOf(await transportFor(t).send(attemptAt(endpoint, { method: 'POST' })))
  assertVerdict(error, 'CONNECT_FAILED', false, 'always')
  assert.match(error.message, /^orders: http:\/\/127\.0\.0\.1:\d+: cannot connect: .*ECONNREFUSED/)
})

test('a name that does not resolve was never sent', async (t) => {
  const error = errorOf(await transportFor(t).send(attemptAt(endpointAt('http://no-such-host.invalid:80'))))
  assertVerdict(error, 'CONNECT_FAILED', false, 'always')
})

test('a connection that is not made in time was never sent', async (t) => {
  const silent = await silentServer(t)
  const startedAt = performance.now()
  const error = errorOf(await transportFor(t, { connectTimeout: '80ms' }).send(attemptAt(endpointAt(silent.url))))
  const tookMs = performance.now() - startedAt
  assertVerdict(error, 'CONNECT_TIMEOUT', false, 'always')
  assert.equal((error.cause as { code?: string }).code, 'UND_ERR_CONNECT_TIMEOUT')
  assert.ok(tookMs >= 79, `a limit of 80 ms took ${tookMs} ms`)
})

test('a certificate that does not verify was never sent', async (t) => {
  const server = await httpServer(t, (_q, r) => r.end('hello'), { secure: true })
  const error = errorOf(await transportFor(t).send(attemptAt(endpointAt(server.url))))
  assertVerdict(error, 'CONNECT_FAILED', false, 'always')
  assert.match(error.message, /certificate/)
})

test('a request that undici will not take was never sent and is not tried again', async (t) => {
  const server = await httpServer(t, (_q, r) => r.end('hello'))
  const transport = transportFor(t, { connections: 1 })
  const endpoint = endpointAt(server.url)
  for (let i = 0; i < 3; i += 1) {
    assertVerdict(
      errorOf(await transport.send(attemptAt(endpoint, { headers: ['transfer-encoding', 'chunked'] }))),
      'INVALID_CALL',
      false,
      'never',
    )
  }
  assert.equal(await textOf(await transport.send(attemptAt(endpoint))), 'hello', 'and the only connection still works')
})

test('a server that accepts and closes may have acted', async (t) => {
  const server = await rawServer(t, (socket) => socket.once('data', () => socket.end()))
  assertVerdict(errorOf(await transportFor(t).send(attemptAt(endpointAt(server.url)))), 'CONNECTION_LOST', true, 'if-idempotent')
})

test('a reset after the request was written may have acted', async (t) => {
  const server = await rawServer(t, (socket) => socket.once('data', () => socket.resetAndDestroy()))
  assertVerdict(errorOf(await transportFor(t).send(attemptAt(endpointAt(server.url)))), 'CONNECTION_LOST', true, 'if-idempotent')
})

test('a kept connection that is reset after the request was written may have acted', async (t) => {
  let requests = 0
  const server = await rawServer(t, (socket) =>
    socket.on('data', () => {
      requests += 1
      if (requests === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
      else socket.resetAndDestroy()
    }),
  )
  const transport = transportFor(t)
  const endpoint = endpointAt(server.url)
  assert.equal(await textOf(await transport.send(attemptAt(endpoint))), 'ok')
  assertVerdict(errorOf(await transport.send(attemptAt(endpoint))), 'CONNECTION_LOST', true, 'if-idempotent')
  assert.equal(requests, 2)
})

test('an idle connection that the server closed is replaced without a failure', async (t) => {
  const server = await rawServer(t, (socket) =>
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
      setTimeout(() => socket.end(), 5)
    }),
  )
  const transport = transportFor(t)
  const endpoint = endpointAt(server.url)
  assert.equal(await textOf(await transport.send(attemptAt(endpoint, { method: 'POST' }))), 'ok')
  await statsBecome(transport, endpoint, { connections: 0, idle: 0, waiting: 0 })
  assert.equal(await textOf(await transport.send(attemptAt(endpoint, { method: 'POST' }))), 'ok')
  assert.equal(server.connections(), 2)
})

test('a connection that the server says it will close is not used again', async (t) => {
  const server = await rawServer(t, (socket) =>
    socket.on('data', (data) => {
      assert.match(String(data), request)
      socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok')
    }),
  )
  const transport = transportFor(t, { connections: 1 })
  const endpoint = endpointAt(server.url)
  for (let i = 0; i < 20; i += 1) assert.equal(await textOf(await transport.send(attemptAt(endpoint, { method: 'POST' }))), 'ok')
  assert.equal(server.connections(), 20)
})

test('half a head may have acted', async (t) => {
  const server = await rawServer(t, (socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-')))
  assertVerdict(errorOf(await transportFor(t).send(attemptAt(endpointAt(server.url)))), 'CONNECTION_LOST', true, 'if-idempotent')
})

test('half a body fails the body, not the reply', async (t) => {
  const server = await rawServer(t, (socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf')))
  const outcome = await transportFor(t).send(attemptAt(endpointAt(server.url)))
  assert.ok(outcome.ok)
  await assert.rejects(textOf(outcome), (error: MeshError) => {
    assertVerdict(error, 'CONNECTION_LOST', true, 'if-idempotent')
    return true
  })
})

test('garbage may have acted', async (t) => {
  const server = await rawServer(t, (socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n')))
  assertVerdict(errorOf(await transportFor(t).send(attemptAt(endpointAt(server.url)))), 'BAD_REPLY', true, 'if-idempotent')
})

test('a head that is too large may have acted', async (t) => {
  const server = await rawServer(t, (socket) =>
    socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`)),
  )
  assertVerdict(errorOf(await transportFor(t).send(attemptAt(endpointAt(server.url)))), 'BAD_REPLY', true, 'if-idempotent')
})

test('a head that never comes ends with the attempt, and the connection is not used again', async (t) => {
  const server = await muteServer(t)
  const transport = transportFor(t)
  const attempt = attemptAt(endpointAt(server.url))
  const outcome = transport.send(attempt)
  await until('it was sent', server.asked)
  attempt.cancellation.cancel(new MeshError('ATTEMPT_TIMEOUT', 'too slow', { service: 'orders', sent: true }))
  assertVerdict(errorOf(await outcome), 'ATTEMPT_TIMEOUT', true, 'if-idempotent')
  await statsBecome(transport, attempt.endpoint, { connections: 0, idle: 0, waiting: 0 })
})

test('an attempt that times out while it waits for a connection was never sent', async (t) => {
  const server = await muteServer(t)
  const transport = transportFor(t, { connections: 1 })
  const endpoint = endpointAt(server.url)
  const hanging = transport.send(attemptAt(endpoint))
  await until('the first was sent', server.asked)
  const waiting = attemptAt(endpoint, { method: 'POST' })
  const outcome = transport.send(waiting)
  waiting.cancellation.cancel(new MeshError('ATTEMPT_TIMEOUT', 'too slow', { service: 'orders', sent: true }))
  const error = errorOf(await outcome)
  assertVerdict(error, 'ATTEMPT_TIMEOUT', false, 'always')
  assert.equal(error.message, 'orders: too slow, and nothing was sent')
  await transport.close(0)
  assertVerdict(errorOf(await hanging), 'CONNECTION_LOST', true, 'if-idempotent')
})

test('a body that stands still fails with a body timeout', async (t) => {
  const server = await httpServer(t, (_q, r) => {
    r.write('first')
  })
  const startedAt = performance.now()
  const outcome = await transportFor(t, { bodyTimeout: '120ms' }).send(attemptAt(endpointAt(server.url)))
  assert.ok(outcome.ok)
  await assert.rejects(textOf(outcome), { code: 'BODY_TIMEOUT' })
  const tookMs = performance.now() - startedAt
  assert.ok(tookMs >= 119, `a limit of 120 ms took ${tookMs} ms`)
})

test('a closed transport has sent nothing', async (t) => {
  const transport = transportFor(t)
  await transport.close()
  assertVerdict(errorOf(await transport.send(attemptAt(endpointAt('http://127.0.0.1:9')))), 'CLOSED', false, 'always')
})

test("a request body that throws is nobody else's fault", async (t) => {
  const server = await httpServer(t, (q, r) => {
    q.resume()
    q.on('error', () => {})
    q.on('end', () => r.end())
  })
  const body = new StreamBody(
    (async function* () {
      yield Buffer.from('one')
      throw new RangeError('no more')
    })(),
  )
  const error = errorOf(await transportFor(t).send(attemptAt(endpointAt(server.url), { method: 'POST', body })))
  assertVerdict(error, 'BODY_FAILED', true, 'ignored')
  assert.ok(error.cause instanceof RangeError)
})

test('a refused connection leaves a streamed body untouched', async (t) => {
  const body = new StreamBody(
    (async function* () {
      yield Buffer.from('one')
    })(),
  )
  const error = errorOf(
    await transportFor(t).send(attemptAt(endpointAt(`http://127.0.0.1:${await closedPort()}`), { method: 'POST', body })),
  )
  assert.equal(error.facts.sent, false)
  assert.equal(body.sendable, true)
  const server = await httpServer(t, (q, r) => q.pipe(r))
  assert.equal(await textOf(await transportFor(t).send(attemptAt(endpointAt(server.url), { method: 'POST', body }))), 'one')
})

const h2 = { protocol: 'h2' } as const

test('HTTP/2: a stream above the last one of a graceful GOAWAY is repeated below us when its body can be', async (t) => {
  const server = await http2Server(t, (stream, headers) => {
    if (headers[':path'] === '/away' && server.sessions() === 1) stream.session?.goaway(0, 1)
    else stream.end('served')
  })
  const transport = transportFor(t, h2)
  const endpoint = endpointAt(server.url)
  assert.equal(await textOf(await transport.send(attemptAt(endpoint))), 'served')
  const body = new BytesBody(Buffer.from('x'))
  assert.equal(await textOf(await transport.send(attemptAt(endpoint, { method: 'POST', path: '/away', body }))), 'served')
  assert.equal(server.sessions(), 2)
})

test('HTTP/2: a stream above the last one of a graceful GOAWAY was not processed, so another body may go elsewhere', async (t) => {
  const server = await http2Server(t, (stream, headers) => {
    if (headers[':path'] === '/away') stream.session?.goaway(0, 1)
    else stream.end('served')
  })
  const transport = transportFor(t, h2)
  const endpoint = endpointAt(server.url)
  assert.equal(await textOf(await transport.send(attemptAt(endpoint))), 'served')
  const body = new StreamBody(
    (async function* () {
      yield Buffer.from('once')
    })(),
  )
  const error = errorOf(await transport.send(attemptAt(endpoint, { method: 'POST', path: '/away', body })))
  assertVerdict(error, 'REFUSED', false, 'always')
  assert.equal(body.sendable, false)
})

test('HTTP/2: a GOAWAY with an error may have acted', async (t) => {
  const server = await http2Server(t, (stream, headers) => {
    if (headers[':path'] === '/away') stream.session?.goaway(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM, 1)
    else stream.end('served')
  })
  const transport = transportFor(t, h2)
  const endpoint = endpointAt(server.url)
  assert.equal(await textOf(await transport.send(attemptAt(endpoint))), 'served')
  assertVerdict(errorOf(await transport.send(attemptAt(endpoint, { path: '/away' }))), 'CONNECTION_LOST', true, 'if-idempotent')
})

test('HTTP/2: after a graceful GOAWAY, what was accepted ends and what comes next goes to a new connection', async (t) => {
  let accept: (() => void) | undefined
  const server = await http2Server(t, (stream, headers) => {
    if (headers[':path'] !== '/away') stream.end('served')
    else {
      stream.session?.goaway(0)
      accept = () => stream.end('accepted')
    }
  })
  const transport = transportFor(t, h2)
  const endpoint = endpointAt(server.url)
  const accepted = transport.send(attemptAt(endpoint, { method: 'POST', path: '/away' }))
  await until('it is accepted', () => accept !== undefined)
  // What is sent before the word of the server is here is still served where it was.
  await until('what comes next goes to a new connection', async () => {
    assert.equal(await textOf(await transport.send(attemptAt(endpoint, { method: 'POST' }))), 'served')
    return server.sessions() === 2
  })
  accept?.()
  assert.equal(await textOf(await accepted), 'accepted')
  assert.equal(server.sessions(), 2)
})

test('HTTP/2: a stream that is refused, and refused again, was not processed', async (t) => {
  let streams = 0
  const server = await http2Server(t, (stream) => {
    streams += 1
    stream.close(http2.constants.NGHTTP2_REFUSED_STREAM)
  })
  assertVerdict(errorOf(await transportFor(t, h2).send(attemptAt(endpointAt(server.url), { method: 'POST' }))), 'REFUSED', false, 'always')
  assert.equal(streams, 2)
})

test('HTTP/2: any other reset may have acted', async (t) => {
  const server = await http2Server(t, (stream) => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR))
  assertVerdict(errorOf(await transportFor(t, h2).send(attemptAt(endpointAt(server.url)))), 'CONNECTION_LOST', true, 'if-idempotent')
})

test('HTTP/2: a cancelled stream may have acted', async (t) => {
  const server = await http2Server(t, (stream) => stream.close(http2.constants.NGHTTP2_CANCEL))
  assertVerdict(errorOf(await transportFor(t, h2).send(attemptAt(endpointAt(server.url)))), 'CONNECTION_LOST', true, 'if-idempotent')
})

test('TLS: a server that rejects the client certificate after the handshake may have acted', async (t) => {
  const server = await httpServer(t, (_q, r) => r.end('hello'), { secure: true, requestCert: true })
  const error = errorOf(await transportFor(t, {}, { ca: certificates.ca }).send(attemptAt(endpointAt(server.url))))
  assert.equal(error.facts.sent, true)
  assert.equal(error.code, 'CONNECTION_LOST')
})
