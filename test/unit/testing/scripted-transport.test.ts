import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StreamBody } from '../../../src/call/call-body.ts'
import { Cancellation } from '../../../src/call/cancellation.ts'
import { ContextValues } from '../../../src/call/context-values.ts'
import type { Outcome } from '../../../src/call/outcome.ts'
import type { Reply } from '../../../src/call/reply.ts'
import { wireListener } from '../../../src/call/wire-listener.ts'
import { MeshError } from '../../../src/errors/mesh-error.ts'
import { byEndpoint, inTurn } from '../../../src/testing/scripted-answer.ts'
import { scriptedTransport } from '../../../src/testing/scripted-transport.ts'
import { testAttempt, testCall } from '../../../src/testing/test-call.ts'
import { testEndpoint } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'
import { replyText } from '../../../src/testing/test-reply.ts'

const left = new MeshError('ABORTED', 'the caller left', { service: 'test', sent: true })

function replyOf(outcome: Outcome): Reply {
  assert.ok(outcome.ok, 'the attempt failed')
  return outcome.reply
}

function errorOf(outcome: Outcome): MeshError {
  assert.ok(!outcome.ok, 'the attempt succeeded')
  return outcome.error
}

/** A host with a transport of its own. */
function stand(...script: Parameters<typeof scriptedTransport>) {
  const host = testHost()
  const far = scriptedTransport(...script)
  return { host, clock: host.clock, far, wire: far(host) }
}

test('one answer serves every attempt', async () => {
  const { wire, far } = stand({ status: 201, statusText: 'Created', headers: { 'X-Tag': 'one', vary: ['a', 'b'] }, body: 'hello' })
  for (let i = 0; i < 2; i += 1) {
    const reply = replyOf(await wire.send(testAttempt()))
    assert.deepEqual([reply.status, reply.statusText, reply.headers], [201, 'Created', { 'x-tag': 'one', vary: ['a', 'b'] }])
    assert.equal(await replyText(reply), 'hello')
  }
  assert.equal(far.begun, 2)
  far.assertIdle()
})

test('an empty answer is a reply 200 without a body', async () => {
  const reply = replyOf(await stand({}).wire.send(testAttempt()))
  assert.equal(reply.status, 200)
  assert.ok(reply.body.over)
  assert.equal(await replyText(reply), '')
})

test('a function answers by what was sent', async () => {
  const { wire } = stand(async (attempt) => ({
    body: [attempt.method, attempt.path, attempt.header('x-tag'), attempt.endpoint.address, await attempt.bodyText()].join(' '),
  }))
  const call = testCall({ method: 'POST', path: '/v1', headers: ['X-Tag', 'one'], body: 'hello' })
  assert.equal(await replyText(replyOf(await wire.send(testAttempt({ call })))), 'POST /v1 one http://10.0.0.1:8080 hello')
})

test('latency goes by on the clock of the mesh', async () => {
  const { wire, clock } = stand({ latencyMs: 250, body: ['a', 'b'], pieceMs: 100 })
  const startedAt = clock.now()
  const reply = replyOf(await clock.until(wire.send(testAttempt())))
  assert.equal(clock.now() - startedAt, 250)
  assert.equal(await clock.until(replyText(reply)), 'ab')
  assert.equal(clock.now() - startedAt, 450)
  clock.assertIdle()
})

test('a failure has the code and what is known of it', async () => {
  const { wire, far } = stand({ error: 'CONNECT_FAILED' })
  const refused = errorOf(await wire.send(testAttempt()))
  assert.deepEqual([refused.code, refused.facts], ['CONNECT_FAILED', { service: 'test', endpoint: 'http://10.0.0.1:8080', sent: false }])
  far.answer({ error: 'CONNECTION_LOST' })
  assert.equal(errorOf(await wire.send(testAttempt())).facts.sent, true)
  far.answer({ error: 'CONNECTION_LOST', sent: false })
  assert.equal(errorOf(await wire.send(testAttempt())).facts.sent, false)
  far.answer({ error: left })
  assert.equal(errorOf(await wire.send(testAttempt())), left)
  far.assertIdle()
})

test('a table answers by endpoint, and nobody listens elsewhere', async () => {
  const { wire } = stand(byEndpoint({ '10.0.0.7:8080': { status: 503 }, 'http://b': () => ({ status: 204 }) }))
  const to = (url: string) => wire.send(testAttempt({ endpoint: testEndpoint(url) }))
  assert.equal(replyOf(await to('http://10.0.0.7:8080')).status, 503)
  assert.equal(replyOf(await to('http://b:80')).status, 204)
  assert.equal(errorOf(await to('http://c')).code, 'CONNECT_FAILED')
  assert.throws(() => byEndpoint({ 'http://a/path': {} }), /^TypeError: byEndpoint: expected a URL such as .*, got "http:\/\/a\/path"$/)
})

test('answers in turn go on with the last one', async () => {
  const { wire } = stand(inTurn({ status: 503 }, () => ({ error: 'CONNECTION_LOST' }), { status: 200 }))
  const words: unknown[] = []
  for (let i = 0; i < 4; i += 1) {
    const outcome = await wire.send(testAttempt())
    words.push(outcome.ok ? outcome.reply.status : outcome.error.code)
  }
  assert.deepEqual(words, [503, 'CONNECTION_LOST', 200, 200])
  assert.throws(() => inTurn(), TypeError)
})

test('a body may be cut short', async () => {
  const { wire, far } = stand({ body: ['half'], cut: { error: 'CONNECTION_LOST' } })
  const reply = replyOf(await wire.send(testAttempt()))
  await assert.rejects(replyText(reply), { code: 'CONNECTION_LOST' })
  far.assertIdle()
})

test('a script that throws, or forgets to answer, is an error that says so', async () => {
  const clumsy = new Error('clumsy')
  const { wire, far } = stand(() => {
    throw clumsy
  })
  const thrown = errorOf(await wire.send(testAttempt()))
  assert.deepEqual([thrown.code, thrown.cause], ['INTERNAL', clumsy])
  far.answer((() => undefined) as never)
  const forgotten = errorOf(await wire.send(testAttempt()))
  assert.match(String(forgotten.cause), /expected a reply such as \{ status: 200 \}.*got undefined/)
  far.assertIdle()
})

test('the far side is played by hand', async () => {
  const { wire, far } = stand()
  const sent = wire.send(testAttempt({ call: testCall({ method: 'PUT', path: '/v1', body: 'in' }) }))
  const attempt = await far.next()
  assert.deepEqual([attempt.method, attempt.path, await attempt.bodyText()], ['PUT', '/v1', 'in'])
  assert.ok(!attempt.answered)
  attempt.begin({ status: 206, headers: { 'Content-Type': 'text/plain' } })
  const reply = replyOf(await sent)
  assert.deepEqual([reply.status, reply.headers], [206, { 'content-type': 'text/plain' }])
  const text = replyText(reply)
  attempt.push('out')
  attempt.push(new Uint8Array([33]))
  attempt.end({ 'X-Sum': '4' })
  assert.equal(await text, 'out!')
  assert.deepEqual(reply.body.trailers, { 'x-sum': '4' })
  assert.ok(attempt.over)
  far.assertIdle()
})

test('attempts are taken in the order in which they come, each once', async () => {
  const { wire, far } = stand()
  const waiting = far.next()
  for (const path of ['/1', '/2', '/3']) void wire.send(testAttempt({ path }))
  const taken = [await waiting, await far.next(), await far.next()]
  assert.deepEqual(
    taken.map(({ path }) => path),
    ['/1', '/2', '/3'],
  )
  assert.deepEqual(far.attempts, taken)
  for (const attempt of taken) attempt.fail('CONNECTION_LOST')
  far.assertIdle()
})

test('an attempt is answered once, and a body needs a head', async () => {
  const { wire, far } = stand()
  void wire.send(testAttempt())
  const attempt = await far.next()
  assert.throws(() => attempt.push('x'), /a body needs a head first/)
  attempt.begin()
  assert.throws(() => attempt.begin(), /it was answered before/)
  attempt.end()
  attempt.push('late')
  attempt.fail('CONNECTION_LOST')
  assert.equal(attempt.error, undefined)
})

test('cancelling ends an attempt that waits, with the reason', async () => {
  const { wire, far, clock } = stand({ latencyMs: 1_000 })
  const cancellation = new Cancellation()
  const sent = wire.send(testAttempt({ cancellation }))
  await clock.advance(10)
  cancellation.cancel(left)
  assert.equal(errorOf(await sent), left)
  assert.equal(far.attempts[0]?.error, left)
  far.assertIdle()
  clock.assertIdle()
})

test('cancelling cuts a body that is still coming', async () => {
  const { wire, far } = stand()
  const cancellation = new Cancellation()
  const sent = wire.send(testAttempt({ cancellation }))
  const attempt = await far.next()
  attempt.begin()
  const text = replyText(replyOf(await sent))
  attempt.push('half')
  cancellation.cancel(left)
  await assert.rejects(text, left)
  assert.ok(attempt.over)
})

test('an attempt that was cancelled before it began is not sent', async () => {
  const { wire, far } = stand({})
  const cancellation = new Cancellation()
  cancellation.cancel(left)
  assert.equal(errorOf(await wire.send(testAttempt({ cancellation }))), left)
  assert.equal(far.begun, 0)
})

test('a reader that has enough pauses the far side, and what is pushed waits', async () => {
  const { wire, far } = stand()
  const sent = wire.send(testAttempt())
  const attempt = await far.next()
  attempt.begin()
  const reply = replyOf(await sent)
  for (let i = 0; i < 4; i += 1) attempt.push(new Uint8Array(40_000))
  attempt.end()
  assert.ok(attempt.paused && !attempt.over)
  const pieces = await reply.body.gather()
  assert.equal(pieces.length, 4)
  assert.ok(attempt.over)
})

test('a big scripted body waits for its reader as well', async () => {
  const { wire, far } = stand({ body: ['x'.repeat(70_000), 'y'.repeat(70_000)] })
  const reply = replyOf(await wire.send(testAttempt()))
  assert.equal(far.open, 1)
  assert.throws(
    () => far.assertIdle(),
    /1 of 1 attempts are not over:\n {2}- scriptedTransport: GET \/ at http:\/\/10\.0\.0\.1:8080 has a reply whose body is not over/,
  )
  reply.body.discard()
  far.assertIdle()
})

test('an attempt that nobody answered is named', () => {
  const { wire, far } = stand()
  void wire.send(testAttempt({ path: '/v1' }))
  assert.throws(() => far.assertIdle(), /GET \/v1 at http:\/\/10\.0\.0\.1:8080 waits for an answer/)
})

test('the body of a request is opened when the attempt begins, and read to its end before the answer', async () => {
  const { wire, far, clock } = stand({ latencyMs: 5 })
  const log: string[] = []
  const body = new StreamBody(
    (async function* () {
      log.push('opened')
      yield new TextEncoder().encode('a')
      await new Promise<void>((resolve) => clock.schedule(100, resolve))
      yield new TextEncoder().encode('b')
      log.push('read')
    })(),
  )
  const startedAt = clock.now()
  const sent = wire.send(testAttempt({ call: testCall({ method: 'POST', body }) }))
  assert.deepEqual(log, ['opened'])
  await clock.until(sent)
  assert.deepEqual(log, ['opened', 'read'])
  assert.equal(clock.now() - startedAt, 105)
  assert.equal(await far.attempts[0]?.bodyText(), 'ab')
})

test('the body of a request that throws fails the attempt', async () => {
  const cause = new Error('disk')
  const body = new StreamBody(
    (async function* () {
      yield new Uint8Array(1)
      throw cause
    })(),
  )
  const { wire, far } = stand({ status: 200 })
  const error = errorOf(await wire.send(testAttempt({ call: testCall({ body }) })))
  assert.deepEqual([error.code, error.cause, error.facts.sent], ['BODY_FAILED', cause, true])
  await assert.rejects(far.attempts[0]!.bodyText(), { code: 'BODY_FAILED' })
  far.assertIdle()
})

test('a request is not read any further when its attempt is over', async () => {
  let closed = false
  const body = new StreamBody(
    (async function* () {
      try {
        for (;;) yield new Uint8Array(1)
      } finally {
        closed = true
      }
    })(),
  )
  const { wire, far, clock } = stand()
  void wire.send(testAttempt({ call: testCall({ body }) }))
  const attempt = await far.next()
  attempt.fail('CONNECTION_LOST')
  await clock.settle()
  assert.ok(closed)
  await assert.rejects(attempt.bodyText(), { code: 'ABORTED' })
})

test('closing waits for what is open, and refuses what comes', async () => {
  const { wire, far, clock } = stand()
  const sent = wire.send(testAttempt())
  let closed = false
  const closing = wire.close().then(() => {
    closed = true
  })
  const refused = errorOf(await wire.send(testAttempt()))
  assert.deepEqual([refused.code, refused.facts.sent], ['CLOSED', false])
  await clock.settle()
  assert.ok(!closed)
  ;(await far.next()).reply()
  await closing
  assert.ok((await sent).ok)
  await wire.close()
  clock.assertIdle()
})

test('closing cuts off what is left when its time is up', async () => {
  const { wire, far, clock } = stand()
  const sent = wire.send(testAttempt())
  const startedAt = clock.now()
  await clock.until(wire.close(300))
  assert.equal(clock.now() - startedAt, 300)
  assert.deepEqual([errorOf(await sent).code, errorOf(await sent).facts.sent], ['CLOSED', true])
  far.assertIdle()
  clock.assertIdle()
})

test('one script serves several services, and closing one leaves the others open', async () => {
  const far = scriptedTransport({ status: 204 })
  const [orders, users] = [far(testHost({ service: 'orders' })), far(testHost({ service: 'users' }))]
  await orders.close()
  assert.equal(errorOf(await orders.send(testAttempt())).code, 'CLOSED')
  assert.equal(replyOf(await users.send(testAttempt())).status, 204)
})

test('what is open at an endpoint shows in the statistics, and endpoints that left are remembered', () => {
  const { wire, far } = stand()
  const [one, two] = [testEndpoint('http://a'), testEndpoint('http://b')]
  void wire.send(testAttempt({ endpoint: one }))
  void wire.send(testAttempt({ endpoint: one }))
  assert.equal(wire.stats?.(one)?.connections, 2)
  assert.equal(wire.stats?.(two)?.connections, 0)
  wire.retire?.(one)
  assert.deepEqual(far.retired, [one])
})

test('attempts need not be recorded', async () => {
  const { wire, far } = stand({}, { record: false })
  await wire.send(testAttempt())
  wire.retire?.(testEndpoint('http://a'))
  assert.deepEqual([far.attempts.length, far.begun, far.retired.length], [0, 1, 0])
  const next = far.next()
  void wire.send(testAttempt({ path: '/next' }))
  assert.equal((await next).path, '/next')
})

test('a script can say something before the reply, and not after it', async () => {
  const context = new ContextValues()
  const heard: unknown[] = []
  context.set(wireListener, { interimReply: (status, headers) => heard.push([status, headers.link]) })
  const host = testHost()
  const hints = { status: 103, headers: { Link: '</a.css>' } }
  const transport = scriptedTransport({ status: 200, informational: [{ status: 102 }, hints] })(host)
  const outcome = await transport.send(testAttempt({ call: testCall({ context }) }))
  assert.equal(replyOf(outcome).status, 200)
  assert.deepEqual(heard, [
    [102, undefined],
    [103, '</a.css>'],
  ])

  const byHand = scriptedTransport('hang')
  void byHand(host).send(testAttempt({ call: testCall({ context }) }))
  const attempt = await byHand.next()
  attempt.inform()
  assert.throws(() => attempt.inform({ status: 200 }), /expected a status of 100-199, got 200/)
  attempt.begin()
  assert.throws(() => attempt.inform(), /comes before the reply/)
  assert.deepEqual(heard.at(-1), [103, undefined])
})
