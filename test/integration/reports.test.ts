import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { affinity, fixed, mesh, type ProbeAnswer, prequal, reportLoad, roundRobin } from '../../src/index.ts'

type Listener = (request: IncomingMessage, response: ServerResponse, name: number) => void

/** Some servers that are gone when the test is over. */
async function started(t: TestContext, count: number, listener: Listener): Promise<{ servers: Server[]; urls: string[] }> {
  const servers = Array.from({ length: count }, (_, name) =>
    createServer((request, response) => {
      request.resume()
      listener(request, response, name)
    }).listen(0, '127.0.0.1'),
  )
  t.after(() => {
    for (const server of servers) {
      server.close()
      server.closeAllConnections()
    }
  })
  await Promise.all(servers.map((server) => once(server, 'listening')))
  return { servers, urls: servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`) }
}

test('prequal leaves a slow server alone by what the servers report', async (t) => {
  const hits = [0, 0, 0, 0]
  const { servers, urls } = await started(t, 4, (_request, response, name) => {
    hits[name]! += 1
    setTimeout(() => response.end('ok'), name === 0 ? 300 : 2)
  })
  for (const server of servers) reportLoad(server)
  const net = mesh()
    .service('orders', (s) => s.resolve(fixed(urls)).balance(prequal()))
    .build()
  t.after(() => net.close({ grace: 0 }))
  const caller = async () => {
    for (let i = 0; i < 50; i += 1) await (await net.fetch('http://orders/')).text()
  }
  await Promise.all(Array.from({ length: 8 }, caller))
  const { reports = 0 } = net.snapshot().services.orders?.balancing ?? {}
  assert.ok(reports > 300, `${reports} reports`)
  assert.ok(hits[0]! < 60, `the slow one got ${hits[0]} of 400`)
})

test('probes find the idle server before any call does', async (t) => {
  const { servers, urls } = await started(t, 3, (request, response, name) => {
    if (request.url === '/load')
      response.end(JSON.stringify({ rif: name === 2 ? 0 : 9, latencyMs: name === 2 ? 1 : 500 } satisfies ProbeAnswer))
    else response.end(String(name))
  })
  assert.equal(servers.length, 3)
  const probe = async ({ address }: { address: string }, signal: AbortSignal) =>
    (await (await fetch(`${address}/load`, { signal })).json()) as ProbeAnswer
  const net = mesh()
    .service('orders', (s) => s.resolve(fixed(urls)).balance(prequal({ probe, probeTimeout: '20s' })))
    .build()
  t.after(() => net.close({ grace: 0 }))
  let best = 0
  for (let i = 0; i < 60; i += 1) if ((await (await net.fetch('http://orders/')).text()) === '2' && i >= 20) best += 1
  assert.ok(best > 30, `${best} of the last 40`)
})

test('a session holds over the wire by its cookie', async (t) => {
  const { urls } = await started(t, 4, (_request, response, name) => response.setHeader('set-cookie', 'own=1').end(String(name)))
  const net = mesh()
    .service('carts', (s) => s.resolve(fixed(urls)).balance(affinity(roundRobin(), { cookie: { name: 'at' } })))
    .build()
  t.after(() => net.close({ grace: 0 }))
  const first = await net.fetch('http://carts/')
  const name = await first.text()
  const [own, at] = first.headers.getSetCookie()
  assert.equal(own, 'own=1')
  for (let i = 0; i < 8; i += 1) {
    const response = await net.fetch('http://carts/', { headers: { cookie: (at as string).split(';')[0] as string } })
    assert.equal(await response.text(), name)
    assert.deepEqual(response.headers.getSetCookie(), ['own=1'])
  }
})

test('a server that says it drains gets no calls any more, and no call fails', async (t) => {
  let draining = false
  const hits = [0, 0, 0]
  const { urls } = await started(t, 3, (_request, response, name) => {
    hits[name]! += 1
    if (draining && name === 0) response.setHeader('x-envoy-immediate-health-check-fail', 'true')
    response.end('ok')
  })
  const net = mesh()
    .service('orders', (s) => s.resolve(fixed(urls)).balance(roundRobin()))
    .build()
  t.after(() => net.close({ grace: 0 }))
  const call = async (times: number) => {
    for (let i = 0; i < times; i += 1) assert.equal((await net.fetch('http://orders/')).status, 200)
  }
  await call(9)
  assert.deepEqual(hits, [3, 3, 3])
  draining = true
  await call(30)
  assert.equal(hits[0], 4, 'the one whose reply said so was the last')
})

test('a server that closes each connection after its reply is used as any other, each time by a new connection', async (t) => {
  const hits = [0, 0]
  const connections = [0, 0]
  const { servers, urls } = await started(t, 2, (_request, response, name) => {
    hits[name]! += 1
    if (name === 0) response.setHeader('connection', 'close')
    response.end('ok')
  })
  servers.forEach((server, name) => {
    server.on('connection', () => {
      connections[name]! += 1
    })
  })
  const net = mesh()
    .service('orders', (s) => s.resolve(fixed(urls)).balance(roundRobin()).retry(false))
    .build()
  t.after(() => net.close({ grace: 0 }))
  for (let i = 0; i < 20; i += 1) assert.equal(await (await net.fetch('http://orders/')).text(), 'ok')
  assert.deepEqual(hits, [10, 10])
  assert.deepEqual(connections, [10, 1])
})
