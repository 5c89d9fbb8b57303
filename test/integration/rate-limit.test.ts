import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { replied } from '../../src/call/outcome.ts'
import { RateLimit } from '../../src/policies/limit/rate-limit.ts'
import { rateLimitSettings } from '../../src/policies/limit/rate-limit-options.ts'
import { systemClock } from '../../src/runtime/system-clock.ts'
import { fewEnough, turnShare } from '../../src/runtime/turn-share.ts'
import { testCall, testHost } from '../../src/testing/index.ts'
import { testReply } from '../../src/testing/test-reply.ts'

const waiters = 10_000

test('ten thousand calls that wait for permits pass in their order, and everybody else has a turn after every few', async (t) => {
  const order: number[] = []
  const options = { permits: waiters, overflow: 'queue', maxQueue: waiters } as const
  const limit = new RateLimit(
    rateLimitSettings({ ...options, cost: ({ path }) => (path === '/0' ? waiters : 1) }),
    testHost({ clock: systemClock }),
  )
  const reply = testReply()
  const send = limit.layer(async ({ path }) => {
    order.push(Number(path.slice(1)))
    return replied(reply)
  })
  const calls = Array.from({ length: waiters + 1 }, (_, number) => testCall({ path: `/${number}` }))
  const outcomes = calls.map(send)
  assert.ok(limit.waiting > waiters / 2)
  let most = 0
  let turns = 0
  while (limit.waiting > 0) {
    const before = order.length
    await turn()
    const passed = order.length - before
    most = Math.max(most, passed)
    if (passed > 0) turns += 1
  }
  await Promise.all(outcomes)
  assert.deepEqual(
    order,
    calls.map((_, number) => number),
  )
  t.diagnostic(`${turns} turns, at most ${most} calls in one`)
  // So many that they are worth dividing go on by their share; the last few go on at once.
  assert.ok(most <= turnShare + fewEnough, `${most} calls in one turn`)
})
