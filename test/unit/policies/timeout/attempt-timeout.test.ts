import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Attempt } from '../../../../src/call/attempt.ts'
import { repeatable } from '../../../../src/call/call-options.ts'
import { ContextValues } from '../../../../src/call/context-values.ts'
import type { Layer, Send } from '../../../../src/call/layer.ts'
import { failed, type Outcome, replied } from '../../../../src/call/outcome.ts'
import { MeshError } from '../../../../src/errors/mesh-error.ts'
import { attemptTimeout } from '../../../../src/policies/timeout/attempt-timeout.ts'
import { inTurn } from '../../../../src/testing/scripted-answer.ts'
import { testAttempt } from '../../../../src/testing/test-call.ts'
import { testHost } from '../../../../src/testing/test-host.ts'
import { replyText, testReply } from '../../../../src/testing/test-reply.ts'
import { errorOf, resultOf, testStack } from '../test-stack.ts'

const limited = { retry: { attemptTimeout: '100ms' } } as const

test('an attempt that takes too long is stopped, and the call goes on', async () => {
  const stack = testStack(inTurn('hang', { status: 200, body: 'quick' }), limited)
  const outcome = await stack.run({ deadlineMs: 2_000 })
  assert.ok(outcome.ok)
  assert.equal(await replyText(outcome.reply), 'quick')
  assert.equal(stack.transport.attempts[0]?.error?.code, 'ATTEMPT_TIMEOUT')
  assert.equal(stack.transport.attempts[0]?.error?.message, 'test: no reply within 100 ms in attempt 1 (http://10.0.0.1:80)')
  assert.equal(stack.directory.endpoints[0]?.failures, 1)
  stack.assertIdle()
})

test('an attempt that timed out may have been sent: a POST is not made again', async () => {
  const stack = testStack('hang', limited)
  const error = errorOf(await stack.run({ method: 'POST', body: '{}', deadlineMs: 2_000 }))
  assert.equal(error.code, 'ATTEMPT_TIMEOUT')
  assert.equal(error.facts.sent, true)
  assert.equal(stack.transport.begun, 1)
  stack.assertIdle()
})

test('a transport that knows better is believed', async () => {
  const waiting: Layer<Attempt> = (next) => (attempt) => {
    if (attempt.number > 1) return next(attempt)
    return new Promise<Outcome>((resolve) => {
      const facts = { service: 'test', endpoint: attempt.endpoint.address, sent: false }
      attempt.cancellation.add({ cancelled: () => resolve(failed(new MeshError('QUEUE_TIMEOUT', 'it waited in line', facts))) })
    })
  }
  const stack = testStack({ status: 201 }, { ...limited, attemptLayers: [waiting] })
  assert.equal(resultOf(await stack.run({ method: 'POST', body: '{}', deadlineMs: 2_000 })), 201)
})

test('the last attempt may use all that is left of the deadline', async () => {
  const stack = testStack({ status: 200, latencyMs: 150 }, { retry: { attempts: 3, attemptTimeout: '100ms', backoff: { base: 0 } } })
  const began = stack.clock.now()
  assert.equal(resultOf(await stack.run({ deadlineMs: 2_000 })), 200)
  assert.equal(stack.clock.now() - began, 100 + 100 + 150)
  stack.assertIdle()
})

test('the last attempt has its limit when the call has no deadline', async () => {
  const stack = testStack({ status: 200, latencyMs: 150 }, limited)
  assert.equal(resultOf(await stack.run()), 'ATTEMPT_TIMEOUT')
  assert.equal(stack.transport.begun, 3)
  stack.assertIdle()
})

test('an attempt that was never sent does not bring the last one nearer', async () => {
  const stack = testStack(
    inTurn({ error: 'CONNECT_FAILED' }, { error: 'CONNECT_FAILED' }, 'hang', 'hang', { status: 200, latencyMs: 150 }),
    {
      endpoints: 5,
      retry: { attempts: 3, attemptTimeout: '100ms', backoff: { base: 0 } },
    },
  )
  const began = stack.clock.now()
  assert.equal(resultOf(await stack.run({ deadlineMs: 2_000 })), 200)
  assert.equal(stack.clock.now() - began, 100 + 100 + 150)
})

test('a call that may not be repeated has one attempt, which is the last', async () => {
  const context = new ContextValues()
  context.set(repeatable, false)
  const stack = testStack({ status: 200, latencyMs: 150 }, limited)
  assert.equal(resultOf(await stack.run({ context, deadlineMs: 2_000 })), 200)
})

test('a service with one attempt and a deadline has no attempt timeout', async () => {
  const stack = testStack({ status: 200, latencyMs: 150 }, { retry: { attempts: 1, attemptTimeout: '100ms' } })
  assert.equal(resultOf(await stack.run({ deadlineMs: 2_000 })), 200)
})

test('the limit ends with the head of the reply', async () => {
  const stack = testStack('hang', limited)
  const { outcome } = stack.begin({ deadlineMs: 2_000 })
  const attempt = await stack.transport.next()
  await stack.clock.advance(99)
  attempt.begin()
  const settled = await outcome
  assert.ok(settled.ok)
  await stack.clock.advance(1_000)
  attempt.push('slow')
  attempt.end()
  assert.equal(await replyText(settled.reply), 'slow')
  stack.assertIdle()
})

test('a caller that leaves reaches the transport through the timeout, also while the body comes', async () => {
  const stack = testStack('hang', limited)
  const { call, outcome } = stack.begin({ deadlineMs: 2_000 })
  const attempt = await stack.transport.next()
  attempt.begin()
  const settled = await outcome
  assert.ok(settled.ok)
  const reason = new MeshError('ABORTED', 'left', { service: 'test', sent: true })
  call.cancellation.cancel(reason)
  await assert.rejects(replyText(settled.reply), reason)
  assert.equal(attempt.error, reason)
  stack.assertIdle()
})

test('a policy that hangs and listens to nobody is not waited for, and its late reply is thrown away', async () => {
  let answer: (outcome: Outcome) => void = () => {}
  const deaf: Layer<Attempt> = (next) => (attempt) => (attempt.number > 1 ? next(attempt) : new Promise((resolve) => (answer = resolve)))
  const stack = testStack({ status: 200 }, { ...limited, attemptLayers: [deaf] })
  assert.equal(resultOf(await stack.run({ deadlineMs: 2_000 })), 200)
  const late = testReply({ body: 'too late' })
  answer(replied(late))
  await stack.clock.settle()
  assert.deepEqual(await late.body.gather(), [])
  stack.assertIdle()
})

/** An attempt, and who listens to the cancellation of its call. */
function watchedAttempt() {
  const listeners = new Set<unknown>()
  const attempt = testAttempt()
  const { cancellation } = attempt.call
  const [add, remove] = [cancellation.add.bind(cancellation), cancellation.remove.bind(cancellation)]
  cancellation.add = (listener) => {
    listeners.add(listener)
    add(listener)
  }
  cancellation.remove = (listener) => {
    assert.equal(listeners.delete(listener), true)
    remove(listener)
  }
  return { attempt, listeners }
}

test('a reply that crosses the timeout is not handed on: its body is being cut off', async () => {
  let answer: (outcome: Outcome) => void = () => {}
  const host = testHost()
  const reply = testReply({ body: 'crossing' })
  const { attempt, listeners } = watchedAttempt()
  const send: Send<Attempt> = attemptTimeout(
    { attemptTimeoutMs: 100, attempts: 1 },
    host,
  )(({ cancellation }) => {
    cancellation.add({ cancelled: () => answer(replied(reply)) })
    return new Promise((resolve) => (answer = resolve))
  })
  const outcome = send(attempt)
  assert.equal(listeners.size, 1)
  await host.clock.advance(100)
  assert.equal(errorOf(await outcome).code, 'ATTEMPT_TIMEOUT')
  assert.deepEqual(await reply.body.gather(), [])
  assert.equal(listeners.size, 0)
  host.clock.assertIdle()
})

test('an attempt lets go of its call when it is over', async () => {
  const host = testHost()
  const outcomes: Outcome[] = [
    replied(testReply({ body: 'whole' })),
    failed(new MeshError('CONNECTION_LOST', 'lost', { service: 'test', sent: true })),
  ]
  for (const outcome of outcomes) {
    const { attempt, listeners } = watchedAttempt()
    const send = attemptTimeout({ attemptTimeoutMs: 100, attempts: 3 }, host)(async () => outcome)
    const settled = send(attempt)
    assert.equal(listeners.size, 1)
    await settled
    assert.equal(listeners.size, 0)
  }
  host.clock.assertIdle()
})

test('a layer below that throws is an INTERNAL failure', async () => {
  const host = testHost()
  const boom = new Error('boom')
  const send = attemptTimeout(
    { attemptTimeoutMs: 100, attempts: 3 },
    host,
  )(() => {
    throw boom
  })
  const error = errorOf(await send(testAttempt()))
  assert.deepEqual([error.code, error.cause], ['INTERNAL', boom])
  host.clock.assertIdle()
})

test('without a limit the layer adds nothing at all', () => {
  const send: Send<Attempt> = async () => replied(testReply())
  assert.equal(attemptTimeout({ attemptTimeoutMs: Number.POSITIVE_INFINITY, attempts: 3 }, testHost())(send), send)
})
