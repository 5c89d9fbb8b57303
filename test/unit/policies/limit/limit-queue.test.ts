import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callPriority } from '../../../../src/call/call-options.ts'
import { Cancellation } from '../../../../src/call/cancellation.ts'
import { ContextValues } from '../../../../src/call/context-values.ts'
import { waits } from '../../../../src/call/waiting-for.ts'
import { MeshError } from '../../../../src/errors/mesh-error.ts'
import { leakyBucket } from '../../../../src/policies/limit/leaky-bucket.ts'
import { turnShare } from '../../../../src/runtime/turn-share.ts'
import { testCall } from '../../../../src/testing/test-call.ts'
import { errorOf, limited } from './limited.ts'

function numbered(number: number, priority?: number) {
  const context = new ContextValues()
  if (priority !== undefined) context.set(callPriority, priority)
  const cancellation = new Cancellation()
  return { call: testCall({ path: `/${number}`, context, cancellation }), cancellation }
}

const left = () => new MeshError('ABORTED', 'the caller left', { service: 'test', sent: false })

test('calls without a permit wait, and pass in the order in which they came', async () => {
  const { clock, limit, passed, send } = limited({ permits: 10, burst: 1, overflow: 'queue' })
  const outcomes = [0, 1, 2, 3].map((number) => send(numbered(number).call))
  assert.equal(limit.waiting, 3)
  const began = clock.now()
  for (const number of [1, 2, 3]) {
    await clock.advance(99)
    assert.equal(passed.length, number)
    await clock.advance(1)
    assert.equal(passed.length, number + 1)
  }
  assert.equal(clock.now() - began, 300)
  assert.deepEqual(
    passed.map(({ path }) => path),
    ['/0', '/1', '/2', '/3'],
  )
  for (const outcome of await Promise.all(outcomes)) assert.equal(outcome.ok, true)
  assert.deepEqual(limit.counts, { granted: 4, refused: 0, spared: 0, queued: 3 })
  assert.equal(passed[3]?.context.get(waits)[0]?.ms, 300)
})

test('a more important call waits before less important ones, and behind its equals', async () => {
  const { clock, passed, send } = limited(leakyBucket({ permits: 1, overflow: 'queue' }))
  const order = [5, 9, 5, 0, undefined, 0, 9]
  const outcomes = [5, ...order].map((priority, number) => send(numbered(number, priority).call))
  await clock.advance(7_000)
  await Promise.all(outcomes)
  assert.deepEqual(
    passed.map(({ path }) => path),
    ['/0', '/4', '/6', '/1', '/3', '/5', '/2', '/7'],
  )
})

test('a newcomer does not overtake a costly call that waits for its permits', async () => {
  const { clock, passed, send } = limited({
    permits: 10,
    overflow: 'queue',
    cost: ({ path }) => (path === '/1' ? 10 : 1),
  })
  const outcomes = [0, 1, 2].map((number) => send(numbered(number).call))
  await clock.advance(99)
  assert.equal(passed.length, 1)
  await clock.advance(1)
  assert.equal(passed.length, 2)
  await clock.advance(100)
  await Promise.all(outcomes)
  assert.deepEqual(
    passed.map(({ path }) => path),
    ['/0', '/1', '/2'],
  )
})

test('a caller that leaves while it waits gets its own reason back at once, and those behind move up', async () => {
  const { clock, limit, passed, send } = limited({ permits: 1, burst: 1, overflow: 'queue' })
  const calls = [0, 1, 2].map((number) => numbered(number))
  const outcomes = calls.map(({ call }) => send(call))
  calls[1]?.cancellation.cancel(left())
  assert.equal(errorOf((await outcomes[1]) as never).code, 'ABORTED')
  assert.equal(limit.waiting, 1)
  await clock.advance(1_000)
  assert.deepEqual(
    passed.map(({ path }) => path),
    ['/0', '/2'],
  )
  await Promise.all(outcomes)
})

test('when the first of the line leaves, a cheaper one behind it does not wait for its price', async () => {
  const { clock, passed, send } = limited({ permits: 10, overflow: 'queue', cost: ({ path }) => (path === '/2' ? 1 : 10) })
  const calls = [0, 1, 2].map((number) => numbered(number))
  const outcomes = calls.map(({ call }) => send(call))
  calls[1]?.cancellation.cancel(left())
  await clock.advance(100)
  assert.deepEqual(
    passed.map(({ path }) => path),
    ['/0', '/2'],
  )
  await Promise.all(outcomes)
})

test('a call that nobody waits for any more does not begin to wait', async () => {
  const { limit, send } = limited({ permits: 1, burst: 1, overflow: 'queue' })
  await send(testCall())
  const { call, cancellation } = numbered(1)
  cancellation.cancel(left())
  assert.equal(errorOf(await send(call)).code, 'ABORTED')
  assert.equal(limit.counts.queued, 0)
})

test('the line is bounded, and whoever finds it full is refused and told when to come back', async () => {
  const { clock, limit, send } = limited({ permits: 10, burst: 1, overflow: 'queue', maxQueue: 2 })
  const outcomes = [0, 1, 2].map((number) => send(numbered(number).call))
  const error = errorOf(await send(numbered(3).call))
  assert.equal(error.code, 'RATE_LIMITED')
  assert.equal(error.message, 'test: 2 calls wait for a permit already, as many as may (maxQueue); there is one again in 200 ms')
  assert.equal(error.facts.retryAfterMs, 200)
  await clock.advance(200)
  await Promise.all(outcomes)
  assert.deepEqual(limit.counts, { granted: 3, refused: 1, spared: 0, queued: 2 })
})

test('the lines of different keys move on their own, and their bound is one', async () => {
  const { clock, passed, send } = limited({ permits: 1, overflow: 'queue', maxQueue: 2, key: { header: 'k' } })
  const outcomes = ['a', 'a', 'b', 'b'].map((k) => send(testCall({ headers: ['k', k] })))
  assert.equal(errorOf(await send(testCall({ headers: ['k', 'a'] }))).code, 'RATE_LIMITED')
  await clock.advance(1_000)
  assert.equal(passed.length, 4)
  await Promise.all(outcomes)
})

test('a limit that is only observed lets nobody wait', async () => {
  const { limit, send } = limited({ permits: 1, overflow: 'queue', enforce: 0 })
  for (let i = 0; i < 3; i += 1) assert.equal((await send(testCall())).ok, true)
  assert.deepEqual(limit.counts, { granted: 1, refused: 0, spared: 2, queued: 0 })
})

test('ten thousand that leave at once leave nothing behind, and those that stay keep their order', async () => {
  const { clock, limit, passed, send } = limited({ permits: 1_000, burst: 1, overflow: 'queue', maxQueue: 20_000 })
  const calls = Array.from({ length: 10_001 }, (_, number) => numbered(number, number % 10))
  const outcomes = calls.map(({ call }) => send(call))
  for (const [number, { cancellation }] of calls.entries()) if (number > 0 && number % 100 !== 7) cancellation.cancel(left())
  await clock.advance(1_000)
  await Promise.all(outcomes)
  assert.equal(limit.waiting, 0)
  assert.deepEqual(
    passed.slice(1).map(({ path }) => Number(path.slice(1))),
    Array.from({ length: 100 }, (_, i) => i * 100 + 7),
  )
})

test('ten thousand that pass, or are turned away, go in order and so many in a turn of the event loop', async () => {
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const cost = ({ path }: { readonly path: string }) => (path === '/0' ? 1 : path === '/1' ? 0.5 : 1e-9)
  for (const ends of ['passed', 'closed']) {
    const { clock, limit, passed, send } = limited({ permits: 1, burst: 1, overflow: 'queue', maxQueue: 10_000, cost })
    const over: number[] = []
    const all = Array.from({ length: 10_001 }, (_, i) => send(numbered(i).call).then(() => over.push(i)))
    await turn()
    const lastOfTurn: number[] = [limit.waiting]
    const schedule = clock.schedule.bind(clock)
    clock.schedule = (ms, task) => {
      lastOfTurn.push(limit.waiting)
      return schedule(ms, task)
    }
    if (ends === 'closed') limit.close()
    await clock.advance(600)
    await Promise.all(all)
    const most = Math.max(...lastOfTurn.slice(1).map((waiting, i) => (lastOfTurn[i] as number) - waiting))
    assert.equal(most, turnShare + 1)
    assert.equal(passed.length, ends === 'passed' ? 10_001 : 1)
    assert.deepEqual(
      over,
      Array.from({ length: 10_001 }, (_, i) => i),
    )
  }
})
