import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Call, failed, type Layer, MeshError, type Outcome, replied, type Send, StreamBody } from '../../../src/index.ts'
import { guardLayer } from '../../../src/mesh/guard-layer.ts'
import { testCall, testHost, testReply } from '../../../src/testing/index.ts'

/** Runs a layer under guard once. */
async function run(layer: Layer<Call>, call = testCall(), next: Send<Call> = async () => replied(testReply())): Promise<[Outcome, number]> {
  const host = testHost()
  const outcome = await guardLayer('mine', layer, host)(next)(call)
  return [outcome, host.events.length]
}

function codeOf(outcome: Outcome): string | undefined {
  return outcome.ok ? undefined : outcome.error.code
}

test('a layer that keeps the rules is let alone', async () => {
  const [outcome, events] = await run((next) => next)
  assert.ok(outcome.ok)
  assert.equal(events, 0)
  const refusal = failed(new MeshError('ABORTED', 'gone', { service: 'test', sent: false }))
  assert.equal((await run(() => async () => refusal))[0], refusal)
})

test('what a layer throws, or rejects with, becomes an outcome that names the policy', async () => {
  const cause = new Error('oops')
  const layers: Layer<Call>[] = [
    () => () => {
      throw cause
    },
    () => () => Promise.reject(cause),
  ]
  for (const layer of layers) {
    const [outcome, events] = await run(layer)
    assert.ok(!outcome.ok)
    assert.equal(outcome.error.code, 'INTERNAL')
    assert.equal(outcome.error.message, 'test: the policy "mine" threw: oops')
    assert.equal(outcome.error.cause, cause)
    assert.equal(events, 1)
  }
})

test('an answer that is no outcome becomes one', async () => {
  for (const answer of [undefined, null, 5, {}, { ok: true }, { ok: true, reply: {} }, { ok: false, error: new Error('plain') }]) {
    const [outcome, events] = await run(() => async () => answer as never)
    assert.equal(codeOf(outcome), 'INTERNAL')
    assert.equal(events, 1)
  }
})

test('a layer that makes no function is refused when it is put together', () => {
  assert.throws(
    () => guardLayer('mine', (() => undefined) as never, testHost())(async () => replied(testReply())),
    /the policy "mine" made undefined/,
  )
})

const twice: Layer<Call> = (next) => async (call) => {
  await next(call)
  return next(call)
}
const atOnce: Layer<Call> = (next) => async (call) => (await Promise.all([next(call), next(call)]))[1]

/** A body that can be read once, and a transport that begins to read it a moment after it was asked. */
function onceBody() {
  let opened = 0
  const call = testCall({ method: 'POST', body: new StreamBody((async function* () {})()) })
  const send: Send<Call> = async ({ body }) => {
    await Promise.resolve()
    body.open()
    opened += 1
    return replied(testReply())
  }
  return { call, send, opened: () => opened }
}

test('passing on a call twice is refused when its body can be read once', async () => {
  for (const layer of [twice, atOnce]) {
    const { call, send, opened } = onceBody()
    const [outcome, events] = await run(layer, call, send)
    assert.equal(codeOf(outcome), 'INTERNAL')
    assert.equal(events, 1)
    assert.equal(opened(), 1)
  }
})

test('passing on a call twice is allowed when its body can be sent again, or was not begun', async () => {
  for (const layer of [twice, atOnce]) assert.ok((await run(layer, testCall({ method: 'POST', body: 'text' })))[0].ok)
  const { call, send } = onceBody()
  let first = true
  const neverSent: Send<Call> = async (given) => {
    if (!first) return send(given)
    first = false
    return failed(new MeshError('CONNECT_FAILED', 'no', { service: 'test', sent: false }))
  }
  assert.ok((await run(twice, call, neverSent))[0].ok)
})
