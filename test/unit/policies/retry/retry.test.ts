import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Balancer } from '../../../../src/balancing/balancer.ts'
import { StreamBody } from '../../../../src/call/call-body.ts'
import { repeatable } from '../../../../src/call/call-options.ts'
import { ContextValues } from '../../../../src/call/context-values.ts'
import { defaultClassifier } from '../../../../src/call/default-classifier.ts'
import { inherited } from '../../../../src/call/inbound-call.ts'
import { verdicts } from '../../../../src/call/verdict.ts'
import { MeshError } from '../../../../src/errors/mesh-error.ts'
import { inTurn, type ScriptedFailure } from '../../../../src/testing/scripted-answer.ts'
import { replyText } from '../../../../src/testing/test-reply.ts'
import { TestDirectory } from '../../routing/test-directory.ts'
import { errorOf, resultOf, testStack } from '../test-stack.ts'

const refused: ScriptedFailure = { error: 'CONNECT_FAILED' }
const lost: ScriptedFailure = { error: 'CONNECTION_LOST' }
const post = { method: 'POST', body: '{}' } as const

function unrepeatable(): ContextValues {
  const context = new ContextValues()
  context.set(repeatable, false)
  return context
}

test('a call that succeeds is sent once', async () => {
  const stack = testStack({ status: 200 })
  assert.equal(resultOf(await stack.run()), 200)
  assert.equal(stack.transport.begun, 1)
  assert.deepEqual(stack.host.events, [])
  stack.assertIdle()
})

test('an idempotent call is made again after a 503, at another endpoint', async () => {
  const stack = testStack(inTurn({ status: 503 }, { status: 200, body: 'at last' }))
  const outcome = await stack.run()
  assert.ok(outcome.ok)
  assert.equal(await replyText(outcome.reply), 'at last')
  assert.deepEqual(stack.visited(), [1, 2])
  stack.assertIdle()
})

test('the wait before each retry is random within a limit that doubles', async () => {
  const stack = testStack({ status: 503 }, { retry: { attempts: 6, budget: false } })
  await stack.run()
  const waits = stack.host.events.map(({ event }) => (event as { waitMs: number }).waitMs)
  assert.equal(waits.length, 5)
  for (const [i, wait] of waits.entries()) assert.ok(wait >= 0 && wait < [25, 50, 100, 200, 250][i]!, `wait ${i + 1} was ${wait}`)
  assert.ok(new Set(waits).size > 1)
})

test('the caller gets the last outcome when attempts are used up, also when it is a reply', async () => {
  const stack = testStack(inTurn(lost, lost, { status: 503, body: 'try later' }))
  const outcome = await stack.run()
  assert.ok(outcome.ok)
  assert.equal(outcome.reply.status, 503)
  assert.equal(await replyText(outcome.reply), 'try later')
  assert.equal(stack.transport.begun, 3)
  stack.assertIdle()
})

test('the body of a reply that is not handed on is given up before the next attempt', async () => {
  const stack = testStack('hang')
  const { outcome } = stack.begin()
  const first = await stack.transport.next()
  first.begin({ status: 503 })
  first.push('the beginning of something long')
  await stack.clock.advance(25)
  assert.equal(first.over, true)
  ;(await stack.transport.next()).reply({ status: 200 })
  assert.equal(resultOf(await outcome), 200)
  stack.assertIdle()
})

test('a POST that may have reached a server is not made again', async () => {
  for (const answer of [lost, { status: 503 }, { error: 'REFUSED', sent: true } as const]) {
    const stack = testStack(answer)
    await stack.run(post)
    assert.equal(stack.transport.begun, 1)
  }
})

test('a POST that its caller calls idempotent is made again', async () => {
  const stack = testStack(inTurn(lost, { status: 201 }))
  assert.equal(resultOf(await stack.run({ ...post, idempotent: true })), 201)
})

test('an attempt that was never sent goes to another endpoint at once, whatever the method', async () => {
  for (const error of ['CONNECT_FAILED', 'CONNECT_TIMEOUT', 'QUEUE_FULL', 'QUEUE_TIMEOUT', 'REFUSED'] as const) {
    const stack = testStack(inTurn({ error }, { status: 201 }))
    const { outcome } = stack.begin(post)
    await stack.clock.settle()
    assert.equal(resultOf(await outcome), 201)
    assert.deepEqual(stack.visited(), [1, 2])
    assert.deepEqual(stack.host.events, [
      {
        name: 'attempt-repeated',
        event: { service: 'test', endpoint: 'http://10.0.0.1:80', code: error, attempt: 1, sent: false, waitMs: 0 },
      },
    ])
    stack.assertIdle()
  }
})

test('going on to another endpoint does not count against attempts', async () => {
  const stack = testStack((attempt) => (attempt.endpoint.hostname === '10.0.0.20' ? { status: 200 } : refused), {
    endpoints: 20,
    retry: { attempts: 1, budget: false },
  })
  assert.equal(resultOf(await stack.run(post)), 200)
  assert.equal(stack.transport.begun, 20)
})

test('going on is paid with what answers have earned, and then from the budget', async () => {
  const budget = { ratio: 0, perSecond: 0.1 }
  let served = true
  const stack = testStack((attempt) => (served && attempt.endpoint.hostname === '10.0.0.2' ? { status: 200 } : refused), {
    endpoints: 9,
    retry: { attempts: 1, budget },
  })
  // One is in the reserve; each answer earns three, of which one is spent at once.
  for (let i = 0; i < 4; i += 1) assert.equal(resultOf(await stack.run(post)), 200)
  served = false
  const before = stack.transport.begun
  await stack.run(post)
  assert.equal(stack.transport.begun - before, 9)
  await stack.run(post)
  assert.equal(stack.transport.begun - before, 9 + 1 + 1)
  await stack.run(post)
  assert.equal(stack.transport.begun - before, 9 + 2 + 1)
})

test('a call goes on to each endpoint once, and then is retried like any other', async () => {
  const stack = testStack(refused, { endpoints: 4, retry: { budget: false } })
  assert.equal(resultOf(await stack.run(post)), 'CONNECT_FAILED')
  assert.deepEqual(stack.visited().slice(0, 4), [1, 2, 3, 4])
  assert.equal(stack.transport.begun, 4 + 2)
  const waits = stack.host.events.map(({ event }) => (event as { waitMs: number }).waitMs)
  assert.deepEqual(waits.slice(0, 3), [0, 0, 0])
  assert.ok(waits.slice(3).every((wait) => wait > 0))
  assert.ok(stack.directory.refreshes > 0)
})

test('the only endpoint of a service is tried again after a wait when it refuses', async () => {
  const stack = testStack(inTurn(refused, { status: 201 }), { endpoints: 1 })
  assert.equal(resultOf(await stack.run(post)), 201)
  assert.equal(stack.transport.begun, 2)
  assert.equal(stack.directory.refreshes, 1)
  const once = testStack(refused, { endpoints: 1, retry: { attempts: 1 } })
  assert.equal(resultOf(await once.run()), 'CONNECT_FAILED')
  assert.equal(once.transport.begun, 1)
})

test('a call goes on no more often than it may', async () => {
  const stack = testStack(refused, { endpoints: 20, retry: { attempts: 1, requeues: 5 } })
  await stack.run()
  assert.equal(stack.transport.begun, 6)
})

test('a balancer that insists on one endpoint is not asked for ever', async () => {
  const stubborn: Balancer = { name: 'stubborn', picker: (endpoints) => ({ pick: () => endpoints[0] }) }
  const stack = testStack(refused, { endpoints: 5, retry: { attempts: 1 }, balancer: stubborn })
  await stack.run()
  assert.equal(stack.transport.begun, 2)
})

test('a call that may have been sent once is not sent again by going on', async () => {
  const stack = testStack(inTurn(refused, lost, { status: 201 }), { endpoints: 5 })
  assert.equal(resultOf(await stack.run(post)), 'CONNECTION_LOST')
  assert.equal(stack.transport.begun, 2)
})

test('endpoints of other subsets are not gone on to', async () => {
  const directory = new TestDirectory(
    { url: 'http://10.0.0.1:80', labels: { v: '1' } },
    { url: 'http://10.0.0.2:80', labels: { v: '2' } },
    { url: 'http://10.0.0.3:80', labels: { v: '1' } },
  )
  const stack = testStack(refused, { directory, retry: { attempts: 1 } })
  await stack.run({ subset: { v: '1' } })
  assert.deepEqual(stack.visited(), [1, 3])
})

test('a body that can be read once is not sent again when it was opened', async () => {
  async function* pieces() {
    yield new TextEncoder().encode('once')
  }
  const opened = testStack((attempt) => attempt.bodyText().then(() => ({ error: 'REFUSED' as const })))
  await opened.run({ method: 'PUT', body: new StreamBody(pieces()) })
  assert.equal(opened.transport.begun, 1)
})

test('a body that nobody has opened goes to another endpoint', async () => {
  async function* pieces() {
    yield new TextEncoder().encode('once')
  }
  const texts: string[] = []
  const body = new StreamBody(pieces())
  // The scripted transport opens bodies at once, as if every endpoint had a connection; a layer stands in for a wire that does not come up.
  const stack = testStack(
    async (attempt) => {
      texts.push(await attempt.bodyText())
      return { status: 201 }
    },
    {
      attemptLayers: [
        (next) => async (attempt) => {
          if (attempt.number > 1) return next(attempt)
          const facts = { service: 'test', endpoint: attempt.endpoint.address, sent: false }
          return { ok: false, error: new MeshError('CONNECT_TIMEOUT', 'no connection', facts) }
        },
      ],
    },
  )
  assert.equal(resultOf(await stack.run({ method: 'POST', body })), 201)
  assert.deepEqual(texts, ['once'])
})

test('retry: false means one attempt at most, also when it was never sent', async () => {
  for (const answer of [refused, lost, { status: 503 }]) {
    const stack = testStack(answer, { endpoints: 5 })
    await stack.run({ context: unrepeatable() })
    assert.equal(stack.transport.begun, 1)
  }
})

test('a retry that would begin after the deadline is not waited for', async () => {
  const classify = () => ({ kind: 'failure', retry: 'if-idempotent', notBeforeMs: 400 }) as const
  const stack = testStack({ status: 503, latencyMs: 10 }, { classify })
  const began = stack.clock.now()
  assert.equal(resultOf(await stack.run({ deadlineMs: 300 })), 503)
  assert.equal(stack.clock.now() - began, 10)
  assert.equal(stack.transport.begun, 1)
  stack.assertIdle()
})

test('a retry does not begin before the verdict allows it', async () => {
  let first = true
  const stack = testStack(inTurn({ status: 503 }, { status: 200 }), {
    classify: (outcome, attempt) => {
      if (!first) return defaultClassifier(outcome, attempt)
      first = false
      return { kind: 'failure', retry: 'if-idempotent', notBeforeMs: 2_000 }
    },
  })
  const began = stack.clock.now()
  assert.equal(resultOf(await stack.run()), 200)
  const waited = stack.clock.now() - began
  assert.ok(waited > 2_000 && waited < 2_025, `waited ${waited} ms: a back-off is added, so that callers do not come as one`)
})

test('a verdict that says NaN means no particular time', async () => {
  const stack = testStack(inTurn({ status: 503 }, { status: 200 }), {
    classify: (outcome) => (resultOf(outcome) === 503 ? { kind: 'failure', retry: 'always', notBeforeMs: Number.NaN } : verdicts.success),
  })
  assert.equal(resultOf(await stack.run()), 200)
})

test('a classifier that says always is believed, with wait and attempts, also for a POST that was answered', async () => {
  const stack = testStack(inTurn({ status: 429 }, { status: 201 }), {
    classify: (outcome) => (resultOf(outcome) === 429 ? verdicts.retryAlways : verdicts.success),
    retry: { backoff: { base: '1s', max: '1s' } },
  })
  const began = stack.clock.now()
  assert.equal(resultOf(await stack.run(post)), 201)
  assert.ok(stack.clock.now() > began)
})

test('a wait ends at once when the caller leaves, and nothing more is sent', async () => {
  const stack = testStack({ status: 503 }, { retry: { backoff: { base: '1m', max: '1m' } } })
  const { call, outcome } = stack.begin()
  await stack.clock.advance(10)
  assert.equal(stack.clock.pending, 1)
  const reason = new MeshError('ABORTED', 'left', { service: 'test', sent: true })
  call.cancellation.cancel(reason)
  assert.equal(errorOf(await outcome), reason)
  await stack.clock.settle()
  assert.equal(stack.transport.begun, 1)
  stack.assertIdle()
})

test('when everything fails, retries are bounded by the budget, whatever attempts says', async () => {
  const stack = testStack({ status: 503 }, { retry: { attempts: 5 } })
  const calls = 1_000
  for (let i = 0; i < calls; i += 1) {
    stack.begin()
    if (i % 100 === 99) await stack.clock.advance(1_000)
  }
  await stack.clock.advance(10_000)
  const extra = stack.transport.begun - calls
  assert.ok(extra <= 0.2 * calls + 20, `${extra} extra attempts`)
  assert.ok(extra >= 0.2 * calls * 0.9, `${extra} extra attempts`)
  stack.assertIdle()
})

test('each repeated attempt is told as an event', async () => {
  const stack = testStack(inTurn({ status: 503 }, refused, { status: 200 }), { endpoints: 3, retry: { backoff: { base: 0 } } })
  await stack.run()
  assert.deepEqual(
    stack.host.events.map(({ name, event }) => [name, event]),
    [
      ['attempt-repeated', { service: 'test', endpoint: 'http://10.0.0.1:80', code: '503', attempt: 1, sent: true, waitMs: 0 }],
      ['attempt-repeated', { service: 'test', endpoint: 'http://10.0.0.2:80', code: 'CONNECT_FAILED', attempt: 2, sent: false, waitMs: 0 }],
    ],
  )
})

test('a service that loses its endpoints between attempts answers with that', async () => {
  const stack = testStack('hang')
  const { outcome } = stack.begin()
  const first = await stack.transport.next()
  stack.directory.set()
  first.fail('CONNECTION_LOST')
  await stack.clock.advance(25)
  const error = errorOf(await outcome)
  assert.equal(error.code, 'NO_ENDPOINT')
  assert.equal(error.facts.sent, true)
  assert.equal(stack.host.events.length, 1)
  stack.assertIdle()
})

test('a call whose deadline has passed does not go on, though nobody has cancelled it yet', async () => {
  const stack = testStack(
    { error: 'CONNECT_FAILED', latencyMs: 100 },
    {
      callLayers: [(next) => (call) => next(call.with({ deadline: call.startedAt + 50 }))],
    },
  )
  assert.equal(resultOf(await stack.run()), 'CONNECT_FAILED')
  assert.equal(stack.transport.begun, 1)
})

test('a service that nobody could be found for is not asked again', async () => {
  const stack = testStack({ status: 200 }, { endpoints: 0, directory: new TestDirectory() })
  stack.directory.become('absent')
  assert.equal(resultOf(await stack.run()), 'NO_ENDPOINT')
  stack.assertIdle()
})

test('an attempt prefers a zone that the call has not tried, when it is told to', async () => {
  const zones = ['a', 'a', 'b', 'a', 'b']
  const specs = zones.map((zone, i) => ({ url: `http://10.0.0.${i + 1}:80`, zone }))
  const visitedWith = async (avoidTriedZones: boolean) => {
    const stack = testStack({ status: 503 }, { directory: new TestDirectory(...specs), retry: { attempts: 4, avoidTriedZones } })
    await stack.run()
    return stack.visited()
  }
  assert.deepEqual(await visitedWith(false), [1, 2, 3, 4])
  // When every zone was tried, any endpoint that was not will do.
  assert.deepEqual(await visitedWith(true), [1, 3, 2, 4])
})

test('with enforce at 0 nothing is repeated, and what would have been is counted', async () => {
  const stack = testStack(inTurn({ status: 503 }, refused, { status: 200 }), { retry: { enforce: 0 } })
  assert.equal(resultOf(await stack.run()), 503)
  assert.equal(resultOf(await stack.run(post)), 'CONNECT_FAILED')
  assert.equal(stack.transport.begun, 2)
  // The refused one would have been requeued, and retried after that.
  assert.deepEqual(stack.extra.counts, {
    retries: 0,
    requeues: 0,
    hedges: 0,
    hedgesWon: 0,
    overBudget: 0,
    retriesWithheld: 3,
    hedgesWithheld: 0,
  })
})

test('with enforce at a half about half of the retries are made', async () => {
  const stack = testStack({ status: 503 }, { retry: { enforce: 0.5, attempts: 2, budget: false } })
  for (let i = 0; i < 400; i += 1) await stack.run()
  const { retries, retriesWithheld } = stack.extra.counts
  assert.equal(retries + retriesWithheld, 400)
  assert.ok(retries > 150 && retries < 250, `${retries} retries`)
})

test('a call in the service of a request that is a repetition is not repeated in turn', async () => {
  for (const [attempt, made] of [
    [1, 3],
    [2, 1],
  ] as const) {
    const stack = testStack({ status: 503 })
    const context = new ContextValues()
    context.set(inherited, { attempt, limits: false })
    await stack.run({ context })
    assert.equal(stack.transport.begun, made)
  }
})
