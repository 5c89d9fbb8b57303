import assert from 'node:assert/strict'
import type { Call } from '../../../../src/call/call.ts'
import { type Outcome, replied } from '../../../../src/call/outcome.ts'
import type { Reply } from '../../../../src/call/reply.ts'
import type { MeshError } from '../../../../src/errors/mesh-error.ts'
import { RateLimit } from '../../../../src/policies/limit/rate-limit.ts'
import { type RateLimitOptions, rateLimitSettings } from '../../../../src/policies/limit/rate-limit-options.ts'
import { testHost } from '../../../../src/testing/test-host.ts'
import { testReply } from '../../../../src/testing/test-reply.ts'

/** A rate limit, and the calls that passed it. */
export function limited(options: RateLimitOptions, answer: (call: Call) => Reply | Promise<Reply> = () => testReply()) {
  const host = testHost()
  const limit = new RateLimit(rateLimitSettings(options), host)
  const passed: Call[] = []
  const send = limit.layer(async (call) => {
    passed.push(call)
    return replied(await answer(call))
  })
  return { host, clock: host.clock, limit, passed, send }
}

export function errorOf(outcome: Outcome): MeshError {
  assert.equal(outcome.ok, false)
  return (outcome as Extract<Outcome, { ok: false }>).error
}
