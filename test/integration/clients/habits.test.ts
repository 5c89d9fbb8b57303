/** What programs do with their clients beside plain calls: retries of the client's own, hooks, timeouts, progress, leaving in the middle. */
import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { serve } from '@hono/node-server'
import axios, { AxiosError } from 'axios'
import { GraphQLClient } from 'graphql-request'
import { Hono } from 'hono'
import ky, { TimeoutError } from 'ky'
import { createFetch } from 'ofetch'
import OpenAI from 'openai'
import { fixed, type Mesh, mesh, roundRobin } from '../../../src/index.ts'
import { until } from '../../servers/server-kit.ts'
import { httpServer } from '../transport/wire.ts'

interface Pair {
  readonly net: Mesh
  /** What the servers got, as `POST /path`. */
  readonly asked: string[]
  /** Whether nothing is under way any more, at either end. */
  quiet(): Promise<void>
}

/** A service of two endpoints that answer alike. */
async function pair(t: TestContext, listener: RequestListener): Promise<Pair> {
  const asked: string[] = []
  let open = 0
  const counting: RequestListener = (request, response) => {
    asked.push(`${request.method} ${request.url}`)
    open += 1
    response.once('close', () => {
      open -= 1
    })
    listener(request, response)
  }
  const servers = [await httpServer(t, counting), await httpServer(t, counting)]
  const net = mesh({ name: 'shop' })
    .service('orders', (s) => s.resolve(fixed(servers.map(({ url }) => url))).balance(roundRobin()))
    .build() as Mesh
  t.after(() => net.close({ grace: 0 }))
  const quiet = () => until('nothing is under way', () => open === 0 && net.snapshot().services.orders?.calls.inFlight === 0)
  return { net, asked, quiet }
}

test("ky's own retries, hooks and timeout work on the mesh", async (t) => {
  const { net, asked, quiet } = await pair(t, (request, response) => {
    if (request.url?.startsWith('/hang')) return
    if (request.url?.startsWith('/busy') && asked.length < 3) response.writeHead(503, { 'retry-after': '0' }).end('busy')
    else response.setHeader('content-type', 'application/json').end(JSON.stringify({ hook: request.headers['x-try'] ?? '' }))
  })
  const client = ky.create({
    baseUrl: 'http://orders/',
    fetch: net.fetch,
    retry: { limit: 3, methods: ['post'], delay: () => 1 },
    hooks: { beforeRetry: [({ request, retryCount }) => request.headers.set('x-try', String(retryCount))] },
  })
  assert.deepEqual(await client.post('busy', { json: { a: 1 } }).json(), { hook: '2' })
  assert.deepEqual(asked, ['POST /busy', 'POST /busy', 'POST /busy'])
  await assert.rejects(client.get('hang', { timeout: 50, retry: 0 }).text(), TimeoutError)
  await quiet()
})

test("ofetch's interceptors, retries and timeout work on the mesh", async (t) => {
  const { net, asked, quiet } = await pair(t, (request, response) => {
    if (request.url?.startsWith('/hang')) return
    if (asked.length < 3) response.writeHead(503).end('busy')
    else response.end(String(request.headers['x-hook']))
  })
  const told: string[] = []
  const client = createFetch({ fetch: net.fetch, Headers, AbortController }).create({
    baseURL: 'http://orders',
    onRequest: ({ options }) => void options.headers.set('x-hook', 'set'),
    onResponse: ({ response }) => void told.push(`response ${response.status}`),
    onResponseError: ({ response }) => void told.push(`error ${response.status}`),
    onRequestError: ({ error }) => void told.push(error.name),
  })
  assert.equal(await client('/busy', { method: 'POST', body: { a: 1 }, retry: 2, retryDelay: 1 }), 'set')
  assert.equal(asked.length, 3)
  await assert.rejects(client('/hang', { timeout: 50, retry: 0 }))
  assert.deepEqual(told, ['response 503', 'error 503', 'response 503', 'error 503', 'response 200', 'TimeoutError'])
  await quiet()
})

test("axios' progress, limits, timeout and cancellation work on the mesh", async (t) => {
  const { net, quiet } = await pair(t, async (request, response) => {
    if (request.url === '/hang') return
    const bytes = Buffer.concat(await request.toArray()).length
    // What fits into what the mesh keeps comes to its end, also when axios drops it unread.
    response.setHeader('x-bytes', bytes).end(Buffer.alloc(request.method === 'POST' ? 200_000 : 5_000, 'x'))
  })
  const client = axios.create({
    adapter: 'fetch',
    baseURL: 'http://orders/',
    env: { fetch: net.fetch, Request, Response: Response as never },
  })
  let up = 0
  let down = 0
  const { headers } = await client.post('x', Buffer.alloc(100_000), {
    onUploadProgress: ({ loaded }) => {
      up = loaded
    },
    onDownloadProgress: ({ loaded }) => {
      down = loaded
    },
  })
  assert.deepEqual([headers['x-bytes'], up, down], ['100000', 100_000, 200_000])
  const codeOf = (reason: unknown) => (reason instanceof AxiosError ? reason.code : reason)
  assert.equal(await client.get('x', { maxContentLength: 1_000 }).catch(codeOf), 'ERR_BAD_RESPONSE')
  assert.equal(await client.get('hang', { timeout: 50 }).catch(codeOf), 'ETIMEDOUT')
  const source = axios.CancelToken.source()
  const waiting = client.get('hang', { cancelToken: source.token })
  setTimeout(() => source.cancel('enough'), 20)
  await assert.rejects(waiting, (reason) => axios.isCancel(reason))
  await quiet()
})

test("graphql-request's middleware and signal work on the mesh", async (t) => {
  const { net, quiet } = await pair(t, async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    if (body.includes('hang')) return
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ data: { by: request.headers['x-hook'] } }))
  })
  let seen = 0
  const client = new GraphQLClient('http://orders/graphql', {
    fetch: net.fetch,
    requestMiddleware: (request) => ({ ...request, headers: { ...Object.fromEntries(new Headers(request.headers)), 'x-hook': 'set' } }),
    responseMiddleware: () => {
      seen += 1
    },
  })
  assert.deepEqual(await client.request('{ by }'), { by: 'set' })
  const controller = new AbortController()
  const waiting = client.request({ document: '{ hang }', signal: controller.signal })
  setTimeout(() => controller.abort(), 20)
  await assert.rejects(waiting, { name: 'AbortError' })
  assert.equal(seen, 1)
  await quiet()
})

test('the OpenAI SDK repeats by itself what the mesh does not, streams tool calls, and leaves in the middle', async (t) => {
  const piece = (delta: object) =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta }] })}\n\n`
  const call = (args: object) => piece({ tool_calls: [{ index: 0, ...args }] })
  let left = 0
  const { net, asked, quiet } = await pair(t, async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    if (body.includes('busy')) {
      response.writeHead(503, { 'content-type': 'application/json', 'retry-after-ms': '1' }).end('{"error":{"message":"busy"}}')
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(piece({ role: 'assistant' }))
    response.write(call({ id: 't1', type: 'function', function: { name: 'order', arguments: '' } }))
    for (const part of ['{"id"', ':"4', '2"}']) response.write(call({ function: { arguments: part } }))
    if (!body.includes('for ever')) {
      response.end(`${piece({}).replace('"delta"', '"finish_reason":"tool_calls","delta"')}data: [DONE]\n\n`)
      return
    }
    const writing = setInterval(() => response.write(piece({ content: 'on' })), 5)
    response.once('close', () => {
      clearInterval(writing)
      left += 1
    })
  })
  const client = new OpenAI({ apiKey: 'none', baseURL: 'http://orders/v1', maxRetries: 2, fetch: net.fetch })
  const ask = (content: string) => ({ model: 'fake', messages: [{ role: 'user' as const, content }] })
  await assert.rejects(client.chat.completions.create(ask('busy')), OpenAI.InternalServerError)
  // A POST that was answered is not the mesh's to repeat: these are the attempts of the SDK alone.
  assert.equal(asked.length, 3)

  const completion = await client.chat.completions.stream({ ...ask('order 42'), stream: true }).finalChatCompletion()
  const [tool] = completion.choices[0]?.message.tool_calls ?? []
  assert.ok(tool?.type === 'function')
  assert.deepEqual([tool.function.name, tool.function.arguments], ['order', '{"id":"42"}'])

  const controller = new AbortController()
  const stream = await client.chat.completions.create({ ...ask('for ever'), stream: true }, { signal: controller.signal })
  let pieces = 0
  for await (const _ of stream) {
    pieces += 1
    if (pieces === 6) controller.abort()
  }
  assert.ok(pieces >= 6)
  await until('the server sees it', () => left === 1)
  await quiet()
})

test('Hono hands streams on in both directions, raw requests, and replies without a body', async (t) => {
  const { net, quiet } = await pair(t, async (request, response) => {
    if (request.headers['if-none-match'] === '"1"') {
      response.writeHead(304, { etag: '"1"' }).end()
      return
    }
    response.writeHead(200, { etag: '"1"', 'set-cookie': ['a=1', 'b=2'], 'x-type': request.headers['content-type'] ?? '' })
    response.flushHeaders()
    request.on('error', () => {})
    request.on('data', (piece) => response.write(`<${piece}>`))
    request.on('end', () => response.end())
  })
  const app = new Hono()
  app.all('/raw/*', ({ req }) => {
    const { pathname, search } = new URL(req.url)
    return net.fetch(new Request(`http://orders${pathname}${search}`, req.raw))
  })
  app.all('/parts/*', ({ req }) => {
    const { method, headers, body } = req.raw
    return net.fetch('http://orders/parts', { method, headers, body, duplex: 'half', redirect: 'manual' })
  })
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0, overrideGlobalObjects: false })
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
  t.after(() => void server.close())
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  for (const way of ['raw', 'parts']) {
    // The second piece is sent when the first one has come back: nothing in between waits for an end.
    let heard = () => {}
    const back = new Promise<void>((resolve) => {
      heard = resolve
    })
    const body = new ReadableStream({
      async start(controller) {
        controller.enqueue(Buffer.from('one'))
        await back
        controller.enqueue(Buffer.from('two'))
        controller.close()
      },
    })
    const response = await fetch(`${base}/${way}/x`, {
      method: 'POST',
      body,
      duplex: 'half',
      headers: { 'content-type': 'text/odd' },
    } as object)
    assert.deepEqual([response.headers.getSetCookie(), response.headers.get('x-type')], [['a=1', 'b=2'], 'text/odd'])
    let text = ''
    for await (const piece of response.body ?? []) {
      text += Buffer.from(piece)
      heard()
    }
    assert.equal(text, '<one><two>')
    const unchanged = await fetch(`${base}/${way}/x`, { headers: { 'if-none-match': '"1"' } })
    assert.deepEqual([unchanged.status, unchanged.headers.get('etag'), await unchanged.text()], [304, '"1"', ''])

    // Whoever leaves the proxy leaves the service.
    const controller = new AbortController()
    const endless = new ReadableStream({ start: (stream) => stream.enqueue(Buffer.from('one')) })
    const leaving = await fetch(`${base}/${way}/x`, { method: 'POST', body: endless, duplex: 'half', signal: controller.signal } as object)
    await sleep(5)
    controller.abort()
    await assert.rejects(leaving.text())
    await quiet()
  }
})
