import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import net, { type AddressInfo, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import tls from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import { Attempt } from '../../../src/call/attempt.ts'
import { Call, type CallParts } from '../../../src/call/call.ts'
import { noBody } from '../../../src/call/call-body.ts'
import { Cancellation } from '../../../src/call/cancellation.ts'
import { ContextValues } from '../../../src/call/context-values.ts'
import type { Outcome } from '../../../src/call/outcome.ts'
import { type Endpoint, RosterEndpoint } from '../../../src/endpoint/endpoint.ts'
import { readEndpointAddress } from '../../../src/endpoint/endpoint-address.ts'
import type { MeshError } from '../../../src/errors/mesh-error.ts'
import type { Clock } from '../../../src/runtime/clock.ts'
import { seededRandom } from '../../../src/runtime/seeded-random.ts'
import { systemClock } from '../../../src/runtime/system-clock.ts'
import type { HttpOptions, TlsOptions } from '../../../src/transport/http-options.ts'
import type { Transport, TransportStats } from '../../../src/transport/transport.ts'
import { undiciTransport } from '../../../src/transport/undici-transport.ts'
import { until } from '../../servers/server-kit.ts'

const pem = (name: string) => readFileSync(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url))

/** Certificates that every TLS test uses. */
export const certificates = {
  ca: pem('ca'),
  server: { cert: pem('server'), key: pem('server-key') },
  client: { cert: pem('client'), key: pem('client-key') },
}

/** A transport that the test closes. */
export function transportFor(t: TestContext, httpOptions?: HttpOptions, tlsOptions?: TlsOptions, clock: Clock = systemClock): Transport {
  const host = { service: 'orders', clock, random: seededRandom(1), emit: () => {} }
  const transport = undiciTransport(httpOptions, tlsOptions)(host)
  t.after(() => transport.close(0))
  return transport
}

export function endpointAt(url: string): Endpoint {
  const address = readEndpointAddress(url, false)
  if (address === undefined) throw new Error(`not an endpoint: ${url}`)
  return new RosterEndpoint(address)
}

export function attemptAt(endpoint: Endpoint, parts: Partial<CallParts> = {}): Attempt {
  const call = new Call({
    service: 'orders',
    method: 'GET',
    path: '/',
    authority: 'orders',
    headers: [],
    body: noBody,
    idempotent: true,
    startedAt: 0,
    deadline: Number.POSITIVE_INFINITY,
    cancellation: new Cancellation(),
    subset: undefined,
    context: new ContextValues(),
    ...parts,
  })
  return new Attempt(call, endpoint, 1)
}

/** The text of a reply, or the error thrown. */
export async function textOf(outcome: Outcome): Promise<string> {
  if (!outcome.ok) throw outcome.error
  return Buffer.concat(await outcome.reply.body.gather()).toString()
}

export function errorOf(outcome: Outcome): MeshError {
  if (outcome.ok) throw new Error(`expected a failure, got ${outcome.reply.status}`)
  return outcome.error
}

/** Waits until the connections to an endpoint are as expected. */
export async function statsBecome(transport: Transport, endpoint: Endpoint, expected: TransportStats): Promise<void> {
  const same = () => isDeepStrictEqual(transport.stats?.(endpoint), expected)
  await until('the connections are as expected', same).catch(() => assert.deepEqual(transport.stats?.(endpoint), expected))
}

type Closable = { close(callback?: () => void): unknown }

async function listen(
  t: TestContext,
  server: net.Server | http.Server | http2.Http2Server,
  sockets: Set<{ destroy(): unknown }>,
): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise<void>((resolve) => void (server as Closable).close(() => resolve()))
  })
  return (server.address() as AddressInfo).port
}

/** A server that speaks bytes: what it does with a connection is the test's affair. */
export async function rawServer(
  t: TestContext,
  connected: (socket: Socket) => void,
): Promise<{ url: string; connections: () => number; open: () => number }> {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = net.createServer((socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    connected(socket)
  })
  const port = await listen(t, server, sockets)
  return { url: `http://127.0.0.1:${port}`, connections: () => connections, open: () => sockets.size }
}

/** A well-behaved server. */
export async function httpServer(
  t: TestContext,
  listener: http.RequestListener,
  options: { secure?: boolean; keepAliveTimeout?: number; requestCert?: boolean } = {},
): Promise<{ url: string; connections: () => number; open: () => number; server: http.Server }> {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = options.secure
    ? (await import('node:https')).createServer(
        { ...certificates.server, ca: certificates.ca, requestCert: options.requestCert ?? false },
        listener,
      )
    : http.createServer(listener)
  if (options.keepAliveTimeout !== undefined) server.keepAliveTimeout = options.keepAliveTimeout
  server.on('connection', (socket: Socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const port = await listen(t, server, sockets)
  const url = `${options.secure ? 'https' : 'http'}://127.0.0.1:${port}`
  return { url, connections: () => connections, open: () => sockets.size, server }
}

/** An HTTP/2 server, with or without TLS. */
export async function http2Server(
  t: TestContext,
  onStream: (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => void,
  options: { secure?: boolean; settings?: http2.Settings; onSession?: (session: http2.ServerHttp2Session) => void } = {},
): Promise<{ url: string; sessions: () => number }> {
  const { settings = {} } = options
  const server = options.secure
    ? http2.createSecureServer({ ...certificates.server, allowHTTP1: true, settings })
    : http2.createServer({ settings })
  const open = new Set<http2.ServerHttp2Session>()
  let sessions = 0
  server.on('session', (session: http2.ServerHttp2Session) => {
    sessions += 1
    open.add(session)
    session.on('close', () => open.delete(session))
    session.on('error', () => {})
    options.onSession?.(session)
  })
  server.on('stream', (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => {
    stream.on('error', () => {})
    onStream(stream, headers)
  })
  if (options.secure) {
    server.on('request', (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => {
      if (request.httpVersionMajor === 1) response.end('over http/1.1')
    })
  }
  const port = await listen(t, server, open)
  return { url: `${options.secure ? 'https' : 'http'}://127.0.0.1:${port}`, sessions: () => sessions }
}

/** A TLS server that accepts and says nothing: its handshake never ends. */
export async function silentServer(t: TestContext): Promise<{ url: string; open: () => number }> {
  const silent = await rawServer(t, () => {})
  return { url: silent.url.replace('http:', 'https:'), open: silent.open }
}

export { tls }
