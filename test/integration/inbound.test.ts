import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { Hono } from 'hono'
import { fixed, inbound, inboundRequest, MeshError, mesh } from '../../src/index.ts'
import { until } from '../servers/server-kit.ts'
import { httpServer } from './transport/wire.ts'

test('a deadline travels over three servers and shrinks on the way', async (t) => {
  const told: number[] = []
  const last = await httpServer(t, (request, response) => {
    told.push(Number(request.headers['x-proxyless-deadline-ms']))
    response.end('done')
  })
  const inner = mesh({ name: 'inner' })
    .service('last', (s) => s.resolve(fixed([last.url])))
    .build()
  t.after(() => inner.close())
  const middle = await httpServer(
    t,
    inbound(async (request, response) => {
      told.push(Number(request.headers['x-proxyless-deadline-ms']))
      await new Promise((resolve) => setTimeout(resolve, 50))
      response.end(await (await inner.fetch('http://last/')).text())
    }),
  )
  const outer = mesh({ name: 'outer' })
    .service('middle', (s) => s.resolve(fixed([middle.url])).deadline('1m', { send: 'always' }))
    .build()
  t.after(() => outer.close())
  assert.equal(await (await outer.fetch('http://middle/')).text(), 'done')
  const [first = 0, second = 0] = told
  assert.ok(first > 30_000 && first <= 60_000, `the first was told ${first}`)
  assert.ok(second > 0 && second <= first - 45, `the second was told ${second}`)
})

test('the middleware captures in Hono, across awaits', async () => {
  const app = new Hono()
  app.use(inbound())
  app.get('/', async (context) => {
    await new Promise((resolve) => setTimeout(resolve, 5))
    return context.json({ attempt: inboundRequest()?.attempt, limited: Number.isFinite(inboundRequest()?.leftMs) })
  })
  const response = await app.request('/', { headers: { 'grpc-timeout': '1S', 'x-envoy-attempt-count': '3' } })
  assert.deepEqual(await response.json(), { attempt: 3, limited: true })
})

test('requests that are served at the same time do not see each other', async (t) => {
  const server = await httpServer(
    t,
    inbound(async (_request, response) => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      response.end(String(inboundRequest()?.attempt))
    }),
  )
  const ask = (attempt: number) =>
    new Promise<string>((resolve, reject) => {
      http
        .get(server.url, { headers: { 'x-envoy-attempt-count': attempt } }, async (response) => {
          let text = ''
          for await (const chunk of response) text += String(chunk)
          resolve(text)
        })
        .on('error', reject)
    })
  assert.deepEqual(await Promise.all([1, 2, 3, 4].map(ask)), ['1', '2', '3', '4'])
})

test('hedging over real sockets answers fast beside an endpoint that is slow, and aborts the slow attempt', async (t) => {
  let aborted = 0
  const slow = await httpServer(t, (_request, response) => {
    response.on('close', () => {
      aborted += 1
    })
  })
  const fast = await httpServer(t, (_request, response) => void response.end('fast'))
  const shop = mesh({ name: 'hedged' })
    .service('orders', (s) =>
      s
        .resolve(fixed([slow.url, fast.url]))
        .balance((endpoints) => endpoints[0])
        .retry({ budget: false })
        .deadline('1m')
        .hedge({ after: 30 }),
    )
    .build()
  t.after(() => shop.close())
  for (let i = 0; i < 5; i += 1) assert.equal(await (await shop.fetch('http://orders/')).text(), 'fast')
  await until('every slow attempt is aborted', () => aborted === 5)
  const { extraAttempts, endpoints } = shop.snapshot().services.orders ?? {}
  assert.deepEqual([extraAttempts?.hedges, extraAttempts?.hedgesWon], [5, 5])
  assert.deepEqual(
    endpoints?.map(({ inFlight, failures }) => [inFlight, failures]),
    [
      [0, 0],
      [0, 0],
    ],
  )
})

test('ten thousand callers of a service that never answers time out at their deadlines', async (t) => {
  // Connections are taken and never answered.
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    socket.resume()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const shop = mesh({ name: 'patient' })
    .service('orders', (s) =>
      s
        .resolve(fixed([`http://127.0.0.1:${(server.address() as AddressInfo).port}`]))
        .http({ pending: 20_000, pendingTimeout: '1m' })
        .deadline('3s'),
    )
    .build()
  t.after(() => shop.close({ grace: 0 }))
  const late: number[] = []
  await Promise.all(
    Array.from({ length: 10_000 }, async () => {
      const began = performance.now()
      const error: unknown = await shop.fetch('http://orders/').catch((thrown: unknown) => thrown)
      late.push(performance.now() - began - 3_000)
      assert.equal(MeshError.from(error)?.code, 'DEADLINE_EXCEEDED')
    }),
  )
  late.sort((a, b) => a - b)
  assert.ok((late[0] as number) > -1, `the first left ${late[0]} ms after its deadline`)
  const orders = () => shop.snapshot().services.orders ?? assert.fail('no service')
  assert.deepEqual([orders().calls.failed, orders().calls.inFlight], [10_000, 0])
  const held = () =>
    orders()
      .endpoints.map(({ inFlight, waiting, connections, idle }) => [inFlight, waiting, connections - idle])
      .join()
  await until('nothing is in flight, nobody waits, and every connection is idle', () => held() === '0,0,0')
  await shop.close()
  await until('no socket is open', () => sockets.size === 0)
  // How late the last ones are depends on the machine; that the order is exact is held on a fake clock.
  t.diagnostic(`after the deadline: median ${Math.round(late[5_000] as number)} ms, last ${Math.round(late[9_999] as number)} ms`)
})
