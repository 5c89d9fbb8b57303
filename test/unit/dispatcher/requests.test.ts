import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { test } from 'node:test'
import { FormData as UndiciFormData } from 'undici'
import { MeshError } from '../../../src/index.ts'
import type { ScriptedAttempt } from '../../../src/testing/index.ts'
import { OldRecorder, Recorder, settle } from './recorder.ts'
import { endpoints, get, meshOver, type TestMesh } from './test-mesh.ts'

/** What a request looks like on the far side. */
interface Seen {
  readonly method: string
  readonly path: string
  readonly headers: readonly string[]
  readonly host: string
  readonly idempotent: boolean
  readonly body: string
}

async function seenBy(attempt: ScriptedAttempt): Promise<Seen> {
  const { attempt: inner, method, path } = attempt
  const { authority, idempotent } = inner.call
  return { method, path, headers: inner.headers, host: authority, idempotent, body: await attempt.bodyText() }
}

/** Sends a request, and answers with what came on the far side. */
async function send(options: object): Promise<Seen> {
  let seen: Seen | undefined
  await using m = meshOver(async (attempt) => {
    seen = await seenBy(attempt)
    return {}
  })
  const handler = new Recorder()
  m.dispatcher.dispatch({ ...get, ...options }, handler)
  await handler.over
  if (handler.error !== undefined) throw handler.error
  assert.ok(seen !== undefined)
  return seen
}

/** What a request that is refused is told; nothing may have been sent. */
async function refusal(options: unknown): Promise<Error & { code?: string }> {
  await using m = meshOver({})
  const handler = new Recorder()
  assert.equal(m.dispatcher.dispatch(options, handler), true)
  assert.deepEqual(handler.told, ['error'], 'the handler is told before dispatch returns')
  assert.equal(handler.errorController, null)
  const old = new OldRecorder()
  assert.equal(m.dispatcher.dispatch(options, old), true)
  assert.deepEqual(old.told, ['error'])
  await settle()
  assert.equal(m.transport.begun, 0)
  assert.equal(m.net.snapshot().services.orders?.calls.started, 0)
  assert.ok(handler.error !== undefined)
  return handler.error
}

test('the host of the origin names the service, as text or as a URL, with any port', async () => {
  for (const origin of ['http://orders', 'https://orders', 'http://ORDERS:8080', new URL('http://orders'), new URL('http://orders:81/')]) {
    const seen = await send({ origin })
    assert.equal(seen.path, '/v1')
    assert.equal(seen.host, new URL(origin).host)
  }
})

test('headers come as a record, in turn, as pairs, as Headers or as a Map', async () => {
  const record = { 'X-A': '1', b: ['2', '3'], c: null, d: 4, e: undefined }
  assert.deepEqual((await send({ headers: record })).headers, ['X-A', '1', 'b', '2', 'b', '3', 'c', '', 'd', '4'])
  assert.deepEqual((await send({ headers: ['X-A', '1', 'b', ['2', '3']] })).headers, ['X-A', '1', 'b', '2', 'b', '3'])
  const pairs: [string, string][] = [
    ['X-A', '1'],
    ['b', '2'],
  ]
  assert.deepEqual((await send({ headers: pairs })).headers, ['X-A', '1', 'b', '2'])
  assert.deepEqual((await send({ headers: new Map(pairs) })).headers, ['X-A', '1', 'b', '2'])
  assert.deepEqual((await send({ headers: new Headers(pairs) })).headers, ['b', '2', 'x-a', '1'])
  assert.deepEqual((await send({ headers: [] })).headers, [])
  assert.deepEqual((await send({ headers: null })).headers, [])
})

test("a record of headers stays one, whatever somebody wrote to every object's prototype", async () => {
  Object.defineProperty(Object.prototype, Symbol.iterator, { value: function* () {}, configurable: true })
  try {
    assert.deepEqual((await send({ headers: { a: '1' } })).headers, ['a', '1'])
  } finally {
    Reflect.deleteProperty(Object.prototype, Symbol.iterator)
  }
})

test('a header of the host, and one that ends the connection, are sent', async () => {
  assert.deepEqual((await send({ headers: { Host: 'shop.example' } })).headers, ['Host', 'shop.example'])
  assert.deepEqual((await send({ headers: { connection: 'close' } })).headers, ['connection', 'close'])
  assert.deepEqual((await send({ reset: true })).headers, ['connection', 'close'])
})

test('a query is added to the path', async () => {
  assert.equal((await send({ query: { a: '1 2', b: ['x', 'y'] } })).path, '/v1?a=1%202&b=x&b=y')
  assert.equal((await send({ query: {} })).path, '/v1')
  assert.equal((await send({ path: '/v1?x=1' })).path, '/v1?x=1')
})

async function* generated() {
  yield 'in '
  yield Buffer.from('pieces')
}

function* generatedAtOnce() {
  yield 'in '
  yield Buffer.from('pieces')
}

/** As the forms of the package `form-data` are: no iterator, no `destroy`, and nothing comes before it is resumed. */
function oldStream(): object {
  const emitter = new EventEmitter()
  const resume = () => {
    emitter.emit('data', 'in ')
    emitter.emit('data', Buffer.from('pieces'))
    queueMicrotask(() => emitter.emit('end'))
  }
  return Object.assign(emitter, { pipe: () => {}, pause: () => {}, resume })
}

const stream = () => new Blob(['in pieces']).stream()
const bodies: Record<string, () => unknown> = {
  'a string': () => 'in pieces',
  'a Buffer': () => Buffer.from('in pieces'),
  'a Uint8Array over a part of a buffer': () => new TextEncoder().encode('-in pieces-').subarray(1, 10),
  'a DataView': () => new DataView(new TextEncoder().encode('-in pieces-').buffer, 1, 9),
  'an ArrayBuffer': () => new TextEncoder().encode('in pieces').buffer,
  'a Node stream of bytes': () => Readable.from([Buffer.from('in '), Buffer.from('pieces')], { objectMode: false }),
  'a Node stream of text': () => Readable.from(['in ', 'pieces']),
  'a web stream': stream,
  'an async generator': generated,
  'a generator': generatedAtOnce,
  'an array': () => ['in ', Buffer.from('pieces')],
  'an object with an async iterator': () => ({ [Symbol.asyncIterator]: generated }),
  'a web stream of text': () => ReadableStream.from(['in ', 'pieces']),
  'a stream in the style of the first Node': oldStream,
  'a Blob': () => new Blob(['in pieces']),
  'a File': () => new File(['in pieces'], 'name.txt'),
}

for (const [kind, make] of Object.entries(bodies)) {
  test(`${kind} is sent as a body`, async () => {
    const seen = await send({ method: 'POST', body: make() })
    assert.equal(seen.body, 'in pieces')
  })
}

test('an empty stream is none, and comes to its end', async () => {
  const body = new Readable({ read: () => {} })
  body.push(null)
  const ended = finished(body)
  const seen = await send({ method: 'POST', body })
  assert.equal(seen.body, '')
  await ended
  assert.equal(body.destroyed, true)
})

test('an empty body is none', async () => {
  for (const body of [null, undefined, '', Buffer.alloc(0), new Blob([])]) {
    const seen = await send({ method: 'POST', body })
    assert.equal(seen.body, '')
    assert.deepEqual(seen.headers, [])
  }
})

test('a Blob brings its type and its length, unless the caller gave them', async () => {
  const body = new Blob(['text'], { type: 'text/x' })
  assert.deepEqual((await send({ method: 'POST', body })).headers, ['content-type', 'text/x', 'content-length', '4'])
  const own = ['Content-Type', 'text/y', 'Content-Length', '4']
  assert.deepEqual((await send({ method: 'POST', body, headers: own })).headers, own)
})

test('a form of anybody is sent as a form', async () => {
  for (const Form of [FormData, UndiciFormData]) {
    const form = new Form()
    form.append('field', 'value')
    form.append('file', new File(['content'], 'name.txt', { type: 'text/plain' }))
    const seen = await send({ method: 'POST', body: form })
    const reply = new Response(seen.body, { headers: { 'content-type': seen.headers[1] ?? '' } })
    const read = await reply.formData()
    assert.equal(read.get('field'), 'value')
    assert.equal(await (read.get('file') as File).text(), 'content')
    assert.equal(seen.headers[2], 'content-length')
  }
})

test('parameters are sent as parameters', async () => {
  const seen = await send({ method: 'POST', body: new URLSearchParams({ a: '1 2' }) })
  assert.equal(seen.body, 'a=1+2')
  assert.deepEqual(seen.headers, ['content-type', 'application/x-www-form-urlencoded;charset=UTF-8'])
})

test('a stream of which everything is there has a length', async () => {
  const body = new Readable({ read: () => {} })
  body.push('text')
  body.push(null)
  body.read(0)
  assert.deepEqual((await send({ method: 'POST', body })).headers, ['content-length', '4'])
})

test('the length that the caller announces for a stream goes along', async () => {
  const seen = await send({ method: 'POST', body: generated(), headers: { 'content-length': '9' } })
  assert.deepEqual(seen.headers, ['content-length', '9'])
  assert.equal(seen.body, 'in pieces')
})

test('a call is idempotent by its method, or because the caller says so', async () => {
  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'QUERY', 'OPTIONS']) assert.equal((await send({ method })).idempotent, true, method)
  for (const method of ['POST', 'PATCH']) assert.equal((await send({ method })).idempotent, false, method)
  assert.equal((await send({ method: 'POST', idempotent: true })).idempotent, true)
  assert.equal((await send({ method: 'GET', idempotent: false })).idempotent, false)
  assert.equal((await send({ method: 'POST', idempotent: false, mesh: { idempotent: true } })).idempotent, true)
})

const invalid: Record<string, { options: unknown; code?: string; message: string }> = {
  'no options': { options: null, message: 'opts must be an object.' },
  'no origin': { options: { path: '/', method: 'GET' }, message: 'opts.origin must be a non-empty string or URL.' },
  'an empty origin': { options: { ...get, origin: '' }, message: 'opts.origin: ' },
  'an origin of another scheme': { options: { ...get, origin: 'ftp://orders' }, message: 'opts.origin: ' },
  'an origin with a password': { options: { ...get, origin: 'http://a:b@orders' }, message: 'opts.origin: ' },
  'no path': { options: { ...get, path: undefined }, message: 'path must be a string' },
  'a path without a slash': { options: { ...get, path: 'v1' }, message: 'path must start with a slash' },
  'a path with a space': { options: { ...get, path: '/a b' }, message: 'invalid request path' },
  'an origin with a path': { options: { ...get, origin: 'http://orders/v1' }, message: 'opts.origin: expected an http or https origin' },
  'a URL with a query as the origin': { options: { ...get, origin: new URL('http://orders/?a') }, message: 'got "http://orders/?a"' },
  'an origin with credentials': { options: { ...get, origin: 'http://me:secret@orders' }, message: 'got "http://***@orders/"' },
  'a path with another script': { options: { ...get, path: '/\u4e2d' }, message: 'invalid request path' },
  'no method': { options: { ...get, method: undefined }, message: 'method must be a string' },
  'a bad method': { options: { ...get, method: 'GE T' }, message: 'invalid request method' },
  'a query twice': { options: { ...get, path: '/?a', query: { b: 1 } }, message: 'Query params cannot be passed' },
  'a header without a value': { options: { ...get, headers: ['a'] }, message: 'headers array must be even' },
  'headers as text': { options: { ...get, headers: 'a: b' }, message: 'headers must be an object or an array' },
  'headers in threes': { options: { ...get, headers: [['a', 'b', 'c']] }, message: 'headers must be in key-value pair format' },
  'a bad header name': { options: { ...get, headers: { 'a b': '1' } }, message: 'invalid header key' },
  'a bad header value': { options: { ...get, headers: { a: '1\n2' } }, message: 'invalid a header' },
  'an object as a header value': { options: { ...get, headers: { a: {} } }, message: 'invalid a header' },
  'two hosts': { options: { ...get, headers: ['host', 'a', 'Host', 'b'] }, message: 'duplicate host header' },
  'two lengths': { options: { ...get, headers: ['content-length', '1', 'Content-Length', '1'] }, message: 'duplicate content-length' },
  'a length that is no number': { options: { ...get, headers: { 'content-length': '-1' } }, message: 'invalid content-length header' },
  'a bad connection header': { options: { ...get, headers: { connection: 'a b' } }, message: 'invalid connection header' },
  'a transfer encoding': { options: { ...get, headers: { 'transfer-encoding': 'chunked' } }, message: 'invalid transfer-encoding header' },
  'a keep-alive header': { options: { ...get, headers: { 'Keep-Alive': '1' } }, message: 'invalid keep-alive header' },
  'an upgrade header': { options: { ...get, headers: { upgrade: 'x' } }, message: 'invalid upgrade header' },
  'an expect header': { options: { ...get, headers: { expect: '100-continue' } }, code: 'UND_ERR_NOT_SUPPORTED', message: 'expect header' },
  'a number as a body': { options: { ...get, method: 'POST', body: 7 }, message: 'body must be' },
  'an object as a body': { options: { ...get, method: 'POST', body: {} }, message: 'body must be' },
  'a length that is not that of the body': {
    options: { ...get, method: 'POST', body: 'abc', headers: { 'content-length': '1' } },
    code: 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
    message: 'Request body length does not match content-length header',
  },
  'a bad headersTimeout': { options: { ...get, headersTimeout: -1 }, message: 'invalid headersTimeout' },
  'a bad bodyTimeout': { options: { ...get, bodyTimeout: '1s' }, message: 'invalid bodyTimeout' },
  'a bad reset': { options: { ...get, reset: 1 }, message: 'invalid reset' },
  'a bad expectContinue': { options: { ...get, expectContinue: 'yes' }, message: 'invalid expectContinue' },
  'a bad typeOfService': { options: { ...get, typeOfService: 256 }, message: 'typeOfService must be an integer between 0 and 255' },
  'a Blob whose type ends the header': {
    options: { ...get, method: 'POST', body: Object.defineProperty(new Blob(['a']), 'type', { value: 'a/b\r\nx: y' }) },
    message: 'invalid content-type header',
  },
  throwOnError: { options: { ...get, throwOnError: true }, message: 'invalid throwOnError' },
  maxRedirections: { options: { ...get, maxRedirections: 3 }, message: 'use the redirect interceptor' },
  'a bad option of the mesh': { options: { ...get, mesh: { deadlin: 1 } }, message: 'orders: opts.mesh: expected only the options' },
  'a bad deadline': { options: { ...get, mesh: { deadline: 'soon' } }, message: 'orders: opts.mesh.deadline: expected' },
  CONNECT: { options: { ...get, method: 'CONNECT' }, code: 'UND_ERR_NOT_SUPPORTED', message: 'does not carry CONNECT' },
  'an upgrade': { options: { ...get, upgrade: 'websocket' }, code: 'UND_ERR_NOT_SUPPORTED', message: 'does not carry upgrades' },
}

for (const [what, { options, code = 'UND_ERR_INVALID_ARG', message }] of Object.entries(invalid)) {
  test(`${what}: the handler is told, and nothing is sent`, async () => {
    const error = await refusal(options)
    assert.equal(error.code, code)
    assert.ok(error.message.includes(message), error.message)
  })
}

test("a host that nobody declares is refused with the mesh's own error", async () => {
  const error = await refusal({ ...get, origin: 'http://ordrs' })
  assert.ok(MeshError.is(error))
  assert.equal(error.code, 'UNKNOWN_SERVICE')
  assert.match(error.message, /did you mean "orders"/)
})

test('a handler that cannot be told of an error has it thrown', async () => {
  await using m = meshOver({})
  assert.throws(() => m.dispatcher.dispatch({ ...get, path: 'x' }, { onRequestStart: () => {} }), { code: 'UND_ERR_INVALID_ARG' })
  assert.throws(() => m.dispatcher.dispatch({ ...get, path: 'x' }, { onConnect: () => {} }), { code: 'UND_ERR_INVALID_ARG' })
})

test('the deadline of the service holds, and one of the call goes before it', async () => {
  for (const [options, ms] of [
    [{}, 5_000],
    [{ mesh: { deadline: '300ms' } }, 300],
  ] as const) {
    await using m = meshOver()
    const handler = new Recorder()
    m.dispatcher.dispatch({ ...get, ...options }, handler)
    await m.clock.advance(ms - 1)
    assert.deepEqual(handler.told, ['start'])
    await m.clock.advance(1)
    await handler.over
    assert.equal(handler.error?.code, 'UND_ERR_HEADERS_TIMEOUT')
    assert.equal(MeshError.from(handler.error)?.code, 'DEADLINE_EXCEEDED')
  }
})

test('a deadline that passes during the body ends it, also while it is paused', async () => {
  for (const paused of [false, true]) {
    await using m = meshOver()
    const handler = new Recorder({ head: (controller) => paused && controller.pause() })
    m.dispatcher.dispatch(get, handler)
    const attempt = await m.transport.next()
    attempt.begin()
    await m.clock.advance(5_000)
    await handler.over
    assert.deepEqual(handler.told, ['start', 'head 200', 'error'])
    assert.equal(handler.error?.code, 'UND_ERR_BODY_TIMEOUT')
    assert.equal(MeshError.from(handler.error)?.code, 'DEADLINE_EXCEEDED')
  }
})

test('headersTimeout limits the wait for the head, and nothing after it', async () => {
  await using m = meshOver()
  const [late, inTime] = [new Recorder(), new Recorder()]
  m.dispatcher.dispatch({ ...get, headersTimeout: 100 }, late)
  m.dispatcher.dispatch({ ...get, headersTimeout: 100 }, inTime)
  await m.transport.next()
  const second = await m.transport.next()
  await m.clock.advance(50)
  second.begin()
  await m.clock.advance(50)
  await late.over
  assert.equal(late.error?.code, 'UND_ERR_HEADERS_TIMEOUT')
  assert.equal(MeshError.from(late.error)?.code, 'DEADLINE_EXCEEDED')
  await m.clock.advance(1_000)
  second.end()
  await inTime.over
  assert.deepEqual(inTime.told, ['start', 'head 200', 'end'])
})

test('bodyTimeout limits how long the body stands still, but not while the handler has it paused', async () => {
  await using m = meshOver()
  const handler = new Recorder()
  m.dispatcher.dispatch({ ...get, bodyTimeout: 100 }, handler)
  const attempt = await m.transport.next()
  attempt.begin()
  await m.clock.advance(60)
  attempt.push('a')
  await m.clock.advance(60)
  handler.controller?.pause()
  attempt.push('b')
  await m.clock.advance(1_000)
  assert.deepEqual(handler.told, ['start', 'head 200', 'data 1', 'data 1'])
  handler.controller?.resume()
  await m.clock.advance(99)
  assert.equal(handler.told.includes('error'), false)
  await m.clock.advance(1)
  await handler.over
  assert.equal(handler.error?.code, 'UND_ERR_BODY_TIMEOUT')
  assert.equal(attempt.over, true)
})

test('an attempt that fails is repeated at another endpoint, and the handler sees one start', async () => {
  await using m = meshOver((attempt) => (attempt.attempt.number === 1 ? { error: 'CONNECT_FAILED' } : { body: attempt.endpoint.address }))
  const handler = new Recorder()
  m.dispatcher.dispatch({ ...get, method: 'POST', body: 'x' }, handler)
  await m.clock.until(handler.over)
  assert.deepEqual(handler.told.slice(0, 2), ['start', 'head 200'])
  assert.ok(endpoints.includes(handler.text))
  assert.equal(m.transport.begun, 2)
})

test('retry: false leaves it at one attempt', async () => {
  await using m = meshOver({ error: 'CONNECT_FAILED' })
  const handler = new Recorder()
  m.dispatcher.dispatch({ ...get, mesh: { retry: false } }, handler)
  await handler.over
  assert.equal(m.transport.begun, 1)
})

async function stopped(m: TestMesh, body: unknown, how: (handler: Recorder) => void): Promise<Recorder> {
  const handler = new Recorder()
  m.dispatcher.dispatch({ ...get, method: 'POST', body }, handler)
  await m.transport.next()
  await settle()
  how(handler)
  await handler.over
  return handler
}

test("an abort ends the caller's Node stream, begun or not", async () => {
  for (const begun of [true, false]) {
    await using m = meshOver()
    const body = new Readable({ read: () => {} })
    const closed = once(body, 'close')
    if (begun) await stopped(m, body, (handler) => handler.controller?.abort(new Error('enough')))
    else {
      const handler = new Recorder({ start: (controller) => controller.abort(new Error('enough')) })
      m.dispatcher.dispatch({ ...get, method: 'POST', body }, handler)
    }
    await closed
    assert.equal(body.destroyed, true)
    if (!begun) assert.equal(body.listenerCount('error'), 0)
  }
})

test("an abort cancels the caller's web stream with the reason", async () => {
  await using m = meshOver()
  let reason: unknown
  const body = new ReadableStream({
    pull: () => new Promise(() => {}),
    cancel: (given) => {
      reason = given
    },
  })
  const handler = await stopped(m, body, ({ controller }) => controller?.abort(new Error('enough')))
  await settle()
  assert.equal(reason, handler.error)
})

test('a stream that fails before it is read, or while it is, fails the call with its own error', async () => {
  for (const when of ['before', 'while']) {
    await using m = meshOver()
    const broken = new Error('broken stream')
    const body = new Readable({ read: () => {} })
    if (when === 'before') {
      const handler = new Recorder()
      m.dispatcher.dispatch({ ...get, method: 'POST', body }, handler)
      body.destroy(broken)
      await handler.over
      assert.equal(handler.error, broken)
    } else {
      const handler = await stopped(m, body, () => body.destroy(broken))
      assert.equal(handler.error, broken)
    }
    await settle()
    assert.equal(m.net.snapshot().services.orders?.calls.inFlight, 0)
    assert.equal(m.net.snapshot().services.orders?.calls.failed, 0)
  }
})

test('an iterable that throws fails the call with what it threw', async () => {
  const thrown = new Error('mistake')
  await using m = meshOver(async (attempt) => {
    await attempt.bodyText()
    return {}
  })
  const handler = new Recorder()
  m.dispatcher.dispatch(
    {
      ...get,
      method: 'POST',
      // biome-ignore lint/correctness/useYield: it throws before
      body: (async function* () {
        throw thrown
      })(),
    },
    handler,
  )
  await handler.over
  assert.equal(handler.error, thrown)
})
