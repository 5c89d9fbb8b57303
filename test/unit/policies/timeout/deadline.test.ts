import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { BodyFeed, bodyBufferBytes } from '../../../../src/call/body-feed.ts'
import type { Call } from '../../../../src/call/call.ts'
import type { Layer } from '../../../../src/call/layer.ts'
import { type Outcome, replied } from '../../../../src/call/outcome.ts'
import { ReplyBody } from '../../../../src/call/reply-body.ts'
import { MeshError } from '../../../../src/errors/mesh-error.ts'
import { deadline } from '../../../../src/policies/timeout/deadline.ts'
import { inTurn } from '../../../../src/testing/scripted-answer.ts'
import { testCall } from '../../../../src/testing/test-call.ts'
import { testHost } from '../../../../src/testing/test-host.ts'
import { replyText, testReply } from '../../../../src/testing/test-reply.ts'
import { TestDirectory } from '../../routing/test-directory.ts'
import { errorOf, resultOf, testStack } from '../test-stack.ts'

/** A layer under the deadline that answers when the test says so, and listens to nobody. */
function deaf() {
  let answer: (outcome: Outcome) => void = () => {}
  const layer: Layer<Call> = () => () => new Promise((resolve) => (answer = resolve))
  return { layer, answer: (outcome: Outcome) => answer(outcome) }
}

function left(): MeshError {
  return new MeshError('ABORTED', 'the caller left', { service: 'test', sent: true })
}

test('a call within its deadline is not disturbed, and leaves no timer', async () => {
  const stack = testStack({ status: 200, body: 'ok', latencyMs: 100 })
  const outcome = await stack.run({ deadlineMs: 300 })
  assert.ok(outcome.ok)
  assert.equal(await replyText(outcome.reply), 'ok')
  stack.assertIdle()
})

test('a call without a deadline has no timer', async () => {
  const stack = testStack('hang')
  const { outcome } = stack.begin()
  const attempt = await stack.transport.next()
  assert.equal(stack.clock.pending, 0)
  attempt.reply()
  assert.equal(resultOf(await outcome), 200)
})

test('a call whose deadline has passed is refused, and nothing of it is sent', async () => {
  const stack = testStack({ status: 200 })
  const call = testCall({ startedAt: stack.clock.now() - 500, deadline: stack.clock.now() - 200 })
  const error = errorOf(await stack.send(call))
  assert.equal(error.code, 'DEADLINE_EXCEEDED')
  assert.equal(error.message, 'test: deadline of 300 ms passed before the call began')
  assert.equal(error.facts.sent, false)
  assert.equal(stack.transport.begun, 0)
})

test('a call that was cancelled before it began is refused with that reason', async () => {
  const stack = testStack({ status: 200 })
  const call = testCall()
  const reason = left()
  call.cancellation.cancel(reason)
  assert.equal(errorOf(await stack.send(call)), reason)
  assert.equal(stack.transport.begun, 0)
})

test('a deadline that passes stops the attempt in flight and says where the time went', async () => {
  const stack = testStack(inTurn({ status: 503, latencyMs: 120 }, 'hang'), { retry: { backoff: { base: 0 } } })
  const error = errorOf(await stack.run({ deadlineMs: 300 }))
  assert.equal(error.code, 'DEADLINE_EXCEEDED')
  assert.equal(
    error.message,
    'test: deadline of 300 ms passed: 2 attempts (120 ms at http://10.0.0.1:80, 503; 180 ms at http://10.0.0.2:80, no answer)',
  )
  assert.deepEqual(error.facts, { service: 'test', endpoint: 'http://10.0.0.2:80', sent: true })
  await stack.clock.settle()
  assert.equal(stack.transport.attempts[1]?.error, error)
  stack.assertIdle()
})

test('a deadline that passes while the service is unresolved says so', async () => {
  const stack = testStack({ status: 200 }, { directory: new TestDirectory() })
  const error = errorOf(await stack.run({ deadlineMs: 300 }))
  assert.equal(error.message, 'test: deadline of 300 ms passed while waiting for discovery: waited 300 ms for discovery')
  assert.equal(error.facts.sent, false)
  await stack.clock.settle()
  stack.assertIdle()
})

test('a deadline that passes between attempts names what the call was waiting for', async () => {
  // A retry does not wait beyond the deadline that it sees; a policy may have given it another one.
  const stack = testStack(
    { status: 503, latencyMs: 100 },
    {
      retry: { backoff: { base: '1h', max: '1h' } },
      callLayers: [(next) => (call) => next(call.with({ deadline: Number.POSITIVE_INFINITY }))],
    },
  )
  const error = errorOf(await stack.run({ deadlineMs: 300 }))
  assert.equal(
    error.message,
    'test: deadline of 300 ms passed while waiting for the next attempt: 1 attempt (100 ms at http://10.0.0.1:80, 503); waited 200 ms for the next attempt',
  )
  assert.deepEqual(error.facts, { service: 'test', endpoint: undefined, sent: true })
  await stack.clock.settle()
  stack.assertIdle()
})

test('a deadline that passes before any attempt says that', async () => {
  const { layer } = deaf()
  const stack = testStack({ status: 200 }, { callLayers: [layer] })
  const error = errorOf(await stack.run({ deadlineMs: 300 }))
  assert.equal(error.message, 'test: deadline of 300 ms passed before any attempt began')
  assert.equal(error.facts.sent, false)
})

test('a long list of attempts is cut short', async () => {
  const refuse = { error: 'CONNECT_FAILED', latencyMs: 10 } as const
  const stack = testStack((attempt) => (attempt.attempt.number === 8 ? 'hang' : refuse), { endpoints: 8 })
  const error = errorOf(await stack.run({ deadlineMs: 300 }))
  assert.match(
    error.message,
    /: 8 attempts \(4 before; 10 ms at http:\/\/10\.0\.0\.5:80, CONNECT_FAILED; .*; 230 ms at http:\/\/10\.0\.0\.8:80, no answer\)$/,
  )
})

test('what was sent to nobody is not called sent', async () => {
  const refuse = { error: 'CONNECT_FAILED', latencyMs: 10 } as const
  const { layer } = deaf()
  let calls = 0
  // After the first attempt the policy hangs.
  const stack = testStack(refuse, {
    endpoints: 1,
    retry: { attempts: 1 },
    callLayers: [
      (next) => async (call) => {
        await next(call)
        calls += 1
        return layer(next)(call)
      },
    ],
  })
  const error = errorOf(await stack.run({ deadlineMs: 300 }))
  assert.equal(calls, 1)
  assert.equal(error.facts.sent, false)
  assert.equal(error.message, 'test: deadline of 300 ms passed: 1 attempt (10 ms at http://10.0.0.1:80, CONNECT_FAILED)')
})

test('the caller is settled when the deadline passes though a policy hangs, and the late reply is thrown away', async () => {
  const { layer, answer } = deaf()
  const stack = testStack({ status: 200 }, { callLayers: [layer] })
  const outcome = await stack.run({ deadlineMs: 300 })
  assert.equal(resultOf(outcome), 'DEADLINE_EXCEEDED')
  const late = testReply({ body: 'too late' })
  answer(replied(late))
  await stack.clock.settle()
  assert.deepEqual(await late.body.gather(), [])
  stack.assertIdle()
})

test('the caller is settled when it leaves though a policy hangs', async () => {
  const { layer, answer } = deaf()
  const stack = testStack({ status: 200 }, { callLayers: [layer] })
  const { call, outcome } = stack.begin({ deadlineMs: 300 })
  const reason = left()
  call.cancellation.cancel(reason)
  assert.equal(errorOf(await outcome), reason)
  stack.assertIdle()
  const late = testReply({ body: 'too late' })
  answer(replied(late))
  await stack.clock.settle()
  assert.deepEqual(await late.body.gather(), [])
})

test('the deadline covers the body: one that is late is cut off', async () => {
  const stack = testStack('hang')
  const { outcome } = stack.begin({ deadlineMs: 300 })
  const attempt = await stack.transport.next()
  attempt.begin({ status: 200 })
  attempt.push('half')
  const settled = await outcome
  assert.ok(settled.ok)
  const text = replyText(settled.reply)
  text.catch(() => {})
  await stack.clock.advance(300)
  await assert.rejects(text, (error: MeshError) => {
    assert.equal(error.code, 'DEADLINE_EXCEEDED')
    assert.equal(
      error.message,
      'test: deadline of 300 ms passed while the body of the reply was on its way: 1 attempt (0 ms at http://10.0.0.1:80, 200)',
    )
    assert.equal(error.facts.sent, true)
    return true
  })
  assert.equal(attempt.over, true)
  stack.assertIdle()
})

test('a body that is late is cut off also when its transport does not listen', async () => {
  const host = testHost()
  const open = testStack('hang')
  const { outcome } = open.begin()
  ;(await open.transport.next()).begin()
  const settled = await outcome
  assert.ok(settled.ok)
  const send = deadline(host)(async () => settled)
  const now = host.clock.now()
  const guarded = await send(testCall({ startedAt: now, deadline: now + 300 }))
  assert.ok(guarded.ok)
  await host.clock.advance(300)
  await assert.rejects(replyText(guarded.reply), { code: 'DEADLINE_EXCEEDED' })
})

test('while a caller waits the deadline keeps the process alive, while a body comes it does not', async () => {
  const stack = testStack('hang')
  const { outcome } = stack.begin({ deadlineMs: 300 })
  const attempt = await stack.transport.next()
  assert.equal(stack.clock.pendingForeground, 1)
  await stack.clock.advance(100)
  attempt.begin()
  await outcome
  assert.deepEqual([stack.clock.pendingForeground, stack.clock.pending], [0, 1])
  attempt.end()
  stack.assertIdle()
})

test('a body that is discarded needs no deadline any more', async () => {
  const stack = testStack('hang')
  const { outcome } = stack.begin({ deadlineMs: 300 })
  ;(await stack.transport.next()).begin()
  const settled = await outcome
  assert.ok(settled.ok)
  settled.reply.body.discard()
  stack.assertIdle()
})

test('a caller that leaves while the body comes stops it, and the timer', async () => {
  const stack = testStack('hang')
  const { call, outcome } = stack.begin({ deadlineMs: 300 })
  ;(await stack.transport.next()).begin()
  const settled = await outcome
  assert.ok(settled.ok)
  const reason = left()
  call.cancellation.cancel(reason)
  await assert.rejects(replyText(settled.reply), reason)
  stack.assertIdle()
})

test('a timer that comes early is set again', async () => {
  const stack = testStack('hang')
  const { schedule } = stack.clock
  // As on a platform that cuts long delays short.
  stack.host.clock.schedule = (delayMs, task, options) => schedule.call(stack.clock, Math.min(delayMs, 1_000), task, options)
  const { outcome } = stack.begin({ deadlineMs: 2_500 })
  let settled = false
  void outcome.then(() => (settled = true))
  await stack.clock.advance(2_499)
  assert.equal(settled, false)
  await stack.clock.advance(1)
  assert.equal(resultOf(await outcome), 'DEADLINE_EXCEEDED')
})

test('a layer below that throws or rejects is an INTERNAL failure', async () => {
  const boom = new Error('boom')
  const layers: Layer<Call>[] = [
    () => () => {
      throw boom
    },
    () => () => Promise.reject(boom),
  ]
  for (const layer of layers) {
    const stack = testStack({ status: 200 }, { callLayers: [layer] })
    const error = errorOf(await stack.run({ deadlineMs: 300 }))
    assert.deepEqual([error.code, error.cause, error.facts.sent], ['INTERNAL', boom, false])
    assert.equal(stack.host.events[0]?.name, 'part-threw')
    stack.assertIdle()
  }
})

test('a copy of the call that a policy passes on is watched like the call', async () => {
  const stack = testStack(inTurn({ error: 'CONNECT_FAILED' }, 'hang'), {
    callLayers: [(next) => (call) => next(call.with({ path: '/elsewhere' }))],
  })
  const error = errorOf(await stack.run({ deadlineMs: 300 }))
  assert.match(error.message, /2 attempts/)
  assert.equal(stack.transport.attempts[1]?.path, '/elsewhere')
  await stack.clock.settle()
  stack.assertIdle()
})

test('a reply that its caller dropped is released long before its deadline', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const host = testHost()
  let released = false
  const feed = new BodyFeed({ pause: () => {}, resume: () => {}, abort: () => (released = true) }, undefined)
  const begin = async () => {
    const now = host.clock.now()
    const send = deadline(host)(async () => replied({ status: 200, statusText: '', headers: {}, body: new ReplyBody(feed) }))
    assert.equal((await send(testCall({ startedAt: now, deadline: now + 300 }))).ok, true)
    feed.push(new Uint8Array(bodyBufferBytes))
  }
  await begin()
  assert.equal(host.clock.pending, 1)
  for (let i = 0; i < 50 && !released; i += 1) {
    collect()
    await host.clock.settle()
  }
  assert.equal(released, true)
  host.clock.assertIdle()
})
