import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MeshError } from '../../../src/errors/mesh-error.ts'
import { fakeClock } from '../../../src/testing/index.ts'
import { MovableClock } from '../../servers/movable-clock.ts'
import { until, within } from '../../servers/server-kit.ts'
import { attemptAt, endpointAt, errorOf, httpServer, rawServer, silentServer, statsBecome, textOf, transportFor } from './wire.ts'

/** Answers when the test says so. */
async function heldServer(t: import('node:test').TestContext) {
  const held: (() => void)[] = []
  const server = await httpServer(t, (_q, r) => void held.push(() => r.end('done')))
  const letGo = async (count: number) => {
    await until(`${count} requests came`, () => held.length >= count)
    for (const answer of held.splice(0, count)) answer()
  }
  const came = (count: number) => until(`${count} requests came`, () => held.length >= count)
  return { ...server, letGo, held, came }
}

test('attempts beyond the connections wait, and are served in order of arrival', async (t) => {
  const server = await heldServer(t)
  const transport = transportFor(t, { connections: 2 })
  const endpoint = endpointAt(server.url)
  const order: number[] = []
  const all = [0, 1, 2, 3, 4].map(async (i) => {
    assert.equal(await textOf(await transport.send(attemptAt(endpoint))), 'done')
    order.push(i)
  })
  await statsBecome(transport, endpoint, { connections: 2, idle: 0, waiting: 3 })
  await server.letGo(2)
  await server.letGo(2)
  await server.letGo(1)
  await Promise.all(all)
  assert.deepEqual(order, [0, 1, 2, 3, 4])
  assert.equal(server.connections(), 2)
  assert.deepEqual(transport.stats?.(endpoint), { connections: 2, idle: 2, waiting: 0 })
})

test('a full queue refuses at once, without having sent anything', async (t) => {
  const server = await heldServer(t)
  const transport = transportFor(t, { connections: 1, pending: 1 })
  const endpoint = endpointAt(server.url)
  const first = transport.send(attemptAt(endpoint))
  await server.came(1)
  const second = transport.send(attemptAt(endpoint))
  const error = errorOf(await transport.send(attemptAt(endpoint)))
  assert.equal(error.code, 'QUEUE_FULL')
  assert.equal(error.facts.sent, false)
  assert.match(error.message, /^orders: http:\/\/127.0.0.1:\d+: 1 attempts already wait for one of its 1 connections$/)
  await server.letGo(1)
  await server.letGo(1)
  assert.equal(await textOf(await first), 'done')
  assert.equal(await textOf(await second), 'done')
})

test('a burst on a cold pool is not refused by a short queue: connections that are being made count', async (t) => {
  const server = await httpServer(t, (_q, r) => r.end('done'))
  const transport = transportFor(t, { connections: 8, pending: 0 })
  const endpoint = endpointAt(server.url)
  const texts = await Promise.all(Array.from({ length: 8 }, async () => textOf(await transport.send(attemptAt(endpoint)))))
  assert.deepEqual(new Set(texts), new Set(['done']))
})

test('waiting for a connection is bounded in time, to the millisecond rather than the second', async (t) => {
  const server = await heldServer(t)
  const clock = fakeClock()
  const transport = transportFor(t, { connections: 1, pendingTimeout: '60ms' }, {}, clock)
  const endpoint = endpointAt(server.url)
  const first = transport.send(attemptAt(endpoint))
  await server.came(1)
  let over = false
  const second = transport.send(attemptAt(endpoint)).finally(() => {
    over = true
  })
  await clock.advance(59)
  assert.equal(over, false)
  await clock.advance(1)
  const error = errorOf(await second)
  assert.equal(error.code, 'QUEUE_TIMEOUT')
  assert.equal(error.facts.sent, false)
  await server.letGo(1)
  await textOf(await first)
})

test('a caller leaves the queue at once, and the place goes to the next', async (t) => {
  const server = await heldServer(t)
  const transport = transportFor(t, { connections: 1 })
  const endpoint = endpointAt(server.url)
  const first = transport.send(attemptAt(endpoint))
  await server.came(1)
  const leaving = attemptAt(endpoint)
  const left = transport.send(leaving)
  const third = transport.send(attemptAt(endpoint))
  leaving.cancellation.cancel(new MeshError('ABORTED', 'left', { service: 'orders', sent: false }))
  assert.equal(errorOf(await left).code, 'ABORTED')
  await server.letGo(1)
  await server.letGo(1)
  assert.equal(await textOf(await first), 'done')
  assert.equal(await textOf(await third), 'done')
  assert.equal(server.held.length, 0)
})

test('a caller that leaves in the moment in which it is given a connection sends nothing', async (t) => {
  const seen: (string | undefined)[] = []
  const server = await httpServer(t, (q, r) => {
    seen.push(q.url)
    r.write('do')
    setTimeout(() => r.end('ne'), 20)
  })
  const transport = transportFor(t, { connections: 1 })
  const endpoint = endpointAt(server.url)
  const first = await transport.send(attemptAt(endpoint, { path: '/first' }))
  assert.ok(first.ok)
  const leaving = attemptAt(endpoint, { path: '/leaving' })
  first.reply.body.whenOver({
    bodyOver: () => leaving.cancellation.cancel(new MeshError('ABORTED', 'left', { service: 'orders', sent: false })),
  })
  const error = errorOf(await transport.send(leaving))
  assert.deepEqual([error.code, error.facts.sent], ['ABORTED', false])
  assert.equal(await textOf(await transport.send(attemptAt(endpoint, { path: '/next' }))), 'done')
  assert.deepEqual(seen, ['/first', '/next'])
  assert.equal(server.connections(), 1)
})

test('a caller that leaves while a connection is being made leaves the connection to the next', async (t) => {
  const server = await httpServer(t, (_q, r) => r.end('done'))
  const transport = transportFor(t, { connections: 4 })
  const endpoint = endpointAt(server.url)
  const leaving = attemptAt(endpoint)
  const left = transport.send(leaving)
  leaving.cancellation.cancel(new MeshError('ABORTED', 'left', { service: 'orders', sent: false }))
  assert.equal(errorOf(await left).code, 'ABORTED')
  await statsBecome(transport, endpoint, { connections: 1, idle: 1, waiting: 0 })
  assert.equal(await textOf(await transport.send(attemptAt(endpoint))), 'done')
  assert.equal(server.connections(), 1)
})

test('attempts that wait for a dead endpoint fail together, not one connect timeout after another', async (t) => {
  const silent = await silentServer(t)
  const clock = fakeClock()
  const transport = transportFor(t, { connections: 8, connectTimeout: '100ms' }, {}, clock)
  const endpoint = endpointAt(silent.url)
  const codes: string[] = []
  const all = Array.from({ length: 8 }, async () => codes.push(errorOf(await transport.send(attemptAt(endpoint))).code))
  await until('the connections are being made', () => silent.open() === 8)
  await clock.advance(99)
  assert.deepEqual(codes, [])
  await clock.advance(1)
  await within('all of them fail', Promise.all(all))
  assert.deepEqual(codes, Array(8).fill('CONNECT_TIMEOUT'))
})

test('a connect that fails while another connection works fails nobody: those who wait get the next free one', async (t) => {
  const server = await heldServer(t)
  const transport = transportFor(t, { connections: 4 })
  const endpoint = endpointAt(server.url)
  const first = transport.send(attemptAt(endpoint))
  await server.came(1)
  server.server.close()
  const others = [transport.send(attemptAt(endpoint)), transport.send(attemptAt(endpoint))]
  await statsBecome(transport, endpoint, { connections: 1, idle: 0, waiting: 2 })
  for (let i = 0; i < 3; i += 1) await server.letGo(1)
  assert.deepEqual(await Promise.all([first, ...others].map(async (outcome) => textOf(await outcome))), ['done', 'done', 'done'])
  assert.equal(server.connections(), 1)
})

test('the connection used last is used first', async (t) => {
  const ports: number[] = []
  const server = await httpServer(t, (q, r) => {
    ports.push(q.socket.remotePort as number)
    setTimeout(() => r.end('done'), 10)
  })
  const transport = transportFor(t)
  const endpoint = endpointAt(server.url)
  await Promise.all(Array.from({ length: 5 }, async () => textOf(await transport.send(attemptAt(endpoint)))))
  ports.length = 0
  for (let i = 0; i < 10; i += 1) await textOf(await transport.send(attemptAt(endpoint)))
  assert.equal(new Set(ports).size, 1)
  assert.equal(server.connections(), 5)
})

test('a connection is not kept longer than the server hints', async (t) => {
  // It does not close what it hints at, so that whoever does not heed the hint keeps the connection for an hour.
  const reply = 'HTTP/1.1 200 OK\r\nkeep-alive: timeout=3\r\ncontent-length: 2\r\n\r\nok'
  const server = await rawServer(t, (socket) => socket.on('data', () => socket.write(reply)))
  const transport = transportFor(t, { keepAlive: '1h' })
  const endpoint = endpointAt(server.url)
  await textOf(await transport.send(attemptAt(endpoint)))
  await statsBecome(transport, endpoint, { connections: 0, idle: 0, waiting: 0 })
})

test('an idle connection falls to its own keep-alive', async (t) => {
  const server = await rawServer(t, (socket) => socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')))
  const transport = transportFor(t, { keepAlive: '150ms' })
  const endpoint = endpointAt(server.url)
  await textOf(await transport.send(attemptAt(endpoint)))
  assert.equal(server.open(), 1)
  await statsBecome(transport, endpoint, { connections: 0, idle: 0, waiting: 0 })
  await until('the connection is closed', () => server.open() === 0)
})

test('a connection that is too old is replaced, and what is in flight on it ends first', async (t) => {
  const server = await heldServer(t)
  const clock = new MovableClock()
  const transport = transportFor(t, { maxConnectionAge: '1h' }, {}, clock)
  const endpoint = endpointAt(server.url)
  const slow = transport.send(attemptAt(endpoint))
  await server.came(1)
  clock.move(3_600_000)
  await server.letGo(1)
  assert.equal(await textOf(await slow), 'done')
  const next = transport.send(attemptAt(endpoint))
  await server.letGo(1)
  assert.equal(await textOf(await next), 'done')
  assert.equal(server.connections(), 2)
  await until('the old one is closed', () => server.open() === 1)
})

test('an endpoint that is retired lets what is in flight end, turns away who waits, and keeps nothing', async (t) => {
  const server = await heldServer(t)
  const transport = transportFor(t, { connections: 1 })
  const endpoint = endpointAt(server.url)
  const inFlight = transport.send(attemptAt(endpoint))
  await server.came(1)
  const waiting = transport.send(attemptAt(endpoint))
  transport.retire?.(endpoint)
  const error = errorOf(await waiting)
  assert.deepEqual([error.code, error.facts.sent], ['CLOSED', false])
  await server.letGo(1)
  assert.equal(await textOf(await inFlight), 'done')
  await until('no socket is open', () => server.open() === 0)
})

test('closing waits for what is in flight, body included, and leaves no socket', async (t) => {
  const server = await httpServer(t, (_q, r) => {
    r.write('one')
    setTimeout(() => r.end('two'), 60)
  })
  const transport = transportFor(t)
  const endpoint = endpointAt(server.url)
  const outcome = await transport.send(attemptAt(endpoint))
  const text = textOf(outcome)
  await transport.close()
  assert.equal(await text, 'onetwo')
  await until('no socket is open', () => server.open() === 0)
})

test('closing does not wait longer than it is given', async (t) => {
  let asked = false
  const server = await rawServer(t, (socket) => {
    socket.on('data', () => {
      asked = true
    })
  })
  const transport = transportFor(t)
  const hanging = transport.send(attemptAt(endpointAt(server.url)))
  await until('the request came', () => asked)
  await transport.close(50)
  assert.equal(errorOf(await hanging).code, 'CONNECTION_LOST')
  await until('no socket is open', () => server.open() === 0)
})
