import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SpentAttempt } from '../../../../src/call/call.ts'
import { callPriority } from '../../../../src/call/call-options.ts'
import { ContextValues } from '../../../../src/call/context-values.ts'
import { failed, type Outcome, replied } from '../../../../src/call/outcome.ts'
import { verdicts } from '../../../../src/call/verdict.ts'
import type { MeshError } from '../../../../src/errors/mesh-error.ts'
import { Admission, rejectedShare } from '../../../../src/policies/admission/admission.ts'
import { type AdmissionOptions, admissionDefaults, admissionSettings } from '../../../../src/policies/admission/admission-options.ts'
import { testCall, testSpentAttempt } from '../../../../src/testing/test-call.ts'
import { testEndpoint } from '../../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../../src/testing/test-host.ts'
import { testReply } from '../../../../src/testing/test-reply.ts'
import { errorOf } from '../test-stack.ts'

const there = testEndpoint('http://10.0.0.1:80')

/** Admission control before a service that answers each call with a status. */
function controlled(options: AdmissionOptions, answer: () => number | MeshError) {
  const host = testHost()
  const admission = new Admission(admissionSettings(options), host)
  let sent = 0
  const send = admission.layer((call) => {
    sent += 1
    const result = answer()
    const outcome: Outcome = typeof result === 'number' ? replied(testReply({ status: result })) : failed(result)
    const verdict = typeof result === 'number' && result < 500 ? verdicts.success : verdicts.retryIfIdempotent
    ;(call.spent as SpentAttempt[]).push(testSpentAttempt(there, { verdict }))
    return Promise.resolve(outcome)
  })
  const run = (priority = 5) => {
    const context = new ContextValues()
    context.set(callPriority, priority)
    return send(testCall({ context }))
  }
  return { host, admission, run, sent: () => sent }
}

test('the defaults are these', () => {
  const { overloaded, ...rest } = admissionDefaults
  assert.deepEqual(rest, { factor: 2, window: '2m', minimumCalls: 20, maxShare: 0.95, aggression: 1, enforce: 1 })
  assert.equal(overloaded(replied(testReply({ status: 500 }))), false)
  for (const status of [429, 503]) assert.equal(overloaded(replied(testReply({ status }))), true)
})

test('of 100 calls, the share that is refused follows the formula', () => {
  const settings = { factor: 2, aggression: 1, maxShare: 1 }
  const shares = [50, 30, 10, 0].map((accepts) => rejectedShare(100, accepts, settings).toFixed(3))
  assert.deepEqual(shares, ['0.000', '0.396', '0.792', '0.990'])
  assert.equal(rejectedShare(100, 80, { ...settings, factor: 1.1 }).toFixed(2), '0.12')
  assert.equal(rejectedShare(100, 0, { ...settings, maxShare: 0.8 }), 0.8)
  assert.equal(rejectedShare(100, 30, { ...settings, aggression: 2 }).toFixed(3), Math.sqrt(40 / 101).toFixed(3))
})

for (const [factor, expected] of [
  [2, 2],
  [1.1, 1.1],
] as const) {
  test(`a service that accepts 10 calls a second is sent about ${expected * 10} at factor ${factor}, whatever the demand`, async () => {
    // One every tenth of a second, and up to ten that were not used.
    let left = 10
    const { host, run, sent } = controlled({ factor, window: '10s', maxShare: 1 }, () => {
      if (left < 1) return 503
      left -= 1
      return 200
    })
    let before = 0
    for (let tick = 0; tick < 2_000; tick += 1) {
      if (tick === 1_000) before = sent()
      left = Math.min(10, left + 1)
      for (let i = 0; i < 10; i += 1) await run()
      await host.clock.advance(100)
    }
    const rate = (sent() - before) / 100
    assert.ok(Math.abs(rate / (10 * expected) - 1) < 0.15, `${rate} calls a second`)
  })
}

test('a refused call was never sent, and says how the service does', async () => {
  const { admission, run, sent } = controlled({ maxShare: 1 }, () => 503)
  for (let i = 0; i < 20; i += 1) await run()
  assert.equal(sent(), 20)
  let refused: Outcome | undefined
  while (refused === undefined) {
    const before = sent()
    const outcome = await run()
    if (sent() === before) refused = outcome
  }
  const error = errorOf(refused)
  assert.equal(error.code, 'OVERLOADED')
  assert.deepEqual(error.facts, { service: 'test', sent: false, field: 'admission' })
  assert.match(error.message, /^test: refused here, as 95 of 100 calls are, .*: the service accepted 0 of the last 2\d$/)
  assert.equal(admission.counts.refused, 1)
})

test('the least important calls are refused first', async () => {
  let left = 0
  const { host, run } = controlled({ factor: 1.1, window: '10s' }, () => (left-- > 0 ? 200 : 503))
  const refused: Record<number, number> = { 0: 0, 5: 0, 9: 0 }
  for (let second = 0; second < 60; second += 1) {
    left = 60
    for (let i = 0; i < 99; i += 1) {
      const priority = [0, 5, 9][i % 3] as number
      const outcome = await run(priority)
      if (second >= 30 && !outcome.ok) refused[priority] = (refused[priority] ?? 0) + 1
    }
    await host.clock.advance(1_000)
  }
  // A third of 99 calls a second is one priority: the last third goes nearly as a whole, and the first not at all.
  assert.equal(refused[0], 0)
  assert.ok((refused[5] ?? 0) < 30, `${refused[5]} of priority 5`)
  assert.ok((refused[9] ?? 0) > 0.9 * 33 * 30, `${refused[9]} of priority 9`)
})

test('mistakes of the service, callers that left, and few calls refuse nobody', async () => {
  const mistakes = controlled({}, () => 500)
  for (let i = 0; i < 200; i += 1) await mistakes.run()
  assert.equal(mistakes.admission.counts.refused, 0)
  const few = controlled({ minimumCalls: 50 }, () => 503)
  for (let i = 0; i < 49; i += 1) await few.run()
  assert.equal(few.admission.rejectedShare, 0)
})

test('calls are forgotten after the window', async () => {
  const { host, admission, run } = controlled({ window: '30s' }, () => 503)
  for (let i = 0; i < 30; i += 1) await run()
  assert.ok(admission.rejectedShare > 0.9)
  await host.clock.advance(31_000)
  assert.equal(admission.rejectedShare, 0)
})

test('a control that is only observed lets everybody through', async () => {
  const { admission, run, sent } = controlled({ enforce: 0 }, () => 503)
  for (let i = 0; i < 200; i += 1) await run()
  assert.equal(sent(), 200)
  assert.ok(admission.counts.spared > 100)
})

test('a function of the user that throws counts for an accepted call', async () => {
  const overloaded = () => {
    throw new Error('mistake')
  }
  const { host, admission, run } = controlled({ overloaded }, () => 503)
  for (let i = 0; i < 50; i += 1) await run()
  assert.equal(admission.rejectedShare, 0)
  assert.equal(host.events[0]?.name, 'part-threw')
})
