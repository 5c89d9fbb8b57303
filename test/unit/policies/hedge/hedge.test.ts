import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LoadMeter } from '../../../../src/balancing/load-meter.ts'
import { ReopenableBody, StreamBody } from '../../../../src/call/call-body.ts'
import { repeatable } from '../../../../src/call/call-options.ts'
import { ContextValues } from '../../../../src/call/context-values.ts'
import { inherited } from '../../../../src/call/inbound-call.ts'
import { verdicts } from '../../../../src/call/verdict.ts'
import { MeshError } from '../../../../src/errors/mesh-error.ts'
import type { AnswerFunction, ScriptedAnswer } from '../../../../src/testing/scripted-answer.ts'
import { replyText } from '../../../../src/testing/test-reply.ts'
import { inOrder, resultOf, type TestStackOptions, testStack } from '../test-stack.ts'

/** The first endpoint is slow, the others are not. */
const slowFirst: AnswerFunction = ({ endpoint }) =>
  endpoint.hostname === '10.0.0.1' ? { status: 200, body: 'slow', latencyMs: 1_000 } : { status: 200, body: 'fast', latencyMs: 5 }

function hedged(script: ScriptedAnswer | AnswerFunction, options: TestStackOptions = {}) {
  return testStack(script, { hedge: { after: 50 }, ...options })
}

test('an attempt that takes long gets another one beside it, at another endpoint, and the faster one wins', async () => {
  const stack = hedged(slowFirst)
  const began = stack.clock.now()
  const outcome = await stack.run()
  assert.equal(stack.clock.now() - began, 55)
  assert.ok(outcome.ok)
  assert.equal(await replyText(outcome.reply), 'fast')
  assert.deepEqual(stack.visited(), [1, 2])
  assert.deepEqual(stack.host.events, [
    { name: 'attempt-hedged', event: { service: 'test', endpoint: 'http://10.0.0.1:80', attempts: 2, afterMs: 50 } },
  ])
  assert.deepEqual([stack.extra.counts.hedges, stack.extra.counts.hedgesWon], [1, 1])
  await stack.clock.settle()
  stack.assertIdle()
})

test('a call that is answered in time is sent once, and leaves no timer', async () => {
  const stack = hedged({ status: 200, latencyMs: 40 })
  assert.equal(resultOf(await stack.run()), 200)
  assert.equal(stack.transport.begun, 1)
  stack.assertIdle()
})

test('the loser is stopped and held against nobody, whatever the judge says', async () => {
  const ends: string[] = []
  const ear: LoadMeter = { name: 'ear', load: () => 0, began: () => (verdict) => void ends.push(verdict.kind) }
  const classify = (outcome: { ok: boolean }) => (outcome.ok ? verdicts.success : verdicts.retryIfIdempotent)
  const stack = hedged(slowFirst, { classify, balancer: { ...inOrder, meters: [ear] } })
  const outcome = await stack.run()
  assert.ok(outcome.ok)
  await stack.clock.settle()
  assert.equal(stack.transport.attempts[0]?.error?.code, 'ABORTED')
  assert.deepEqual(ends.toSorted(), ['ignored', 'success'])
  assert.deepEqual(
    stack.directory.endpoints.map(({ failures }) => failures),
    [0, 0],
  )
  assert.deepEqual(stack.router.counters, { attempts: 2, succeeded: 1, failed: 0, ignored: 1 })
  stack.assertIdle()
})

test('the first attempt wins when it is the faster one after all', async () => {
  const stack = hedged(({ endpoint }) => ({ status: endpoint.hostname === '10.0.0.1' ? 200 : 201, latencyMs: 60 }))
  assert.equal(resultOf(await stack.run()), 200)
  assert.deepEqual([stack.extra.counts.hedges, stack.extra.counts.hedgesWon], [1, 0])
  await stack.clock.settle()
  stack.assertIdle()
})

test('a failure of the first attempt brings the next one at once', async () => {
  const stack = hedged(({ endpoint }) =>
    endpoint.hostname === '10.0.0.1' ? { status: 503, latencyMs: 10 } : { status: 200, latencyMs: 5 },
  )
  const began = stack.clock.now()
  assert.equal(resultOf(await stack.run()), 200)
  assert.equal(stack.clock.now() - began, 15)
  stack.assertIdle()
})

test('a failure does not end the call while another attempt is under way', async () => {
  const stack = hedged(({ endpoint }) => (endpoint.hostname === '10.0.0.1' ? { status: 200, latencyMs: 100 } : { status: 503 }))
  assert.equal(resultOf(await stack.run()), 200)
  await stack.clock.settle()
  stack.assertIdle()
})

test('an answer that cannot be repeated is the answer', async () => {
  const stack = hedged(({ endpoint }) => (endpoint.hostname === '10.0.0.1' ? { status: 200, latencyMs: 100 } : { status: 500 }))
  assert.equal(resultOf(await stack.run()), 500)
  await stack.clock.settle()
  stack.assertIdle()
})

test('a server that asks to wait puts the next attempt off', async () => {
  let first = true
  const stack = hedged(({ endpoint }) => ({ status: endpoint.hostname === '10.0.0.1' ? 503 : 200 }), {
    classify: () => {
      if (!first) return verdicts.success
      first = false
      return { kind: 'failure', retry: 'if-idempotent', notBeforeMs: 400 }
    },
  })
  const began = stack.clock.now()
  assert.equal(resultOf(await stack.run()), 200)
  assert.equal(stack.clock.now() - began, 400)
  stack.assertIdle()
})

test('attempts side by side count as attempts: a retry follows them if there are any left', async () => {
  const stack = hedged({ status: 503, latencyMs: 100 }, { endpoints: 5, retry: { attempts: 3 } })
  assert.equal(resultOf(await stack.run()), 503)
  assert.equal(stack.transport.begun, 3)
  stack.assertIdle()
})

test('only idempotent calls with a body that can be sent twice at once are hedged', async () => {
  const bytes = async function* () {
    yield new Uint8Array(3)
  }
  const made = async (parts: Parameters<ReturnType<typeof hedged>['run']>[0]) => {
    const stack = hedged(slowFirst)
    await stack.run(parts)
    await stack.clock.settle()
    stack.assertIdle()
    return stack.transport.begun
  }
  const never = new ContextValues()
  never.set(repeatable, false)
  const repeated = new ContextValues()
  repeated.set(inherited, { attempt: 2, limits: false })
  assert.equal(await made({ method: 'POST', body: '{}' }), 1)
  assert.equal(await made({ method: 'POST', body: '{}', idempotent: true }), 2)
  assert.equal(await made({ method: 'PUT', body: new StreamBody(bytes()) }), 1)
  assert.equal(await made({ method: 'PUT', body: new ReopenableBody(bytes) }), 2)
  assert.equal(await made({ context: never }), 1)
  assert.equal(await made({ context: repeated }), 1)
})

test('a service with one endpoint is not hedged, and pays nothing', async () => {
  const stack = hedged({ status: 200, latencyMs: 100 }, { endpoints: 1, retry: { budget: { ratio: 0, perSecond: 0.1 } } })
  for (let i = 0; i < 3; i += 1) assert.equal(resultOf(await stack.run()), 200)
  assert.equal(stack.transport.begun, 3)
  assert.deepEqual([stack.extra.counts.hedges, stack.extra.counts.overBudget, stack.host.events.length], [0, 0, 0])
})

test('hedges are paid from the budget', async () => {
  const stack = hedged({ status: 200, latencyMs: 100 }, { retry: { budget: { ratio: 0, perSecond: 0.2 } } })
  for (let i = 0; i < 10; i += 1) await stack.run()
  assert.deepEqual([stack.extra.counts.hedges, stack.extra.counts.overBudget], [2, 8])
  assert.equal(stack.transport.begun, 12)
})

test('with enforce at 0 nothing is hedged, and what would have been is counted', async () => {
  const stack = hedged(slowFirst, { hedge: { after: 50, enforce: 0 } })
  await stack.run()
  assert.equal(stack.transport.begun, 1)
  assert.equal(stack.extra.counts.hedgesWithheld, 1)
  stack.assertIdle()
})

test('a caller that leaves stops all attempts', async () => {
  const stack = hedged('hang')
  const { call, outcome } = stack.begin()
  await stack.clock.advance(60)
  assert.equal(stack.transport.begun, 2)
  const left = new MeshError('ABORTED', 'the caller left', { service: 'test', sent: true })
  call.cancellation.cancel(left)
  assert.equal(resultOf(await outcome), 'ABORTED')
  await stack.clock.settle()
  stack.assertIdle()
})

test('a deadline stops all attempts', async () => {
  const stack = hedged('hang')
  assert.equal(resultOf(await stack.run({ deadlineMs: 200 })), 'DEADLINE_EXCEEDED')
  await stack.clock.settle()
  stack.assertIdle()
})

test("a caller that leaves reaches the winner's body", async () => {
  const stack = hedged('hang')
  const { call, outcome } = stack.begin()
  await stack.clock.advance(60)
  const winner = stack.transport.attempts[1]
  winner?.begin({ status: 200 })
  winner?.push('the beginning')
  await stack.clock.settle()
  assert.equal(resultOf(await outcome), 200)
  assert.equal(winner?.over, false)
  call.cancellation.cancel(new MeshError('ABORTED', 'the caller left', { service: 'test', sent: true }))
  await stack.clock.settle()
  assert.equal(winner?.over, true)
  stack.assertIdle()
})

test('an attempt beside another that was refused goes on to a third endpoint', async () => {
  const stack = hedged(
    ({ endpoint }) => {
      if (endpoint.hostname === '10.0.0.1') return { status: 200, latencyMs: 500 }
      return endpoint.hostname === '10.0.0.2' ? { error: 'CONNECT_FAILED' } : { status: 201 }
    },
    { endpoints: 3 },
  )
  assert.equal(resultOf(await stack.run()), 201)
  assert.deepEqual(stack.visited(), [1, 2, 3])
  await stack.clock.settle()
  stack.assertIdle()
})

test('by percentile, nothing is hedged before enough is known, and then about a twentieth', async () => {
  let n = 0
  // One in a hundred is slow; the others are spread over 1 to 20 ms.
  const script: AnswerFunction = () => {
    n += 1
    return { status: 200, latencyMs: n % 100 === 0 ? 2_000 : 1 + (n % 20) }
  }
  const stack = testStack(script, { endpoints: 4, hedge: {}, retry: { budget: false } })
  for (let i = 0; i < 49; i += 1) await stack.run()
  assert.equal(stack.extra.counts.hedges, 0)
  for (let i = 0; i < 2_000; i += 1) await stack.run()
  const share = stack.extra.counts.hedges / 2_000
  assert.ok(share > 0.005 && share < 0.08, `${share} of the calls were hedged`)
  await stack.clock.settle()
  stack.assertIdle()
})

test('hedging after the 95th percentile cuts the tail for a twentieth more load', async () => {
  // Bimodal, by call: each attempt is slow with a chance of 1 %, on its own.
  const run = async (hedge: boolean) => {
    let seed = 7
    const draw = () => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed / 2_147_483_647
    }
    const script: AnswerFunction = () => ({ status: 200, latencyMs: draw() < 0.01 ? 1_000 : 5 + 10 * draw() })
    const stack = testStack(script, { endpoints: 4, ...(hedge ? { hedge: {} } : {}), retry: { budget: false } })
    const took: number[] = []
    for (let i = 0; i < 3_000; i += 1) {
      const began = stack.clock.now()
      await stack.run()
      took.push(stack.clock.now() - began)
    }
    took.sort((a, b) => a - b)
    return { p995: took[Math.floor(took.length * 0.995)] as number, load: stack.transport.begun / took.length }
  }
  const [without, beside] = [await run(false), await run(true)]
  assert.equal(without.p995, 1_000)
  assert.ok(beside.p995 < 40, `p99.5 is ${beside.p995} ms`)
  assert.ok(beside.load < 1.08, `load is ${beside.load}`)
})
