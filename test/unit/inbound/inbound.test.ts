import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed, inbound, inboundRequest, MeshError, mesh, type ServiceDraft } from '../../../src/index.ts'
import { type AnswerFunction, fakeClock, type ScriptedAnswer, scriptedTransport } from '../../../src/testing/index.ts'

const urls = ['http://10.0.0.1:8080', 'http://10.0.0.2:8080']

function setUp(script: ScriptedAnswer | AnswerFunction, describe: (s: ServiceDraft) => unknown = (s) => s) {
  const clock = fakeClock()
  const transport = scriptedTransport(script)
  const net = mesh({ clock, transport })
    .service('orders', (s) => (describe(s) as ServiceDraft).resolve(fixed(urls)))
    .build()
  /** Calls in the service of a request with these headers; answers with the status or the mesh's error. */
  const callWithin = async (headers: Record<string, string>, afterMs = 0, init?: RequestInit): Promise<number | MeshError> => {
    const handler = inbound(
      async (_request: object) => {
        if (afterMs > 0) await new Promise<void>((resolve) => clock.schedule(afterMs, resolve))
        try {
          return (await net.fetch('http://orders/', init)).status
        } catch (error) {
          return MeshError.from(error) as MeshError
        }
      },
      { clock },
    )
    return clock.until(handler({ headers }))
  }
  return { clock, transport, net, callWithin }
}

test('a call in the service of a request ends with the deadline of that request', async () => {
  for (const headers of [{ 'x-proxyless-deadline-ms': '80' }, { 'grpc-timeout': '80m' }, { 'x-envoy-expected-rq-timeout-ms': '80' }]) {
    const { clock, callWithin } = setUp('hang')
    const began = clock.now()
    const error = await callWithin(headers, 30)
    assert.ok(MeshError.is(error))
    assert.equal(error.code, 'DEADLINE_EXCEEDED')
    assert.equal(clock.now() - began, 80)
    assert.match(error.message, /^orders: deadline of 50 ms, which the inbound request has left, passed: 1 attempt/)
  }
})

test('the shortest of several deadlines counts, and a longer one than the service has changes nothing', async () => {
  const { clock, callWithin } = setUp('hang', (s) => s.deadline(60))
  const began = clock.now()
  const error = await callWithin({ 'x-proxyless-deadline-ms': '5000', 'grpc-timeout': '1H' })
  assert.ok(MeshError.is(error))
  assert.equal(clock.now() - began, 60)
  assert.doesNotMatch(error.message, /inbound/)
})

test('a call is refused when the request has no time left: nothing is sent, and its body is not touched', async () => {
  const { transport, callWithin } = setUp({ status: 200 })
  let read = false
  const body = new ReadableStream(
    {
      pull(controller) {
        read = true
        controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  const error = await callWithin({ 'x-proxyless-deadline-ms': '50' }, 60, { method: 'POST', body, duplex: 'half' } as RequestInit)
  assert.ok(MeshError.is(error))
  assert.deepEqual([error.code, error.facts.sent, transport.begun, read], ['DEADLINE_EXCEEDED', false, 0, false])
  assert.match(error.message, /deadline of 0 ms, which the inbound request has left, passed before the call began/)
})

test('what is left is sent on with each attempt', async () => {
  let n = 0
  const { transport, callWithin } = setUp(
    () => {
      n += 1
      return n === 1 ? { status: 503, latencyMs: 40 } : { status: 200 }
    },
    (s) => s.retry({ backoff: { kind: 'exponential', base: 10, max: 10 } }),
  )
  assert.equal(await callWithin({ 'x-proxyless-deadline-ms': '300' }, 100), 200)
  assert.deepEqual(
    transport.attempts.map((attempt) => attempt.header('x-proxyless-deadline-ms')),
    ['200', '150'],
  )
})

test('an attempt with a limit of its own promises no more than that', async () => {
  const { transport, callWithin } = setUp({ status: 503 }, (s) => s.retry({ attempts: 2, attemptTimeout: 70 }))
  assert.equal(await callWithin({ 'x-proxyless-deadline-ms': '300' }), 503)
  const [first, last] = transport.attempts.map((attempt) => Number(attempt.header('x-proxyless-deadline-ms')))
  assert.equal(first, 70)
  assert.ok(last !== undefined && last > 270)
})

test('the headers that carry a deadline can be chosen, sent always, or never', async () => {
  const grpc = setUp({ status: 200 }, (s) =>
    s.deadline('2s', { send: 'always', headers: ['grpc-timeout', 'x-envoy-expected-rq-timeout-ms'] }),
  )
  await grpc.net.fetch('http://orders/')
  const [attempt] = grpc.transport.attempts
  assert.equal(attempt?.header('grpc-timeout'), '2000m')
  assert.equal(attempt?.header('x-envoy-expected-rq-timeout-ms'), '2000')
  assert.equal(attempt?.header('x-proxyless-deadline-ms'), undefined)
  await grpc.net.fetch('http://orders/', { headers: { 'grpc-timeout': '1S' } })
  assert.equal(grpc.transport.attempts[1]?.header('grpc-timeout'), '1S')
  await grpc.net.fetch('http://orders/', { headers: { 'grpc-timeout': '1M' } })
  assert.equal(grpc.transport.attempts[2]?.header('grpc-timeout'), '2000m')

  const never = setUp({ status: 200 }, (s) => s.deadline('2s', { send: false }))
  await never.callWithin({ 'grpc-timeout': '1S' })
  assert.equal(never.transport.attempts[0]?.header('x-proxyless-deadline-ms'), undefined)
})

test('a call outside of a request sends nothing on', async () => {
  const { net, transport } = setUp({ status: 200 })
  await net.fetch('http://orders/')
  assert.equal(inboundRequest(), undefined)
  assert.equal(transport.attempts[0]?.header('x-proxyless-deadline-ms'), undefined)
})

test('repeated attempts say which they are; a refused one was seen by nobody and does not count', async () => {
  let n = 0
  const answers: ScriptedAnswer[] = [{ error: 'CONNECT_FAILED' }, { status: 503 }, { status: 200 }]
  const { net, clock, transport } = setUp(() => answers[n++] ?? { status: 200 })
  assert.equal((await clock.until(net.fetch('http://orders/'))).status, 200)
  assert.deepEqual(
    transport.attempts.map((attempt) => attempt.header('x-envoy-attempt-count')),
    [undefined, undefined, '2'],
  )
})

test('a callee that is being retried does not retry in turn, and tells its own callees', async () => {
  const { callWithin, transport } = setUp({ status: 503 })
  assert.equal(await callWithin({ 'x-envoy-attempt-count': '2' }), 503)
  assert.equal(transport.begun, 1)
  assert.equal(transport.attempts[0]?.header('x-envoy-attempt-count'), '2')
})

test('the name of the attempt header can be chosen, or none', async () => {
  for (const attemptHeader of ['x-proxyless-attempt', false] as const) {
    const { net, clock, transport } = setUp({ status: 503 }, (s) => s.retry({ attempts: 2, attemptHeader }))
    await clock.until(net.fetch('http://orders/'))
    assert.equal(transport.attempts[1]?.header('x-proxyless-attempt'), attemptHeader === false ? undefined : '2')
    assert.equal(transport.attempts[1]?.header('x-envoy-attempt-count'), undefined)
  }
})

test('a web handler, middleware in both styles, and a limit of the server itself are understood', async () => {
  const clock = fakeClock()
  const left = () => inboundRequest()?.leftMs
  const request = new Request('http://shop/', { headers: { 'grpc-timeout': '70m' } })
  assert.equal(inbound((_request: Request) => left(), { clock })(request), 70)
  assert.equal(inbound((_context: object) => left(), { clock, deadline: 40 })({ req: { raw: request } }), 40)
  assert.equal(inbound((_context: object) => left(), { clock })({ request: { headers: { 'grpc-timeout': '60m' } } }), 60)
  let seen: number | undefined
  const middleware = inbound({ clock, deadline: '5s' })
  assert.equal(middleware.length, 3)
  middleware({ headers: { 'x-proxyless-deadline-ms': '90' } }, {}, () => {
    seen = left()
  })
  assert.equal(seen, 90)
  await middleware({ req: { raw: new Request('http://shop/') } }, async () => {
    seen = left()
  })
  assert.equal(seen, 5_000)
  assert.equal(left(), undefined)
})

test('a handler keeps its this, its arguments and its answer', () => {
  const server = {
    name: 'shop',
    handle: inbound(function (this: { name: string }, request: { headers: object }, second: number) {
      return `${this.name} ${Object.keys(request.headers).length} ${second}`
    }),
  }
  assert.equal(server.handle({ headers: { a: '1' } }, 2), 'shop 1 2')
})

test('wrong options are named', () => {
  assert.throws(() => inbound({ deadline: 'soon' as never }), /inbound\.deadline: expected a duration/)
  assert.throws(() => inbound(5 as never), /inbound: expected a handler or an object of options, got 5/)
})

test('what is left is 0 at the least, and endless when nobody said anything', async () => {
  const clock = fakeClock()
  await inbound(
    async (_request: object) => {
      await clock.advance(100)
      assert.equal(inboundRequest()?.leftMs, 0)
    },
    { clock },
  )({ headers: { 'grpc-timeout': '10m' } })
  inbound((_request: object) => assert.deepEqual([inboundRequest()?.leftMs, inboundRequest()?.attempt], [Number.POSITIVE_INFINITY, 1]))({})
})

test('a POST with an idempotency key is repeated, one without is not', async () => {
  for (const [headers, made] of [
    [{ 'Idempotency-Key': 'a1' }, 3],
    [{}, 1],
  ] as const) {
    const { net, clock, transport } = setUp({ error: 'CONNECTION_LOST' })
    await assert.rejects(clock.until(net.fetch('http://orders/', { method: 'POST', body: 'x', headers })))
    assert.equal(transport.begun, made)
    const other = setUp({ error: 'CONNECTION_LOST' })
    await assert.rejects(other.clock.until(other.net.request('http://orders/', { method: 'POST', body: 'x', headers })))
    assert.equal(other.transport.begun, made)
  }
})
