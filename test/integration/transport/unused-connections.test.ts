/** Connections that were made for an attempt that did not need them any more. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { MeshError } from '../../../src/errors/mesh-error.ts'
import type { Transport } from '../../../src/transport/transport.ts'
import { MovableClock } from '../../servers/movable-clock.ts'
import { until } from '../../servers/server-kit.ts'
import { attemptAt, endpointAt, errorOf, rawServer, statsBecome, textOf, transportFor } from './wire.ts'

/** An attempt begins and leaves at once; its connection stays. */
async function unusedConnection(transport: Transport, endpoint: Endpoint): Promise<void> {
  const leaving = attemptAt(endpoint)
  const left = transport.send(leaving)
  leaving.cancellation.cancel(new MeshError('ABORTED', 'left', { service: 'orders', sent: false }))
  assert.equal(errorOf(await left).code, 'ABORTED')
  await statsBecome(transport, endpoint, { connections: 1, idle: 1, waiting: 0 })
}

async function answeringServer(t: TestContext) {
  const sockets: Socket[] = []
  const server = await rawServer(t, (socket) => {
    sockets.push(socket)
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'))
  })
  return { ...server, sockets }
}

test('a connection that was never used falls to its keep-alive', async (t) => {
  const server = await answeringServer(t)
  const clock = new MovableClock()
  const transport = transportFor(t, { keepAlive: '1h' }, {}, clock)
  const endpoint = endpointAt(server.url)
  await unusedConnection(transport, endpoint)
  assert.equal(server.open(), 1)
  clock.move(3_600_000)
  await statsBecome(transport, endpoint, { connections: 0, idle: 0, waiting: 0 })
  await until('the connection is closed', () => server.open() === 0)
})

test('a connection that is used before its keep-alive ends is not cut short', async (t) => {
  const clock = new MovableClock()
  const server = await rawServer(t, (socket) => {
    socket.on('data', () => {
      clock.move(2 * 3_600_000)
      setTimeout(() => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'), 50)
    })
  })
  const transport = transportFor(t, { keepAlive: '1h' }, {}, clock)
  const endpoint = endpointAt(server.url)
  await unusedConnection(transport, endpoint)
  assert.equal(await textOf(await transport.send(attemptAt(endpoint))), 'ok')
  assert.equal(server.connections(), 1)
})

test('what a server says before it was asked anything is not taken for the reply to the next attempt', async (t) => {
  const server = await answeringServer(t)
  const transport = transportFor(t)
  const endpoint = endpointAt(server.url)
  await unusedConnection(transport, endpoint)
  // As Node's own server does when no request comes in time.
  const early = 'HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'
  await new Promise<void>((resolve) => void server.sockets[0]?.end(early, resolve))
  // It has left the server, and in the next turns this process reads it.
  for (let i = 0; i < 5; i += 1) await turn()
  const outcome = await transport.send(attemptAt(endpoint))
  assert.ok(outcome.ok)
  assert.equal(outcome.reply.status, 200)
  assert.equal(await textOf(outcome), 'ok')
  assert.equal(server.connections(), 2)
  if (server.sockets[0]?.destroyed === false) await once(server.sockets[0], 'close')
})
