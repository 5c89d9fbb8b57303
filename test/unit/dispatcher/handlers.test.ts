import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errors } from 'undici'
import { MeshError } from '../../../src/index.ts'
import { OldRecorder, Recorder, type RecorderHooks, settle } from './recorder.ts'
import { get, meshOver } from './test-mesh.ts'

const strings = (list: readonly Buffer[]) => list.map(String)

test('a handler is told of start, head, data and end, in this order', async () => {
  await using m = meshOver({
    status: 201,
    statusText: 'Made',
    headers: { 'X-A': '1', 'set-cookie': ['a=1', 'b=2'] },
    body: ['one', '', 'three'],
    trailers: { 'x-sum': '7' },
  })
  const handler = new Recorder()
  assert.equal(m.dispatcher.dispatch(get, handler), true)
  assert.deepEqual(handler.told, ['start'])
  await handler.over
  assert.deepEqual(handler.told, ['start', 'head 201', 'data 3', 'data 5', 'end'])
  assert.deepEqual(handler.headers, { 'x-a': '1', 'set-cookie': ['a=1', 'b=2'] })
  assert.equal(handler.statusText, 'Made')
  assert.equal(handler.text, 'onethree')
  assert.ok(handler.chunks.every(Buffer.isBuffer))
  assert.deepEqual(handler.trailers, { 'x-sum': '7' })
  const { controller } = handler
  assert.deepEqual(strings(controller?.rawHeaders as Buffer[]), ['x-a', '1', 'set-cookie', 'a=1', 'set-cookie', 'b=2'])
  assert.deepEqual(strings(controller?.rawTrailers as Buffer[]), ['x-sum', '7'])
  m.transport.assertIdle()
})

test('a handler in the old style is told the same, with raw headers', async () => {
  await using m = meshOver({ statusText: 'Fine', headers: { 'X-A': ['1', '2'] }, body: 'text', trailers: { t: '1' } })
  const handler = new OldRecorder()
  assert.equal(m.dispatcher.dispatch(get, handler), true)
  await handler.over
  assert.deepEqual(handler.told, ['connect', 'headers 200', 'data 4', 'complete'])
  assert.deepEqual(strings(handler.rawHeaders), ['x-a', '1', 'x-a', '2'])
  assert.deepEqual(strings(handler.rawTrailers), ['t', '1'])
  assert.equal(handler.statusText, 'Fine')
})

test('a handler in the old style that has had enough is told more when it says so', async () => {
  await using m = meshOver()
  const handler = new OldRecorder()
  handler.full = true
  m.dispatcher.dispatch(get, handler)
  const attempt = await m.transport.next()
  attempt.begin()
  attempt.push('one')
  await settle()
  assert.deepEqual(handler.told, ['connect', 'headers 200'])
  handler.resume?.()
  assert.deepEqual(handler.told, ['connect', 'headers 200', 'data 3'])
  attempt.push('two')
  attempt.end()
  await settle()
  assert.deepEqual(handler.told, ['connect', 'headers 200', 'data 3'])
  handler.full = false
  handler.resume?.()
  await handler.over
  assert.deepEqual(handler.told, ['connect', 'headers 200', 'data 3', 'data 3', 'complete'])
})

test('a handler in the old style aborts with its own reason', async () => {
  await using m = meshOver()
  const handler = new OldRecorder()
  m.dispatcher.dispatch(get, handler)
  const reason = new Error('enough')
  handler.abort?.(reason)
  assert.equal(handler.error, reason)
  assert.deepEqual(handler.told, ['connect', 'error'])
})

test('a pause holds the body back, and then the wire', async () => {
  await using m = meshOver()
  const handler = new Recorder({ head: (controller) => controller.pause() })
  m.dispatcher.dispatch(get, handler)
  const attempt = await m.transport.next()
  attempt.begin()
  await settle()
  for (let i = 0; i < 64; i += 1) attempt.push(new Uint8Array(1024))
  assert.equal(attempt.paused, true)
  assert.equal(handler.controller?.paused, true)
  assert.deepEqual(handler.told, ['start', 'head 200'])
  handler.controller?.resume()
  assert.equal(attempt.paused, false)
  assert.equal(handler.chunks.length, 64)
  attempt.end()
  await handler.over
  assert.equal(handler.told.at(-1), 'end')
})

test('a pause and a resume within one callback change nothing', async () => {
  await using m = meshOver({ body: ['a', 'b', 'c'] })
  const handler = new Recorder({
    data: (controller) => {
      controller.pause()
      controller.resume()
    },
  })
  m.dispatcher.dispatch(get, handler)
  await handler.over
  assert.deepEqual(handler.told, ['start', 'head 200', 'data 1', 'data 1', 'data 1', 'end'])
})

test('a handler that pauses at each piece gets each piece once, and the end once', async () => {
  await using m = meshOver({ body: ['a', 'b', 'c'] })
  const handler = new Recorder({
    data: (controller) => {
      controller.pause()
      queueMicrotask(() => controller.resume())
    },
  })
  m.dispatcher.dispatch(get, handler)
  await handler.over
  await settle()
  assert.deepEqual(handler.told, ['start', 'head 200', 'data 1', 'data 1', 'data 1', 'end'])
})

test('a body that fails while it is paused is reported at once', async () => {
  await using m = meshOver()
  const handler = new Recorder({ head: (controller) => controller.pause() })
  m.dispatcher.dispatch(get, handler)
  const attempt = await m.transport.next()
  attempt.begin()
  await settle()
  attempt.push('lost')
  attempt.fail('CONNECTION_LOST')
  await handler.over
  assert.deepEqual(handler.told, ['start', 'head 200', 'error'])
  handler.controller?.resume()
  assert.deepEqual(handler.told, ['start', 'head 200', 'error'])
})

const moments: Record<string, (abort: (controller: { abort(reason: Error): void }) => void) => RecorderHooks> = {
  'as it begins': (abort) => ({ start: abort }),
  'at the head of the reply': (abort) => ({ head: abort }),
  'at a piece of the body': (abort) => ({ data: abort }),
}
const toldUntil: Record<string, string[]> = {
  'as it begins': ['start', 'error'],
  'at the head of the reply': ['start', 'head 200', 'error'],
  'at a piece of the body': ['start', 'head 200', 'data 1', 'error'],
}

for (const [moment, hooks] of Object.entries(moments)) {
  test(`a handler that aborts ${moment} gets its own reason, once, and nothing more`, async () => {
    await using m = meshOver({ body: ['a', 'b', 'c'], pieceMs: 1 })
    const reason = new Error('enough')
    const handler = new Recorder(hooks((controller) => controller.abort(reason)))
    m.dispatcher.dispatch(get, handler)
    await m.clock.advance(100)
    await handler.over
    handler.controller?.abort(new Error('again'))
    await settle()
    assert.deepEqual(handler.told, toldUntil[moment])
    assert.equal(handler.error, reason)
    assert.equal(handler.controller?.aborted, true)
    assert.equal(handler.controller?.reason, reason)
    m.transport.assertIdle()
    assert.equal(m.net.snapshot().services.orders?.calls.inFlight, 0)
  })

  test(`a handler that throws ${moment} gets what it threw, and nothing more`, async () => {
    await using m = meshOver({ body: ['a', 'b', 'c'], pieceMs: 1 })
    const thrown = new Error('mistake')
    const handler = new Recorder(
      hooks(() => {
        throw thrown
      }),
    )
    m.dispatcher.dispatch(get, handler)
    await m.clock.advance(100)
    await handler.over
    await settle()
    assert.deepEqual(handler.told, toldUntil[moment])
    assert.equal(handler.error, thrown)
    m.transport.assertIdle()
    assert.equal(m.net.snapshot().services.orders?.calls.inFlight, 0)
  })
}

test('a handler that aborts while it waits for the reply is told at once', async () => {
  await using m = meshOver()
  const handler = new Recorder()
  m.dispatcher.dispatch(get, handler)
  const attempt = await m.transport.next()
  handler.controller?.abort(new Error('enough'))
  assert.deepEqual(handler.told, ['start', 'error'])
  await settle()
  assert.equal(attempt.over, true)
  assert.equal(attempt.error?.code, 'ABORTED')
})

test('a handler that aborts while it is paused is told at once', async () => {
  await using m = meshOver()
  const handler = new Recorder({ head: (controller) => controller.pause() })
  m.dispatcher.dispatch(get, handler)
  const attempt = await m.transport.next()
  attempt.begin()
  attempt.push('x')
  await settle()
  handler.controller?.abort(new Error('enough'))
  assert.deepEqual(handler.told, ['start', 'head 200', 'error'])
  assert.equal(attempt.over, true)
})

test('an abort after the end does nothing', async () => {
  await using m = meshOver({ body: 'x' })
  const handler = new Recorder()
  m.dispatcher.dispatch(get, handler)
  await handler.over
  handler.controller?.abort(new Error('late'))
  await settle()
  assert.deepEqual(handler.told, ['start', 'head 200', 'data 1', 'end'])
})

test('an abort without a reason has the one of undici', async () => {
  await using m = meshOver()
  const handler = new Recorder()
  m.dispatcher.dispatch(get, handler)
  handler.controller?.abort(undefined as never)
  assert.ok(handler.error instanceof errors.RequestAbortedError)
  assert.equal(handler.error.code, 'UND_ERR_ABORTED')
})

test('a handler that throws at the end gets what it threw', async () => {
  await using m = meshOver({ body: 'x' })
  const thrown = new Error('mistake')
  const handler = new Recorder({
    end: () => {
      throw thrown
    },
  })
  m.dispatcher.dispatch(get, handler)
  await handler.over
  await settle()
  assert.deepEqual(handler.told, ['start', 'head 200', 'data 1', 'end', 'error'])
  assert.equal(handler.error, thrown)
})

test('what a handler throws when it is told of an error is an uncaught error of the program', async () => {
  await using m = meshOver({ error: 'BAD_REPLY' })
  const thrown = new Error('mistake')
  const uncaught = new Promise((resolve) => {
    const others = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.once('uncaughtException', (error) => {
      for (const other of others) process.on('uncaughtException', other)
      resolve(error)
    })
  })
  const handler = new Recorder({
    error: () => {
      throw thrown
    },
  })
  m.dispatcher.dispatch({ ...get, mesh: { retry: false } }, handler)
  assert.equal(await uncaught, thrown)
  assert.deepEqual(handler.told, ['start', 'error'])
  m.transport.assertIdle()
})

test('a handler need not have every callback', async () => {
  await using m = meshOver({ body: 'x' })
  let ended = false
  m.dispatcher.dispatch(get, {
    onRequestStart: () => {},
    onResponseEnd: () => {
      ended = true
    },
  })
  await settle()
  assert.equal(ended, true)
})

test('something that is no handler is refused by throwing', async () => {
  await using m = meshOver()
  for (const handler of [undefined, null, 'handler', () => {}]) {
    assert.throws(() => m.dispatcher.dispatch(get, handler), { code: 'UND_ERR_INVALID_ARG', message: 'handler must be an object' })
  }
})

test('an interceptor may replace what the controller has', async () => {
  await using m = meshOver({ headers: { a: '1' }, body: 'x' })
  const handler = new Recorder({
    start: (controller) => {
      controller.abort = () => {}
    },
    head: (controller) => {
      controller.rawHeaders = ['own']
    },
  })
  m.dispatcher.dispatch(get, handler)
  await handler.over
  assert.deepEqual(handler.controller?.rawHeaders, ['own'])
})

test("errors that the mesh answers with are told with undici's codes, and the mesh's own as cause", async () => {
  const expected: Record<string, string> = {
    CONNECT_FAILED: 'UND_ERR_SOCKET',
    CONNECT_TIMEOUT: 'UND_ERR_CONNECT_TIMEOUT',
    CONNECTION_LOST: 'UND_ERR_SOCKET',
    REFUSED: 'UND_ERR_SOCKET',
    REPLY_TOO_LARGE: 'UND_ERR_RES_EXCEEDED_MAX_SIZE',
    BODY_TIMEOUT: 'UND_ERR_BODY_TIMEOUT',
    ATTEMPT_TIMEOUT: 'UND_ERR_HEADERS_TIMEOUT',
    NO_ENDPOINT: 'UND_ERR_BPL_MISSING_UPSTREAM',
    CLOSED: 'UND_ERR_CLOSED',
    INVALID_CALL: 'UND_ERR_INVALID_ARG',
    QUEUE_FULL: 'QUEUE_FULL',
    BAD_REPLY: 'BAD_REPLY',
    INTERNAL: 'INTERNAL',
  }
  for (const [code, undiciCode] of Object.entries(expected)) {
    await using m = meshOver({ error: code as 'INTERNAL' })
    const handler = new Recorder()
    m.dispatcher.dispatch({ ...get, mesh: { retry: false } }, handler)
    await handler.over
    assert.equal(handler.error?.code, undiciCode, code)
    assert.equal(MeshError.from(handler.error)?.code, code)
    assert.match(handler.error?.message ?? '', /^orders: /)
  }
})

test("an error beneath the mesh's own gives its kind, and is left as it was", async () => {
  const socket = { remoteAddress: '10.0.0.1' }
  const lost = new errors.SocketError('other side closed', socket as never)
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', errno: -111, syscall: 'connect' })
  for (const beneath of [lost, refused]) {
    const facts = { service: 'orders', sent: true }
    await using m = meshOver({ error: new MeshError('CONNECTION_LOST', 'the connection was lost', facts, beneath) })
    const handler = new Recorder()
    m.dispatcher.dispatch({ ...get, mesh: { retry: false } }, handler)
    await handler.over
    const { error } = handler
    assert.equal(error?.code, (beneath as { code?: string }).code)
    assert.equal(error?.name, beneath.name)
    assert.equal(error instanceof errors.SocketError, beneath === lost)
    assert.equal(error?.message, 'orders: the connection was lost')
    assert.equal(MeshError.from(error)?.cause, beneath)
    assert.equal(beneath.cause, undefined)
    assert.ok(error?.stack?.includes('orders: the connection was lost'))
  }
})
