/** The dispatcher on real connections: bodies of any size, callers that leave, endpoints that die. */
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import http, { type IncomingMessage, type RequestListener, type Server } from 'node:http'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { request } from 'undici'
import { fixed, type HttpOptions, type Mesh, MeshError, mesh, type Policy, replied } from '../../../src/index.ts'
import { until } from '../../servers/server-kit.ts'
import { OldRecorder, Recorder } from '../../unit/dispatcher/recorder.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

interface Far {
  readonly server: Server
  readonly url: string
}

async function serve(t: TestContext, listener: RequestListener): Promise<Far> {
  const server = http.createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function meshTo(t: TestContext, urls: readonly string[], options: HttpOptions = {}, policy?: Policy): Mesh {
  const net = mesh()
    .service('orders', (s) =>
      policy === undefined ? s.resolve(fixed(urls)).http(options) : s.resolve(fixed(urls)).http(options).use(policy),
    )
    .build() as Mesh
  t.after(() => net.close({ grace: 0 }))
  return net
}

const get = Object.freeze({ origin: 'http://orders', path: '/', method: 'GET' })
const inFlight = (net: Mesh) => net.snapshot().services.orders?.calls.inFlight
const connections = (net: Mesh) => net.snapshot().services.orders?.endpoints.reduce((sum, endpoint) => sum + (endpoint.connections ?? 0), 0)

/** Whether the mesh still carries calls, over however few connections. */
async function works(net: Mesh): Promise<void> {
  const { statusCode, body } = await request('http://orders/', { dispatcher: net.dispatcher })
  assert.equal(statusCode, 200)
  await body.text()
  await until('nothing is in flight', () => inFlight(net) === 0)
}

test('no call is lost when one of two endpoints dies under traffic', async (t) => {
  const answer: RequestListener = (_request, response) => void setTimeout(() => response.end('ok'), 2)
  const [left, right] = [await serve(t, answer), await serve(t, answer)]
  const net = meshTo(t, [left.url, right.url])
  let lost = 0
  let done = 0
  let stop = false
  const caller = async () => {
    while (!stop) {
      try {
        const { body } = await request('http://orders/', { dispatcher: net.dispatcher })
        assert.equal(await body.text(), 'ok')
        done += 1
      } catch {
        lost += 1
      }
    }
  }
  const callers = Array.from({ length: 8 }, caller)
  await until('traffic flows', () => done > 400)
  left.server.close()
  left.server.closeAllConnections()
  const before = done
  await until('traffic goes on', () => done > before + 400)
  stop = true
  await Promise.all(callers)
  assert.equal(lost, 0)
  assert.equal(inFlight(net), 0)
})

test('a large upload waits for a server that is slow to read', async (t) => {
  let far: IncomingMessage | undefined
  const { url } = await serve(t, (incoming, response) => {
    far = incoming
    response.setHeader('content-type', 'text/plain')
  })
  const net = meshTo(t, [url])
  const size = 40_000_000
  let made = 0
  const piece = Buffer.alloc(64 * 1024, 'x')
  const source = new Readable({
    read() {
      if (made >= size) this.push(null)
      else this.push(piece)
      made += piece.byteLength
    },
  })
  const pending = request('http://orders/', {
    dispatcher: net.dispatcher,
    method: 'POST',
    body: source,
    bodyTimeout: 0,
    mesh: { deadline: '2m' },
  } as never)
  await until('the request came', () => far !== undefined)
  // Until the buffers of both sockets are full.
  let seen = -1
  await until('the source is held back', async () => {
    const stands = made === seen
    seen = made
    await sleep(50)
    return stands
  })
  assert.ok(made < size / 2, `${made} bytes were made of ${size}, though nobody read them`)
  let received = 0
  for await (const chunk of far as IncomingMessage) received += chunk.length
  ;(far as unknown as { socket: { _httpMessage: http.ServerResponse } }).socket._httpMessage.end('thanks')
  const { body } = await pending
  assert.equal(await body.text(), 'thanks')
  assert.ok(received >= size)
})

test('a large download waits for a caller that is slow to read', async (t) => {
  const size = 40_000_000
  let written = 0
  const piece = Buffer.alloc(64 * 1024, 'x')
  const { url } = await serve(t, (_incoming, response) => {
    Readable.from(
      (function* () {
        while (written < size) {
          written += piece.byteLength
          yield piece
        }
      })(),
    ).pipe(response)
  })
  const net = meshTo(t, [url])
  const { body } = await request('http://orders/', { dispatcher: net.dispatcher })
  let seen = -1
  await until('the server is held back', async () => {
    const stands = written === seen
    seen = written
    await sleep(50)
    return stands
  })
  assert.ok(written < size / 2, `${written} bytes were written of ${size}, though nobody read them`)
  let received = 0
  for await (const chunk of body) received += chunk.length
  assert.equal(received, written)
  await works(net)
})

test('a reply that is dropped without being read frees its connection when it is collected', async (t) => {
  let large = true
  const { url } = await serve(t, (_incoming, response) => {
    response.end(large ? Buffer.alloc(5_000_000, 'x') : 'small')
  })
  const net = meshTo(t, [url], { connections: 1 })
  const drop = async () => {
    await net.request('http://orders/')
  }
  await drop()
  large = false
  await until('the connection is free', async () => {
    collectGarbage()
    await sleep(10)
    return inFlight(net) === 0
  })
  await works(net)
  await net.dispatcher.close()
})

test('requests that cannot be sent cost no connection', async (t) => {
  const { url } = await serve(t, (_incoming, response) => response.end('ok'))
  const net = meshTo(t, [url], { connections: 1 })
  const bad = [
    { headers: { expect: '100-continue' } },
    { path: '/a b' },
    { headers: { 'a b': '1' } },
    { headers: { upgrade: 'x' } },
    { method: 'G T' },
  ]
  for (let i = 0; i < 50; i += 1) {
    const handler = new Recorder()
    assert.equal(net.dispatcher.dispatch({ ...get, ...bad[i % bad.length] }, handler), true)
    assert.deepEqual(handler.told, ['error'])
  }
  await works(net)
  assert.equal(connections(net), 1)
})

test('a handler that throws, wherever, leaves the mesh in order', async (t) => {
  const { url } = await serve(t, (_incoming, response) => {
    response.writeEarlyHints({ link: '</a.css>; rel=preload' })
    response.write('one')
    setTimeout(() => response.end('two'), 5)
  })
  const net = meshTo(t, [url], { connections: 1 })
  for (const name of [
    'onRequestStart',
    'onResponseStarted',
    'onResponseStart',
    'onResponseData',
    'onResponseEnd',
    'onBodySent',
    'onRequestSent',
  ]) {
    const thrown = new Error(name)
    const handler = new Recorder()
    Object.assign(handler, {
      [name]: () => {
        throw thrown
      },
    })
    net.dispatcher.dispatch({ ...get, method: 'POST', body: 'body' }, handler)
    await handler.over
    assert.equal(handler.error, thrown, name)
    assert.equal(handler.told.filter((what) => what === 'error').length, 1, name)
    await until('the call is over', () => inFlight(net) === 0)
    await works(net)
  }
})

test('an abort, whenever, leaves the mesh in order', async (t) => {
  const { url } = await serve(t, (_incoming, response) => {
    response.write('one')
    setTimeout(() => response.end('two'), 5)
  })
  const net = meshTo(t, [url], { connections: 1 })
  for (let i = 0; i < 20; i += 1) {
    const reason = new Error(`${i}`)
    const handler = new Recorder()
    net.dispatcher.dispatch(get, handler)
    if (i > 0) await sleep(i / 2)
    handler.controller?.abort(reason)
    await handler.over
    assert.equal(handler.error, handler.told.includes('end') ? undefined : reason)
    assert.equal(handler.told.filter((what) => what === 'end' || what === 'error').length, 1)
  }
  await works(net)
})

test('a caller who leaves during an upload ends it', async (t) => {
  let came = false
  let closed = false
  const { url } = await serve(t, (incoming) => {
    came = true
    incoming.resume()
    incoming.on('close', () => {
      closed = true
    })
  })
  const net = meshTo(t, [url])
  const source = new Readable({
    read() {
      setTimeout(() => this.push('x'), 1)
    },
  })
  const controller = new AbortController()
  const reason = new Error('enough')
  const pending = request('http://orders/', { dispatcher: net.dispatcher, method: 'POST', body: source, signal: controller.signal })
  await until('the upload has begun', () => came)
  controller.abort(reason)
  await assert.rejects(pending, reason)
  await until('the server sees the end', () => closed)
  assert.equal(source.destroyed, true)
})

test('the handler is told what happens on the wire', async (t) => {
  const { url } = await serve(t, async (incoming, response) => {
    response.writeEarlyHints({ link: '</a.css>; rel=preload' })
    await incoming.toArray()
    response.writeHead(200, 'Fine', { trailer: 'X-Sum', 'X-Case': '1', 'x-more': ['a', 'b'] })
    response.write('text')
    response.addTrailers({ 'X-Sum': '7' })
    response.end()
  })
  const net = meshTo(t, [url])
  const handler = new Recorder()
  const sent: string[] = []
  Object.assign(handler, {
    onBodySent: (piece: Buffer) => sent.push(String(piece)),
    onRequestSent: () => sent.push('sent'),
    onResponseStarted: () => handler.told.push('began'),
  })
  net.dispatcher.dispatch({ ...get, method: 'POST', body: Readable.from(['in ', 'pieces']) }, handler)
  await handler.over
  assert.deepEqual(sent, ['in ', 'pieces', 'sent'])
  assert.deepEqual([...new Set(handler.told)], ['start', 'began', 'head 103', 'head 200', 'data 4', 'end'])
  assert.equal(handler.statusText, 'Fine')
  assert.deepEqual(handler.trailers, { 'x-sum': '7' })
  const raw = [...((handler.controller?.rawHeaders as Buffer[] | undefined) ?? [])].map(String)
  assert.ok(raw.includes('X-Case'), 'names are as the server spelled them')
  assert.equal(raw.filter((name) => name === 'x-more').length, 2)

  const old = new OldRecorder()
  net.dispatcher.dispatch(get, old)
  await old.over
  assert.deepEqual(old.told, ['connect', 'headers 103', 'headers 200', 'data 4', 'complete'])
  assert.ok(old.rawHeaders.map(String).includes('X-Case'))
  assert.deepEqual(old.rawTrailers.map(String), ['x-sum', '7'])
})

test('start, head and failure come in the async context of the caller, whoever opened the connection', async (t) => {
  const { url } = await serve(t, (incoming, response) => {
    if (incoming.url === '/lost') incoming.socket.destroy()
    else response.end('ok')
  })
  const net = meshTo(t, [url], { connections: 1 })
  const storage = new AsyncLocalStorage<string>()
  const seen: (string | undefined)[] = []
  for (const name of ['one', 'two', 'three']) {
    const note = () => void seen.push(storage.getStore())
    const handler = new Recorder({ start: note, head: note, error: note })
    storage.run(name, () => net.dispatcher.dispatch({ ...get, method: 'POST', path: name === 'three' ? '/lost' : '/' }, handler))
    await handler.over
  }
  assert.deepEqual(seen, ['one', 'one', 'two', 'two', 'three', 'three'])
})

test('over HTTP/2, too, handlers of either style get status, headers, body and trailers', async (t) => {
  const server = http2.createServer((_incoming, response) => {
    response.writeHead(200, { 'x-more': ['a', 'b'] })
    response.addTrailers({ 'x-sum': '7' })
    response.end('text')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close())
  const net = meshTo(t, [`http://127.0.0.1:${(server.address() as AddressInfo).port}`], { protocol: 'h2' })
  const handler = new Recorder()
  net.dispatcher.dispatch(get, handler)
  await handler.over
  assert.deepEqual(handler.told, ['start', 'head 200', 'data 4', 'end'])
  assert.deepEqual((handler.headers as Record<string, unknown>)['x-more'], 'a, b')
  assert.equal((handler.trailers as Record<string, unknown>)['x-sum'], '7')
  const old = new OldRecorder()
  net.dispatcher.dispatch(get, old)
  await old.over
  assert.deepEqual(old.told, ['connect', 'headers 200', 'data 4', 'complete'])
  assert.ok(old.rawHeaders.map(String).includes('x-more'))
  const { body } = await net.request('http://orders/')
  assert.equal(await body.text(), 'text')
})

test('what a policy makes of the headers is what handlers in the old style get', async (t) => {
  const { url } = await serve(t, (_incoming, response) => response.setHeader('X-Secret', '1').end('text'))
  const hide: Policy = {
    name: 'hide',
    scope: 'attempt',
    layer: () => (next) => async (attempt) => {
      const outcome = await next(attempt)
      return outcome.ok ? replied({ ...outcome.reply, headers: { 'x-shown': '2' } }) : outcome
    },
  }
  const net = meshTo(t, [url], {}, hide)
  const old = new OldRecorder()
  net.dispatcher.dispatch(get, old)
  await old.over
  assert.deepEqual(old.rawHeaders.map(String), ['x-shown', '2'])
})

test('a host that no service declares goes straight out, or is refused', async (t) => {
  const { url } = await serve(t, (incoming, response) => response.end(incoming.headers.host))
  const net = meshTo(t, [url])
  const { body } = await request(url, { dispatcher: net.dispatcher })
  assert.equal(await body.text(), new URL(url).host)
  const strict = mesh({ outbound: 'registered-only' }).build()
  t.after(() => strict.close())
  await assert.rejects(request(url, { dispatcher: strict.dispatcher }), (error) => MeshError.is(error) && error.code === 'UNKNOWN_SERVICE')
})

test('the errors of real connections have the codes of undici', async (t) => {
  const { url } = await serve(t, (incoming, response) => {
    if (incoming.url === '/reset') incoming.socket.destroy()
    else if (incoming.url === '/garbage') incoming.socket.end('this is not HTTP\r\n\r\n')
    else if (incoming.url === '/cut') {
      response.writeHead(200, { 'content-length': '100' }).write('x')
      setTimeout(() => incoming.socket.destroy(), 10)
    }
  })
  const net = meshTo(t, [url])
  const failing = async (path: string, options: object = {}) => {
    try {
      const { body } = await net.request(`http://orders${path}`, { method: 'POST', ...options })
      await body.text()
    } catch (error) {
      return [(error as { code?: string }).code, MeshError.from(error)?.code]
    }
    return undefined
  }
  assert.deepEqual(await failing('/reset'), ['UND_ERR_SOCKET', 'CONNECTION_LOST'])
  // Its parser's errors have a name, and no code.
  assert.deepEqual(await failing('/garbage'), [undefined, 'BAD_REPLY'])
  assert.deepEqual(await failing('/cut'), ['UND_ERR_SOCKET', 'CONNECTION_LOST'])
  assert.deepEqual(await failing('/hang', { headersTimeout: 50 }), ['UND_ERR_HEADERS_TIMEOUT', 'DEADLINE_EXCEEDED'])
  assert.deepEqual(await failing('/hang', { mesh: { deadline: '50ms' } }), ['UND_ERR_HEADERS_TIMEOUT', 'DEADLINE_EXCEEDED'])
  await until('nothing is in flight', () => inFlight(net) === 0)
})
