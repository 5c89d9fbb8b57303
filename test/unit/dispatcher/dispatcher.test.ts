import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Dispatcher, errors, interceptors, request, stream } from 'undici'
import { MeshError } from '../../../src/index.ts'
import { inTurn } from '../../../src/testing/index.ts'
import { OldRecorder, Recorder, settle } from './recorder.ts'
import { endpoints, get, meshOver } from './test-mesh.ts'

test('the dispatcher is one of undici, with its request, stream and events', async () => {
  await using m = meshOver({ body: 'text' })
  assert.ok(m.dispatcher instanceof Dispatcher)
  const result = await m.dispatcher.request({ ...get })
  assert.equal(await result.body.text(), 'text')
  const listener = () => {}
  assert.equal(m.dispatcher.on('drain', listener), m.dispatcher)
  assert.equal(m.dispatcher.listenerCount('drain'), 1)
  m.dispatcher.off('drain', listener)
})

test('net.request is undici.request', async () => {
  await using m = meshOver(async (attempt) => ({
    status: 201,
    statusText: 'Made',
    headers: { a: '1' },
    body: await attempt.bodyText(),
    trailers: { t: '1' },
  }))
  const { request } = m.net
  const opaque = { id: 7 }
  const result = await request('http://orders/v1?x=1', { method: 'POST', body: 'hello', query: undefined as never, opaque })
  assert.equal(result.statusCode, 201)
  assert.equal(result.statusText, 'Made')
  assert.deepEqual(result.headers, { a: '1' })
  assert.equal(result.opaque, opaque)
  assert.equal(await result.body.text(), 'hello')
  assert.deepEqual(result.trailers, { t: '1' })
  assert.equal(m.transport.attempts[0]?.path, '/v1?x=1')
  const raw = await request(new URL('http://orders/'), { responseHeaders: 'raw' })
  assert.deepEqual(raw.headers, ['a', '1'])
  await raw.body.dump()
})

test("net.request rejects with undici's codes, and with the reason of the caller's own signal", async () => {
  await using m = meshOver({ error: 'CONNECTION_LOST' })
  await assert.rejects(m.net.request('http://orders', { mesh: { retry: false } }), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'UND_ERR_SOCKET')
    assert.equal(MeshError.from(error)?.code, 'CONNECTION_LOST')
    return true
  })
  m.transport.answer('hang')
  const reason = new Error('enough')
  const controller = new AbortController()
  const pending = m.net.request('http://orders', { signal: controller.signal })
  controller.abort(reason)
  await assert.rejects(pending, reason)
  await assert.rejects(m.net.request('http://orders', { signal: AbortSignal.abort(reason) }), reason)
  await assert.rejects(m.net.request('nonsense'), { code: 'ERR_INVALID_URL' })
  await settle()
  m.transport.assertIdle()
})

test('the retry interceptor repeats what the mesh does not', async () => {
  await using m = meshOver(inTurn({ error: 'CONNECTION_LOST' }, { status: 503 }, { body: 'at last' }))
  const dispatcher = m.dispatcher.compose(interceptors.retry({ minTimeout: 1, maxTimeout: 1 }))
  const { statusCode, body } = await request('http://orders/', { dispatcher, mesh: { retry: false } } as never)
  assert.equal(statusCode, 200)
  assert.equal(await body.text(), 'at last')
  assert.equal(m.transport.begun, 3)
})

test('the redirect interceptor follows to another path', async () => {
  await using m = meshOver((attempt) => (attempt.path === '/new' ? { body: 'moved' } : { status: 302, headers: { location: '/new' } }))
  const dispatcher = m.dispatcher.compose(interceptors.redirect({ maxRedirections: 2 }))
  const { body, context } = await request('http://orders/old', { dispatcher })
  assert.equal(await body.text(), 'moved')
  assert.equal((context as { history: URL[] }).history.length, 2)
})

test('the dump interceptor throws bodies away', async () => {
  await using m = meshOver({ body: 'x'.repeat(1000), headers: { 'content-length': '1000' } })
  const dispatcher = m.dispatcher.compose(interceptors.dump({ maxSize: 10_000 }))
  const { body } = await request('http://orders/', { dispatcher })
  assert.equal(await body.text(), '')
  m.transport.assertIdle()
  const small = m.dispatcher.compose(interceptors.dump({ maxSize: 10 }))
  await assert.rejects(request('http://orders/', { dispatcher: small }), /larger than maxSize/)
})

test('the decompress interceptor decodes', async () => {
  const { gzipSync } = await import('node:zlib')
  await using m = meshOver({ body: gzipSync('text'), headers: { 'content-encoding': 'gzip' } })
  const dispatcher = m.dispatcher.compose(interceptors.decompress())
  const { body } = await request('http://orders/', { dispatcher })
  assert.equal(await body.text(), 'text')
})

test('the cache interceptor answers the second time', async () => {
  await using m = meshOver({ body: 'text', headers: { 'cache-control': 'max-age=60', date: new Date().toUTCString() } })
  const dispatcher = m.dispatcher.compose(interceptors.cache())
  for (let i = 0; i < 2; i += 1) {
    const { body } = await request('http://orders/cached', { dispatcher })
    assert.equal(await body.text(), 'text')
    await settle()
  }
  assert.equal(m.transport.begun, 1)
})

test("the error interceptor, several interceptors together, and one of one's own", async () => {
  await using m = meshOver({ status: 404, body: 'nothing', headers: { 'content-type': 'text/plain' } })
  const seen: string[] = []
  const own = (dispatch: (options: object, handler: object) => boolean) => (options: { path: string }, handler: object) => {
    seen.push(options.path)
    return dispatch({ ...options, path: '/changed' }, handler)
  }
  const dispatcher = m.dispatcher.compose([interceptors.responseError(), own])
  await assert.rejects(request('http://orders/first', { dispatcher }), { code: 'UND_ERR_RESPONSE', statusCode: 404 })
  assert.deepEqual(seen, ['/first'])
  assert.equal(m.transport.attempts[0]?.path, '/changed')
})

test('a composed dispatcher can be composed further, the last interceptor outermost', async () => {
  await using m = meshOver({ body: 'x' })
  const seen: string[] = []
  const named = (name: string) => (dispatch: (options: object, handler: object) => boolean) => (options: object, handler: object) => {
    seen.push(name)
    return dispatch(options, handler)
  }
  const dispatcher = m.dispatcher.compose(named('first'), named('second')).compose([named('third'), undefined])
  await (await request('http://orders/', { dispatcher })).body.text()
  assert.deepEqual(seen, ['third', 'second', 'first'])
  assert.throws(() => m.dispatcher.compose('interceptor'), /invalid interceptor/)
})

test('interceptors in the old and in the new style both get handlers that they understand', async () => {
  await using m = meshOver({ body: 'text' })
  const inNewStyle = (dispatch: (options: object, handler: object) => boolean) => (options: object, handler: Recorder) =>
    dispatch(options, {
      onRequestStart: (controller: never, context: never) => handler.onRequestStart(controller, context),
      onResponseStart: (controller: never, status: number, headers: never, text: string) =>
        handler.onResponseStart(controller, status, headers, text),
      onResponseData: (controller: never, chunk: Buffer) => handler.onResponseData(controller, chunk),
      onResponseEnd: (controller: never, trailers: never) => handler.onResponseEnd(controller, trailers),
      onResponseError: (controller: never, error: Error) => handler.onResponseError(controller, error),
    })
  const inOldStyle = (dispatch: (options: object, handler: object) => boolean) => (options: object, handler: OldRecorder) =>
    dispatch(options, {
      onConnect: (abort: never) => handler.onConnect(abort),
      onHeaders: (status: number, headers: never, resume: never, text: string) => handler.onHeaders(status, headers, resume, text),
      onData: (chunk: Buffer) => handler.onData(chunk),
      onComplete: (trailers: never) => handler.onComplete(trailers),
      onError: (error: unknown) => handler.onError(error),
    })
  for (const interceptor of [inNewStyle, inOldStyle]) {
    const handler = new OldRecorder()
    m.dispatcher.compose(interceptor).dispatch(get, handler)
    await handler.over
    assert.deepEqual(handler.told, ['connect', 'headers 200', 'data 4', 'complete'])
  }
  const handler = new Recorder()
  m.dispatcher.compose(inNewStyle).dispatch(get, handler)
  await handler.over
  assert.deepEqual(handler.told, ['start', 'head 200', 'data 4', 'end'])
})

test('a composed dispatcher is closed as the one beneath', async () => {
  await using m = meshOver({ body: 'x' })
  const composed = m.dispatcher.compose(interceptors.dump())
  assert.equal(composed.closed, false)
  await composed.close()
  assert.equal(m.dispatcher.closed, true)
})

test('undici.stream writes the body where the caller says', async () => {
  await using m = meshOver({ body: ['in ', 'pieces'] })
  const { Writable } = await import('node:stream')
  const chunks: Buffer[] = []
  await stream(
    'http://orders/',
    { method: 'GET', dispatcher: m.dispatcher },
    () =>
      new Writable({
        write: (chunk, _encoding, done) => {
          chunks.push(chunk)
          done()
        },
      }),
  )
  assert.equal(Buffer.concat(chunks).toString(), 'in pieces')
})

test('undici.pipeline carries a body there and back', async () => {
  await using m = meshOver(async (attempt) => ({ body: `you said ${await attempt.bodyText()}` }))
  const duplex = m.dispatcher.pipeline({ ...get, method: 'POST' }, ({ body }: { body: unknown }) => body)
  duplex.end('hello')
  assert.equal(Buffer.concat(await duplex.toArray()).toString(), 'you said hello')
})

test('upgrades and tunnels are refused', async () => {
  await using m = meshOver({})
  await assert.rejects(m.dispatcher.upgrade({ ...get, protocol: 'websocket' }), { code: 'UND_ERR_NOT_SUPPORTED' })
  await assert.rejects(m.dispatcher.connect({ origin: 'http://orders', path: '/' }), { code: 'UND_ERR_NOT_SUPPORTED' })
  assert.equal(m.transport.begun, 0)
})

test('closing the dispatcher waits for what is in flight, refuses more, and leaves the mesh open', async () => {
  await using m = meshOver()
  const handler = new Recorder()
  m.dispatcher.dispatch(get, handler)
  const attempt = await m.transport.next()
  let closed = 0
  const closing = m.dispatcher.close().then(() => {
    closed += 1
  })
  m.dispatcher.close(() => {
    closed += 1
  })
  assert.equal(m.dispatcher.closed, true)
  assert.equal(m.dispatcher.destroyed, false)
  const refused = new Recorder()
  m.dispatcher.dispatch(get, refused)
  assert.ok(refused.error instanceof errors.ClientClosedError)
  attempt.begin()
  await settle()
  assert.equal(closed, 0)
  attempt.end()
  await closing
  await settle()
  assert.equal(closed, 2)
  assert.deepEqual(handler.told, ['start', 'head 200', 'end'])
  assert.equal(m.dispatcher.destroyed, true)
  await assert.rejects(m.dispatcher.close(), errors.ClientDestroyedError)
  m.transport.answer({ body: 'open' })
  assert.equal(await (await m.net.fetch('http://orders/')).text(), 'open')
})

test('destroying the dispatcher fails what is in flight, with its reason, and leaves the mesh open', async () => {
  for (const reason of [new Error('enough'), undefined]) {
    await using m = meshOver()
    const [waiting, reading, paused] = [new Recorder(), new Recorder(), new Recorder({ head: (controller) => controller.pause() })]
    for (const handler of [waiting, reading, paused]) m.dispatcher.dispatch(get, handler)
    const attempts = [await m.transport.next(), await m.transport.next(), await m.transport.next()]
    attempts[1]?.begin()
    attempts[2]?.begin()
    await settle()
    await m.dispatcher.destroy(reason)
    await Promise.all([waiting.over, reading.over, paused.over])
    for (const { error } of [waiting, reading, paused]) {
      if (reason === undefined) assert.ok(error instanceof errors.ClientDestroyedError)
      else assert.equal(error, reason)
    }
    m.transport.assertIdle()
    const refused = new Recorder()
    m.dispatcher.dispatch(get, refused)
    assert.ok(refused.error instanceof errors.ClientDestroyedError)
    assert.equal(m.dispatcher.destroyed, true)
    m.transport.answer({ body: 'open' })
    assert.equal(await (await m.net.fetch('http://orders/')).text(), 'open')
    await new Promise<void>((resolve) => m.dispatcher.destroy(resolve))
  }
})

test('a closed mesh refuses as a closed dispatcher does, and waits for calls in flight', async () => {
  const m = meshOver()
  const handler = new Recorder()
  m.dispatcher.dispatch(get, handler)
  const attempt = await m.transport.next()
  const closing = m.net.close()
  attempt.begin()
  attempt.end()
  await m.clock.until(closing)
  assert.deepEqual(handler.told, ['start', 'head 200', 'end'])
  const refused = new Recorder()
  m.dispatcher.dispatch(get, refused)
  assert.ok(refused.error instanceof errors.ClientClosedError)
  assert.equal(MeshError.from(refused.error)?.code, 'CLOSED')
})

test('calls are counted, and settled, as those of fetch', async () => {
  await using m = meshOver(inTurn({ body: 'good' }, { status: 404 }, { status: 500 }))
  for (let i = 0; i < 3; i += 1) await (await m.net.request('http://orders/')).body.text()
  const { calls } = m.net.snapshot().services.orders ?? {}
  assert.deepEqual(calls, { started: 3, succeeded: 2, failed: 1, ignored: 0, inFlight: 0, retried: 0 })
  assert.ok(m.transport.attempts.every(({ endpoint }) => endpoints.includes(endpoint.address)))
})
