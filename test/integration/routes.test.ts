import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { request as undiciRequest } from 'undici'
import { fixed, MeshError, mesh } from '../../src/index.ts'

/** Two servers of one service, in two versions: each answers with its version, the path and a header that it saw. */
const servers: Server[] = []
let urls: readonly { readonly url: string; readonly labels: { readonly version: string } }[] = []
/** Requests in the order in which they came. */
const seen: string[] = []
const breaking = new Map<string, number>()

function answer(version: string, request: IncomingMessage): { readonly status: number; readonly silent: boolean } {
  const { url = '', method = '' } = request
  seen.push(`${version} ${method} ${url}`)
  const left = breaking.get(url) ?? 0
  breaking.set(url, left - 1)
  return { status: left > 0 ? 503 : 200, silent: url.startsWith('/slow') }
}

before(async () => {
  for (const version of ['v1', 'v2']) {
    const server = createServer((request, response) => {
      const { status, silent } = answer(version, request)
      if (!silent) response.writeHead(status).end(`${version} ${request.url} ${request.headers['x-team'] ?? '-'}`)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    servers.push(server)
  }
  urls = servers.map((server, i) => ({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    labels: { version: `v${i + 1}` },
  }))
})

after(async () => {
  for (const server of servers) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

function routedMesh() {
  return mesh()
    .service('shop', (s) =>
      s
        .resolve(fixed([...urls]))
        .subset('version', ['v1', 'v2'])
        .deadline('1m')
        .route({
          name: 'one order',
          match: { path: { pattern: '/api/orders/:id' }, method: 'GET' },
          rewrite: { path: '/orders/:id', setHeaders: { 'x-team': 'orders' } },
          subset: { version: 'v2' },
        })
        .route({ name: 'slow', match: { path: { prefix: '/slow' } }, deadline: '100ms' })
        .route({ name: 'careful', match: { path: '/careful' }, retry: false })
        .route({ name: 'beta', match: { headers: { 'x-beta': '1' }, query: { debug: true } }, rateLimit: { permits: 1, per: '1m' } }),
    )
    .build()
}

test('every door sends a call the way of its route', async () => {
  await using net = routedMesh()
  const replies = [
    await (await net.fetch('http://shop/api/orders/42?full=1')).text(),
    await (await net.service('shop').fetch('/api/orders/43')).text(),
    await (await net.request('http://shop/api/orders/44')).body.text(),
    await (await undiciRequest('http://shop/api/orders/45', { dispatcher: net.dispatcher as never })).body.text(),
  ]
  assert.deepEqual(replies, ['v2 /orders/42?full=1 orders', 'v2 /orders/43 orders', 'v2 /orders/44 orders', 'v2 /orders/45 orders'])
  assert.match(await (await net.fetch('http://shop/api/orders/46', { method: 'DELETE' })).text(), /^v. \/api\/orders\/46 -$/)
  assert.equal(net.snapshot().services.shop?.routes['one order']?.calls.succeeded, 4)
})

test('each route of a service fails in its own way', async () => {
  await using net = routedMesh()
  const late = await net.fetch('http://shop/slow/report').catch((error: unknown) => MeshError.from(error))
  assert.ok(MeshError.is(late))
  assert.deepEqual([late.code, late.facts.route], ['DEADLINE_EXCEEDED', 'slow'])
  breaking.set('/careful', 1).set('/other', 1)
  assert.equal((await net.fetch('http://shop/careful')).status, 503)
  assert.equal((await net.fetch('http://shop/other')).status, 200)
  const beta = () => net.fetch('http://shop/?debug', { headers: { 'x-beta': '1' } })
  assert.equal((await beta()).status, 200)
  await assert.rejects(beta(), (error) => MeshError.from(error)?.code === 'RATE_LIMITED')
  assert.equal((await net.fetch('http://shop/?debug')).status, 200)
})

test('a thousand calls are all answered while routes come, go and change', async () => {
  await using net = routedMesh()
  const { shop } = net.plan.services
  assert.ok(shop)
  const plans = [
    shop.routes,
    [],
    shop.routes.slice(1).toReversed(),
    [{ name: 'all', match: {}, retry: { attempts: 2 }, rewrite: { setHeaders: { 'x-team': 'all' } } }],
  ]
  let over = false
  const changing = (async () => {
    for (let i = 0; !over; i += 1) {
      net.apply({ services: { shop: { ...shop, routes: plans[i % plans.length] ?? [] } } })
      await sleep(1)
    }
  })()
  const statuses = new Map<number, number>()
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      for (let i = 0; i < 100; i += 1) {
        const reply = await net.fetch(`http://shop/api/orders/${i}`)
        await reply.text()
        statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1)
      }
    }),
  )
  over = true
  await changing
  assert.deepEqual([...statuses], [[200, 1_000]])
  assert.equal(net.snapshot().services.shop?.calls.inFlight, 0)
})
