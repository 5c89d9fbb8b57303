import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { compress } from 'hono/compress'
import { etag } from 'hono/etag'
import { proxy } from 'hono/proxy'
import type { Mesh } from '../../../src/index.ts'
import { dyingPair } from './dying-pair.ts'

/** A proxy in front of the mesh that hands our responses on in every way that people do. */
function reverseProxy(net: Mesh): Hono {
  const app = new Hono()
  const call = (url: string) => net.fetch(`http://orders${new URL(url).pathname}`)
  app.get('/as-is/*', ({ req }) => call(req.url))
  app.get('/wrapped/*', async ({ req }) => {
    const response = await call(req.url)
    return new Response(response.body, response)
  })
  app.use('/changed/*', async (context, next) => {
    await next()
    context.header('x-middleware', 'was here')
    context.res.headers.set('x-second', 'too')
  })
  app.get('/changed/*', ({ req }) => call(req.url))
  app.use('/etag/*', etag())
  // This middleware changes the headers of what it is given, which not even a response of the built-in fetch would let it.
  app.get('/etag/*', async ({ req }) => {
    const response = await call(req.url)
    return new Response(response.body, response)
  })
  app.use('/compressed/*', compress({ threshold: 0 }))
  app.get('/compressed/*', ({ req }) => call(req.url))
  app.all('/helper/*', ({ req }) => proxy(`http://orders${new URL(req.url).pathname}`, { raw: req.raw, customFetch: net.fetch }))
  app.get('/cloned/*', async ({ req }) => {
    const response = await call(req.url)
    const copy = response.clone()
    return (await response.text()) === '' ? new Response('empty') : copy
  })
  return app
}

async function serving(t: TestContext, app: Hono): Promise<string> {
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0, overrideGlobalObjects: false })
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
  t.after(() => {
    if ('closeAllConnections' in server) server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const ways = ['as-is', 'wrapped', 'changed', 'etag', 'compressed', 'helper', 'cloned'] as const

test('Hono returns our responses from a reverse proxy, and an endpoint that dies costs no call', async (t) => {
  const native = globalThis.Response
  const { net, whileOneDies } = await dyingPair(t, async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    response.setHeader('content-type', 'text/plain')
    response.appendHeader('set-cookie', 'a=1').appendHeader('set-cookie', 'b=2')
    if (request.url?.endsWith('/none')) response.writeHead(204).end()
    else if (request.url?.endsWith('/missing')) response.writeHead(404).end('no such order')
    else if (request.url?.endsWith('/zipped')) response.setHeader('content-encoding', 'gzip').end(gzipSync('unzipped'))
    else response.end(`${request.method} ${request.url} ${body}`)
  })
  const base = await serving(t, reverseProxy(net))
  const replies = await whileOneDies(async (i) => {
    const path = `/${ways[i % ways.length]}/${i}`
    const response = await fetch(base + path)
    return [response.status, response.headers.getSetCookie(), await response.text(), `GET ${path} `] as const
  })
  for (const [status, cookies, text, expected] of replies) {
    assert.deepEqual([status, cookies, text], [200, ['a=1', 'b=2'], expected])
  }
  const changed = await fetch(`${base}/changed/1`)
  assert.deepEqual([changed.headers.get('x-middleware'), changed.headers.get('x-second')], ['was here', 'too'])
  assert.ok((await fetch(`${base}/etag/1`)).headers.has('etag'))
  assert.equal((await fetch(`${base}/compressed/1`)).headers.get('content-encoding'), 'gzip')
  for (const way of ways) {
    assert.equal((await fetch(`${base}/${way}/missing`)).status, 404, way)
  }
  for (const way of ['as-is', 'wrapped', 'changed', 'helper']) assert.equal((await fetch(`${base}/${way}/none`)).status, 204, way)
  assert.equal(await (await fetch(`${base}/helper/zipped`)).text(), 'unzipped')
  assert.equal(await (await fetch(`${base}/helper/x`, { method: 'POST', body: 'sent on' })).text(), 'POST /helper/x sent on')
  assert.equal(globalThis.Response, native)
})
