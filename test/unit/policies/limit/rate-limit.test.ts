import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Call } from '../../../../src/call/call.ts'
import { type Outcome, replied } from '../../../../src/call/outcome.ts'
import type { MeshError } from '../../../../src/errors/mesh-error.ts'
import { leakyBucket } from '../../../../src/policies/limit/leaky-bucket.ts'
import { RateLimit } from '../../../../src/policies/limit/rate-limit.ts'
import { type RateLimitOptions, rateLimitDefaults, rateLimitSettings } from '../../../../src/policies/limit/rate-limit-options.ts'
import { testCall } from '../../../../src/testing/test-call.ts'
import { testHost } from '../../../../src/testing/test-host.ts'
import { testReply } from '../../../../src/testing/test-reply.ts'

function limited(options: RateLimitOptions) {
  const host = testHost()
  const limit = new RateLimit(rateLimitSettings(options), host)
  const passed: Call[] = []
  const send = limit.layer(async (call) => {
    passed.push(call)
    return replied(testReply())
  })
  return { host, limit, passed, send }
}

function errorOf(outcome: Outcome): MeshError {
  assert.equal(outcome.ok, false)
  return (outcome as Extract<Outcome, { ok: false }>).error
}

test('the defaults are these', () => {
  assert.deepEqual(rateLimitDefaults, {
    per: '1s',
    cost: 1,
    enforce: 1,
    algorithm: 'token-bucket',
    maxKeys: 10_000,
    overflow: 'reject',
    maxQueue: 1_000,
    obeyServer: false,
    maxServerHold: '1m',
  })
  assert.equal(rateLimitSettings(leakyBucket({ permits: 40 })).burst, 1)
  assert.equal(rateLimitSettings({ permits: 40 }).burst, 40)
  assert.equal(rateLimitSettings({ permits: 0.5 }).burst, 1)
})

test('a call without a permit is refused at once, never sent, and told when to come back', async () => {
  const { host, limit, passed, send } = limited({ permits: 10, burst: 1 })
  assert.equal((await send(testCall())).ok, true)
  const error = errorOf(await send(testCall({ service: 'orders' })))
  assert.equal(error.code, 'RATE_LIMITED')
  assert.equal(error.message, 'orders: more than 10 permits in 1000 ms; there is one again in 100 ms')
  assert.deepEqual(error.facts, { service: 'orders', sent: false, field: 'rateLimit', retryAfterMs: 100 })
  assert.equal(passed.length, 1)
  await host.clock.advance(100)
  assert.equal((await send(testCall())).ok, true)
  assert.deepEqual(limit.counts, { granted: 2, refused: 1, spared: 0, queued: 0 })
})

test('a call costs what its cost function says', async () => {
  const { limit, send } = limited({ permits: 10, cost: (call) => (call.method === 'POST' ? 5 : 1) })
  await send(testCall({ method: 'POST' }))
  assert.equal(limit.permitsLeft, 5)
  await send(testCall({ method: 'GET' }))
  assert.equal(limit.permitsLeft, 4)
})

test('a cost that could never be paid is an error of the call, and takes nothing', async () => {
  for (const cost of [11, 0, -1, Number.NaN]) {
    const { limit, send } = limited({ permits: 10, cost: () => cost })
    const error = errorOf(await send(testCall({ service: 'orders' })))
    assert.equal(error.code, 'INVALID_CALL')
    assert.equal(error.message, `orders: rateLimit.cost: expected a number in (0, 10], the burst, from the function, got ${cost}`)
    assert.equal(limit.permitsLeft, 10)
  }
})

test('a limit that is only observed lets everything through and counts what it would have refused', async () => {
  const { limit, passed, send } = limited({ permits: 1, enforce: 0 })
  for (let i = 0; i < 5; i += 1) await send(testCall())
  assert.equal(passed.length, 5)
  assert.deepEqual(limit.counts, { granted: 1, refused: 0, spared: 4, queued: 0 })
})

test('a limit that is enforced by half spares about half', async () => {
  const { limit, send } = limited({ permits: 1, enforce: 0.5 })
  for (let i = 0; i < 2_001; i += 1) await send(testCall())
  const { refused, spared } = limit.counts
  assert.equal(refused + spared, 2_000)
  // Four standard deviations of 2,000 fair draws.
  assert.ok(Math.abs(refused - 1_000) < 4 * Math.sqrt(500), `${refused} refused`)
})
