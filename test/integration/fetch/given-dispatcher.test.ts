/** Fetch's `init.dispatcher`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Agent, Client, type Dispatcher, MockAgent, Request as Request8 } from 'undici'
import { Client as Client7, Request as Request7 } from 'undici7'
import { fixed, mesh, roundRobin } from '../../../src/index.ts'
import { httpServer } from '../transport/wire.ts'
import { builtInMajor, comesToTheSame, passthroughMesh } from './compare.ts'

test('a dispatcher given with a call carries it, redirects included, and the next call goes its own way', async (t) => {
  const { url } = await httpServer(t, (request, response) => {
    if (request.url === '/moved') response.writeHead(302, { location: '/' }).end()
    else response.end(`${request.method} ${request.headers.host} ${request.headers.connection}`)
  })
  const { host } = new URL(url)
  for (const client of [new Client(url, { pipelining: 0 }), new Client7(url, { pipelining: 0 })]) {
    t.after(() => client.destroy())
    const net = passthroughMesh(t)
    const dispatcher = client as never
    assert.equal(await (await net.fetch(`${url}/moved`, { dispatcher })).text(), `GET ${host} close`)
    assert.equal(await (await net.fetch(url, { method: 'POST', body: 'x', dispatcher })).text(), `POST ${host} close`)
    assert.equal(await (await net.fetch(url)).text(), `GET ${host} keep-alive`)
  }
})

test('the calls of a service go over a dispatcher given with them, to the endpoints that the mesh chooses', async (t) => {
  const agent = new MockAgent()
  agent.disableNetConnect()
  t.after(() => agent.close())
  const endpoints = ['http://10.0.0.1:8080', 'http://10.0.0.2:8080']
  for (const origin of endpoints) agent.get(origin).intercept({ path: '/v1/42' }).reply(200, origin)
  const net = mesh({ name: 'shop' })
    .service('orders', (s) => s.resolve(fixed(endpoints)).balance(roundRobin()))
    .build()
  t.after(() => net.close({ grace: 0 }))
  const answers = await Promise.all(endpoints.map(async () => (await net.fetch('http://orders/v1/42', { dispatcher: agent })).text()))
  assert.deepEqual(answers.sort(), endpoints)
})

test('a dispatcher of a user, or an interceptor, finds the headers by name and may add to them', async (t) => {
  class Adding extends Agent {
    override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
      const headers = options.headers as Record<string, string>
      headers['x-seen'] = `${headers['X-Mine']} ${headers.accept}`
      return super.dispatch(options, handler)
    }
  }
  const { url } = await httpServer(t, ({ headers }, response) =>
    response.end(`${headers['x-seen']} ${headers['x-mine']} ${headers['x-late']}`),
  )
  const late: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
    dispatch({ ...options, headers: { ...(options.headers as Record<string, string>), 'x-late': '1' } }, handler)
  const agent = new Adding()
  t.after(() => agent.destroy())
  const response = await passthroughMesh(t).fetch(url, { headers: { 'X-Mine': 'a' }, dispatcher: agent.compose(late) })
  assert.equal(await response.text(), 'a */* a 1')
})

test('a dispatcher inside a Request of the undici package carries the call, unless another is given with it', async (t) => {
  const { url } = await httpServer(t, (request, response) => response.end(request.headers.connection))
  const net = passthroughMesh(t)
  class Mine extends Request8 {}
  const clients = { 8: new Client(url, { pipelining: 0 }), 7: new Client7(url, { pipelining: 0 }) }
  for (const client of Object.values(clients)) t.after(() => client.destroy())
  const text = async (request: object, init?: object) => (await net.fetch(request as never, init)).text()
  for (const request of [
    new Request8(url, { dispatcher: clients[8] }),
    new Mine(url, { dispatcher: clients[8] }),
    new Request8(new Request8(url, { dispatcher: clients[8] }), { headers: { a: 'b' } }),
    new Request7(url, { dispatcher: clients[7] }),
  ]) {
    assert.equal(await text(request), 'close')
    assert.equal(await text(request, { dispatcher: new Agent() }), 'keep-alive')
  }
  for (const request of [new Request8(url), new Request7(url), new Request(url)]) assert.equal(await text(request), 'keep-alive')
})

test('something that is not a dispatcher is refused', async (t) => {
  await assert.rejects(passthroughMesh(t).fetch('http://127.0.0.1:1/', { dispatcher: {} as never }), {
    name: 'TypeError',
    message: /127\.0\.0\.1: init\.dispatcher: expected an undici dispatcher/,
  })
})

test('a reply that a redirect brought from elsewhere is hidden in the mode no-cors, as by the built-in fetch that can', async (t) => {
  const far = await httpServer(t, (_, response) => response.setHeader('x-a', '1').end('secret'))
  const near = await httpServer(t, (_, response) => void response.writeHead(302, { location: far.url }).end())
  // The built-in fetch of undici 6 waits for ever here.
  for (const fetch of [passthroughMesh(t).fetch, ...(builtInMajor < 7 ? [] : [globalThis.fetch])]) {
    const { type, status, statusText, ok, redirected, body } = await fetch(near.url, { mode: 'no-cors' })
    assert.deepEqual([type, status, statusText, ok, redirected, body], ['opaque', 0, '', false, true, null])
  }
})

comesToTheSame('a Request counts as used when its caller left before anything was sent', async (fetch) => {
  const results: unknown[] = []
  for (const early of [true, false]) {
    const controller = new AbortController()
    if (early) controller.abort()
    const request = new Request('http://127.0.0.1:2/', { method: 'POST', body: 'x', signal: controller.signal })
    const failure = fetch(request).catch((error: Error) => error.name)
    controller.abort()
    results.push(request.bodyUsed, await request.text().catch((error: Error) => error.name), await failure)
  }
  return results
})
