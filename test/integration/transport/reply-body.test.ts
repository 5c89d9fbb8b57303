import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Reply } from '../../../src/call/reply.ts'
import { MeshError } from '../../../src/errors/mesh-error.ts'
import { MovableClock } from '../../servers/movable-clock.ts'
import { until } from '../../servers/server-kit.ts'
import { attemptAt, endpointAt, errorOf, httpServer, rawServer, statsBecome, textOf, transportFor } from './wire.ts'

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const mebibyte = Buffer.alloc(1024 * 1024, 'x')

async function replyOf(outcome: ReturnType<ReturnType<typeof transportFor>['send']>): Promise<Reply> {
  const settled = await outcome
  if (!settled.ok) throw settled.error
  return settled.reply
}

test('a body that nobody reads is paused, and goes on when somebody does', async (t) => {
  let written = 0
  const server = await httpServer(t, async (_q, r) => {
    for (let i = 0; i < 16; i += 1) {
      written += 1
      if (!r.write(mebibyte)) await new Promise((resolve) => r.once('drain', resolve))
    }
    r.end()
  })
  const transport = transportFor(t)
  const reply = await replyOf(transport.send(attemptAt(endpointAt(server.url))))
  await pause(150)
  assert.ok(written < 12, `the server could write ${written} MiB to nobody`)
  let bytes = 0
  for (let chunk = await reply.body.read(); chunk !== undefined; chunk = await reply.body.read()) bytes += chunk.byteLength
  assert.equal(bytes, 16 * 1024 * 1024)
  assert.equal(transport.stats?.(endpointAt(server.url)), undefined)
})

test('a body that nobody reads times out although the server would go on', async (t) => {
  const server = await httpServer(t, (_q, r) => r.end(Buffer.alloc(8 * 1024 * 1024)))
  const transport = transportFor(t, { bodyTimeout: '150ms' })
  const endpoint = endpointAt(server.url)
  const reply = await replyOf(transport.send(attemptAt(endpoint)))
  await until('the body is over', () => reply.body.over)
  await statsBecome(transport, endpoint, { connections: 0, idle: 0, waiting: 0 })
  await assert.rejects(Promise.resolve(reply.body.gather()), ({ code, cause }) => {
    assert.deepEqual([code, cause.code], ['BODY_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])
    return true
  })
})

test('a body that moves slowly but moves does not time out', async (t) => {
  let response: ServerResponse | undefined
  const server = await httpServer(t, (_q, r) => {
    response = r
    r.write('tick')
  })
  const clock = new MovableClock()
  const reply = await replyOf(transportFor(t, { bodyTimeout: '1h' }, {}, clock).send(attemptAt(endpointAt(server.url))))
  for (let i = 0; i < 6; i += 1) {
    assert.equal(Buffer.from((await reply.body.read()) ?? []).toString(), 'tick')
    clock.move(50 * 60_000)
    response?.write('tick')
  }
  response?.end()
  assert.equal(String(Buffer.concat(await reply.body.gather())), 'tick')
})

test('a slow reader does not time out', async (t) => {
  const server = await httpServer(t, (_q, r) => r.end(Buffer.alloc(600 * 1024)))
  const clock = new MovableClock()
  const reply = await replyOf(transportFor(t, { bodyTimeout: '1h' }, {}, clock).send(attemptAt(endpointAt(server.url))))
  let bytes = 0
  for (let chunk = await reply.body.read(); chunk !== undefined; chunk = await reply.body.read()) {
    bytes += chunk.byteLength
    clock.move(50 * 60_000)
    await turn()
  }
  assert.equal(bytes, 600 * 1024)
})

test('a small reply that nobody reads frees its connection by itself', async (t) => {
  const server = await httpServer(t, (_q, r) => r.end('small'))
  const transport = transportFor(t, { connections: 1 })
  const endpoint = endpointAt(server.url)
  for (let i = 0; i < 5; i += 1) await replyOf(transport.send(attemptAt(endpoint)))
  assert.equal(server.connections(), 1)
})

test('discarding a short rest keeps the connection', async (t) => {
  const server = await httpServer(t, (_q, r) => {
    r.writeHead(200, { 'content-length': 30_000 })
    r.write(Buffer.alloc(10_000))
    setTimeout(() => r.end(Buffer.alloc(20_000)), 20)
  })
  const transport = transportFor(t)
  const endpoint = endpointAt(server.url)
  const reply = await replyOf(transport.send(attemptAt(endpoint)))
  reply.body.discard()
  await statsBecome(transport, endpoint, { connections: 1, idle: 1, waiting: 0 })
})

test('discarding a long rest gives the connection up', async (t) => {
  const server = await httpServer(t, (_q, r) => r.end(Buffer.alloc(32 * 1024 * 1024)))
  const transport = transportFor(t)
  const endpoint = endpointAt(server.url)
  const reply = await replyOf(transport.send(attemptAt(endpoint)))
  reply.body.discard()
  await statsBecome(transport, endpoint, { connections: 0, idle: 0, waiting: 0 })
})

test('a caller that leaves mid-body gets its own reason, and the connection is given up', async (t) => {
  const server = await httpServer(t, (_q, r) => {
    r.write('first')
  })
  const transport = transportFor(t)
  const attempt = attemptAt(endpointAt(server.url))
  const reply = await replyOf(transport.send(attempt))
  const rest = Promise.resolve(reply.body.gather())
  const reason = new MeshError('ABORTED', 'enough', { service: 'orders', sent: true })
  attempt.cancellation.cancel(reason)
  await assert.rejects(rest, (error) => error === reason)
  await statsBecome(transport, attempt.endpoint, { connections: 0, idle: 0, waiting: 0 })
})

test('a reply that announces too many bytes is refused before its body', async (t) => {
  const server = await httpServer(t, (_q, r) => r.end(Buffer.alloc(5_000)))
  const error = errorOf(await transportFor(t, { maxReplyBytes: 4_096 }).send(attemptAt(endpointAt(server.url))))
  assert.equal(error.code, 'REPLY_TOO_LARGE')
  assert.match(error.message, /5000 bytes or more; the service allows 4096/)
})

test('a reply that turns out too large is cut off', async (t) => {
  const server = await httpServer(t, (_q, r) => {
    r.write(Buffer.alloc(3_000))
    setTimeout(() => r.end(Buffer.alloc(3_000)), 10)
  })
  const outcome = await transportFor(t, { maxReplyBytes: 4_096 }).send(attemptAt(endpointAt(server.url)))
  await assert.rejects(textOf(outcome), { code: 'REPLY_TOO_LARGE' })
})

test('trailers are there when the body is', async (t) => {
  const server = await httpServer(t, (_q, r) => {
    r.writeHead(200, { trailer: 'x-sum' })
    r.write('body')
    r.addTrailers({ 'x-sum': '42' })
    r.end()
  })
  const reply = await replyOf(transportFor(t).send(attemptAt(endpointAt(server.url))))
  await reply.body.gather()
  assert.equal(reply.body.trailers?.['x-sum'], '42')
})

test('early hints do not pass for the reply', async (t) => {
  const server = await httpServer(t, (_q, r) => {
    r.writeEarlyHints({ link: '</a.css>; rel=preload' })
    r.end('real')
  })
  const reply = await replyOf(transportFor(t).send(attemptAt(endpointAt(server.url))))
  assert.equal(reply.status, 200)
  assert.equal(Buffer.concat(await reply.body.gather()).toString(), 'real')
})

test('giving up on a reply that ends with its connection harms nobody', async (t) => {
  const server = await rawServer(t, (socket) => socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\nabc')))
  const transport = transportFor(t)
  const endpoint = endpointAt(server.url)
  const dropped = await replyOf(transport.send(attemptAt(endpoint)))
  dropped.body.discard()
  const cancelled = attemptAt(endpoint)
  const reply = await replyOf(transport.send(cancelled))
  const gathering = Promise.resolve(reply.body.gather())
  cancelled.cancellation.cancel(new MeshError('ABORTED', 'the caller left', { service: 'orders', sent: true }))
  await assert.rejects(gathering, { code: 'ABORTED' })
  await until('both connections are closed', () => server.open() === 0)
  await statsBecome(transport, endpoint, { connections: 0, idle: 0, waiting: 0 })
})

test('a reply that ends with its connection is not complete when the transport is closed', async (t) => {
  const server = await rawServer(t, (socket) => socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\n\r\nabc')))
  const transport = transportFor(t)
  const reply = await replyOf(transport.send(attemptAt(endpointAt(server.url))))
  const gathering = Promise.resolve(reply.body.gather())
  await Promise.all([transport.close(0), assert.rejects(gathering, MeshError)])
})
