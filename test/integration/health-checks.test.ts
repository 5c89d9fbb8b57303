import assert from 'node:assert/strict'
import { once } from 'node:events'
import type http from 'node:http'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { fixed, type HealthCheckOptions, type Mesh, type MeshEvents, mesh, type TlsOptions } from '../../src/index.ts'
import { certificates, httpServer, rawServer } from './transport/wire.ts'

const quick: HealthCheckOptions = {
  interval: 20,
  noTrafficInterval: 20,
  timeout: 20_000,
  initialJitter: 0,
  unhealthyThreshold: 2,
  healthyThreshold: 2,
}

/** A mesh that checks one endpoint; resolves with what the first checks find. */
function open(t: TestContext, url: string, healthCheck: HealthCheckOptions, tls?: TlsOptions): Mesh {
  const net = mesh()
    .service('orders', (s) => {
      const draft = s.resolve(fixed([url])).healthCheck({ ...quick, ...healthCheck })
      return tls === undefined ? draft : (draft.tls(tls) as never)
    })
    .build()
  t.after(() => net.close({ grace: 0 }))
  return net as unknown as Mesh
}

function changed(net: Mesh): Promise<MeshEvents['health-changed']> {
  return new Promise((resolve) => {
    const stop = net.on('health-changed', (event) => {
      stop()
      resolve(event)
    })
  })
}

const checkOf = (net: Mesh) => net.snapshot().services.orders?.endpoints[0]?.check

/** Waits until the checks have found something, and says what. */
async function found(t: TestContext, net: Mesh): Promise<string> {
  while (checkOf(net)?.state === undefined) {
    t.signal.throwIfAborted()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return `${checkOf(net)?.state}: ${checkOf(net)?.reason}`
}

test('http: what is sent is what was asked for, and 200 is well', async (t) => {
  const asked: http.IncomingMessage[] = []
  const server = await httpServer(t, (request, reply) => {
    asked.push(request)
    reply.end('all is well')
  })
  const net = open(t, server.url, {
    path: '/healthz?deep=1',
    authority: 'health.internal',
    headers: { 'x-check': 'yes' },
    bodyIncludes: 'well',
  })
  assert.equal(await found(t, net), 'healthy: status 200')
  const [first] = asked
  assert.deepEqual(
    [first?.method, first?.url, first?.headers.host, first?.headers['x-check']],
    ['GET', '/healthz?deep=1', 'health.internal', 'yes'],
  )
})

test('http: the host of a check is the name of the service unless the check or the service says otherwise', async (t) => {
  const hosts = new Set<string | undefined>()
  const server = await httpServer(t, (request, reply) => {
    hosts.add(request.headers.host)
    reply.end()
  })
  await found(t, open(t, server.url, { method: 'HEAD' }))
  assert.deepEqual([...hosts], ['orders'])
})

test('http: checks share one connection, and close it with the mesh', async (t) => {
  let checks = 0
  const server = await httpServer(t, (_request, reply) => {
    checks += 1
    reply.end('x'.repeat(100))
  })
  const net = open(t, server.url, {})
  while (checks < 5) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.equal(server.connections(), 1)
  await net.close()
  while (server.open() > 0) await new Promise((resolve) => setTimeout(resolve, 5))
})

for (const [what, answer, options, expected] of [
  ['a status that was not expected', [404, {}, ''], {}, 'unhealthy: status 404'],
  ['a status in an expected range', [204, {}, ''], { expect: [[200, 299]] }, 'healthy: status 204'],
  ['a status that is retriable', [429, {}, ''], { retriable: [429] }, 'unhealthy: status 429'],
  ['a body without the text', [200, {}, 'starting'], { bodyIncludes: 'ready' }, 'unhealthy: status 200, without "ready" in its body'],
  [
    'the text at the end of the first 1,024 bytes',
    [200, {}, `${'x'.repeat(1_019)}ready`],
    { bodyIncludes: 'ready' },
    'healthy: status 200',
  ],
  [
    'the text one byte too late',
    [200, {}, `${'x'.repeat(1_020)}ready`],
    { bodyIncludes: 'ready' },
    'unhealthy: status 200, without "ready" in its body',
  ],
  ['a server that says it is degraded', [200, { 'x-envoy-degraded': '1' }, ''], {}, 'degraded: status 200'],
  [
    'a server that wants no more calls',
    [200, { 'x-envoy-immediate-health-check-fail': '1' }, ''],
    {},
    'unhealthy: x-envoy-immediate-health-check-fail',
  ],
] as const) {
  test(`http: ${what}`, async (t) => {
    const [status, headers, body] = answer
    const server = await httpServer(t, (_request, reply) => void reply.writeHead(status, headers).end(body))
    assert.equal(await found(t, open(t, server.url, options as HealthCheckOptions)), expected)
  })
}

test('http: a server that never answers, or stops in the middle of its body, is out in time', async (t) => {
  const silent = await httpServer(t, () => {})
  assert.equal(await found(t, open(t, silent.url, { timeout: 100 })), 'unhealthy: ATTEMPT_TIMEOUT')
  const stuck = await httpServer(t, (_request, reply) => void reply.writeHead(200, { 'content-length': '100' }).write('x'))
  assert.equal(await found(t, open(t, stuck.url, { timeout: 2_000, bodyIncludes: 'ready' })), 'unhealthy: its body broke off')
})

test('http: a server that falls ill and recovers is out and back, by the thresholds', async (t) => {
  let status = 200
  const server = await httpServer(t, (_request, reply) => void reply.writeHead(status).end())
  const net = open(t, server.url, { retriable: [503] })
  assert.equal(await found(t, net), 'healthy: status 200')
  const out = changed(net)
  status = 503
  assert.deepEqual(await out, { service: 'orders', endpoint: server.url, state: 'unhealthy', reason: 'status 503' })
  const back = changed(net)
  status = 200
  assert.equal((await back).state, 'healthy')
})

test('https: a check goes through the TLS settings of the service', async (t) => {
  const server = await httpServer(t, (_request, reply) => reply.end(), { secure: true })
  assert.equal(await found(t, open(t, server.url, {}, { ca: certificates.ca })), 'healthy: status 200')
  assert.equal(await found(t, open(t, server.url, {})), 'unhealthy: CONNECT_FAILED')
})

test('tcp: whoever accepts a connection is well, and nothing is sent', async (t) => {
  let bytes = 0
  const server = await rawServer(t, (socket) => void socket.on('data', (piece) => (bytes += piece.length)))
  const net = open(t, server.url, { protocol: 'tcp' })
  assert.equal(await found(t, net), 'healthy: connected')
  assert.equal(bytes, 0)
})

test('tcp: whoever refuses a connection is not', async (t) => {
  const server = await httpServer(t, () => {})
  server.server.close()
  await once(server.server, 'close')
  assert.equal(await found(t, open(t, server.url, { protocol: 'tcp' })), 'unhealthy: ECONNREFUSED')
})

test('tcp: over TLS the handshake counts', async (t) => {
  const server = await httpServer(t, (_request, reply) => reply.end(), { secure: true })
  assert.equal(await found(t, open(t, server.url, { protocol: 'tcp' }, { ca: certificates.ca })), 'healthy: connected')
  assert.match(await found(t, open(t, server.url, { protocol: 'tcp' })), /^unhealthy: /)
})

/** A health service in the wire format of gRPC. */
async function grpcHealth(
  t: TestContext,
  answer: { status?: number; grpcStatus?: string; ask?: (service: string) => void },
  secure = false,
): Promise<{ url: string }> {
  const server = secure ? http2.createSecureServer(certificates.server) : http2.createServer()
  const sessions = new Set<http2.ServerHttp2Session>()
  server.on('session', (session) => sessions.add(session))
  server.on('stream', (stream, headers) => {
    const pieces: Buffer[] = []
    stream.on('error', () => {})
    stream.on('data', (piece: Buffer) => void pieces.push(piece))
    stream.on('end', () => {
      const message = Buffer.concat(pieces).subarray(5)
      answer.ask?.(`${headers[':method']} ${headers[':path']} ${headers['content-type']} ${message.subarray(2).toString()}`)
      if (answer.grpcStatus !== undefined) {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': answer.grpcStatus }, { endStream: true })
        return
      }
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end(Buffer.from([0, 0, 0, 0, 2, 0x08, answer.status ?? 1]))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  return { url: `${secure ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test('grpc: a service that serves is well, and is asked by its name', async (t) => {
  const asked: string[] = []
  const server = await grpcHealth(t, { ask: (what) => asked.push(what) })
  assert.equal(await found(t, open(t, server.url, { protocol: 'grpc', grpcService: 'shop.Orders' })), 'healthy: SERVING')
  assert.equal(asked[0], 'POST /grpc.health.v1.Health/Check application/grpc shop.Orders')
})

test('grpc: a service that does not serve, or is not known, is out at once', async (t) => {
  const resting = await grpcHealth(t, { status: 2 })
  assert.equal(await found(t, open(t, resting.url, { protocol: 'grpc' })), 'unhealthy: NOT_SERVING')
  const unknown = await grpcHealth(t, { grpcStatus: '5' })
  assert.equal(await found(t, open(t, unknown.url, { protocol: 'grpc' })), 'unhealthy: gRPC status 5')
})

test('grpc: over TLS', async (t) => {
  const server = await grpcHealth(t, {}, true)
  assert.equal(await found(t, open(t, server.url, { protocol: 'grpc' }, { ca: certificates.ca })), 'healthy: SERVING')
})
