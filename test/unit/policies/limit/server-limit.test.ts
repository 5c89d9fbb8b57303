import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReplyHeaders } from '../../../../src/call/header-list.ts'
import { statedLimit } from '../../../../src/policies/limit/server-limit-headers.ts'
import { testCall } from '../../../../src/testing/test-call.ts'
import { testReply } from '../../../../src/testing/test-reply.ts'
import { errorOf, limited } from './limited.ts'

const many = { permits: 1_000, obeyServer: true } as const

test('what a server says of its limit is read in every spelling', () => {
  const cases: readonly (readonly [ReplyHeaders, { remaining: number; resetMs: number } | undefined])[] = [
    [{ ratelimit: '"default";r=50;t=30' }, { remaining: 50, resetMs: 30_000 }],
    [{ ratelimit: '"burst";r=9;t=1, "day";r=3;t=3600' }, { remaining: 3, resetMs: 3_600_000 }],
    [{ ratelimit: 'limit=100, remaining=5, reset=10' }, { remaining: 5, resetMs: 10_000 }],
    [
      { 'ratelimit-remaining': '0', 'ratelimit-reset': '7' },
      { remaining: 0, resetMs: 7_000 },
    ],
    [
      { 'x-ratelimit-remaining': '12', 'x-ratelimit-reset': '2000000060' },
      { remaining: 12, resetMs: 60_000 },
    ],
    [{ 'x-ratelimit-remaining': '12' }, undefined],
    [{ 'x-ratelimit-remaining': 'many', 'x-ratelimit-reset': '5' }, undefined],
    [{ ratelimit: 'nonsense;;r=;t=' }, undefined],
    [{}, undefined],
  ]
  for (const [headers, stated] of cases) assert.deepEqual(statedLimit(headers, 2_000_000_000_000), stated)
})

test('when the server says that nothing remains, calls are refused until its limit starts anew', async () => {
  const { clock, passed, send } = limited(many, () =>
    testReply({ headers: { 'ratelimit-remaining': passed.length === 1 ? '0' : '5', 'ratelimit-reset': '3' } }),
  )
  await send(testCall())
  const error = errorOf(await send(testCall()))
  assert.equal(error.message, 'test: the server takes no more calls, by its own limit; there is one again in 3000 ms')
  assert.equal(error.facts.retryAfterMs, 3_000)
  await clock.advance(3_000)
  assert.equal((await send(testCall())).ok, true)
  assert.equal((await send(testCall())).ok, true)
})

test('calls in flight count against what remains', async () => {
  const replies: (() => void)[] = []
  const { limit, passed, send } = limited(many, async () => {
    const reply = testReply({ headers: { ratelimit: '"a";r=2;t=9' } })
    if (passed.length > 1) await new Promise<void>((resolve) => replies.push(resolve))
    return reply
  })
  await send(testCall())
  const two = [send(testCall()), send(testCall())]
  assert.equal(errorOf(await send(testCall())).code, 'RATE_LIMITED')
  for (const reply of replies) reply()
  await Promise.all(two)
  assert.equal(limit.counts.granted, 3)
})

test('retry-after of a 429 or 503 holds every call back, and not for longer than the limit says', async () => {
  for (const status of [429, 503]) {
    const { clock, passed, send } = limited({ ...many, maxServerHold: '10s' }, () =>
      passed.length === 1 ? testReply({ status, headers: { 'retry-after': '3600' } }) : testReply(),
    )
    await send(testCall())
    assert.equal(errorOf(await send(testCall())).facts.retryAfterMs, 10_000)
    await clock.advance(10_000)
    assert.equal((await send(testCall())).ok, true)
  }
})

test('a reply that is fine holds nobody back, whatever else it says', async () => {
  const { send } = limited(many, () => testReply({ headers: { 'retry-after': '60' } }))
  await send(testCall())
  assert.equal((await send(testCall())).ok, true)
})

test('calls that wait go on when the limit of the server starts anew', async () => {
  const { clock, passed, send } = limited({ ...many, overflow: 'queue' }, () =>
    testReply({ headers: { 'x-ratelimit-remaining': passed.length === 1 ? '1' : '50', 'x-ratelimit-reset': '2' } }),
  )
  await send(testCall())
  await send(testCall())
  const outcomes = [send(testCall()), send(testCall())]
  await clock.advance(10)
  await clock.advance(2_000)
  for (const outcome of await Promise.all(outcomes)) assert.equal(outcome.ok, true)
  assert.equal(passed.length, 4)
})

test('a call that fails without a reply does not count as in flight for ever', async () => {
  const { passed, send } = limited(many, () => {
    if (passed.length > 1) throw new Error('lost')
    return testReply({ headers: { ratelimit: '"a";r=1;t=60' } })
  })
  await send(testCall())
  for (let i = 0; i < 3; i += 1) await assert.rejects(send(testCall()), /lost/)
})

test('a server that nobody listens to is not obeyed', async () => {
  const { send } = limited({ permits: 10 }, () => testReply({ status: 429, headers: { 'retry-after': '60' } }))
  await send(testCall())
  assert.equal((await send(testCall())).ok, true)
})
