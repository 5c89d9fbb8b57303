import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failed, type Outcome, replied } from '../../../src/call/outcome.ts'
import { judgeRetryOn, type RetryOn, retryClasses } from '../../../src/call/retry-on.ts'
import { type Verdict, verdicts } from '../../../src/call/verdict.ts'
import { MeshError, type MeshErrorCode } from '../../../src/errors/mesh-error.ts'
import { sentByCode } from '../../../src/testing/scripted-answer.ts'
import { testAttempt } from '../../../src/testing/test-call.ts'
import { testReply } from '../../../src/testing/test-reply.ts'

function outcomeOf(result: number | MeshErrorCode): Outcome {
  if (typeof result === 'number') return replied(testReply({ status: result }))
  return failed(new MeshError(result, 'for a test', { service: 'test', sent: sentByCode(result) }))
}

function judged(on: readonly RetryOn[], result: number | MeshErrorCode, own?: (outcome: Outcome) => Verdict): string {
  const verdict = judgeRetryOn(on, own)(outcomeOf(result), testAttempt())
  return verdict.kind === 'failure' ? verdict.retry : verdict.kind
}

const results: readonly (number | MeshErrorCode)[] = [
  200,
  404,
  409,
  429,
  500,
  502,
  503,
  504,
  'CONNECTION_LOST',
  'ATTEMPT_TIMEOUT',
  'CONNECT_FAILED',
  'CONNECT_TIMEOUT',
  'QUEUE_FULL',
  'REFUSED',
]

const repeatedBy: Readonly<Record<(typeof retryClasses)[number], readonly (number | MeshErrorCode)[]>> = {
  '5xx': [500, 502, 503, 504, 'CONNECTION_LOST', 'ATTEMPT_TIMEOUT', 'CONNECT_FAILED', 'CONNECT_TIMEOUT', 'QUEUE_FULL', 'REFUSED'],
  'gateway-error': [502, 503, 504],
  reset: ['CONNECTION_LOST', 'ATTEMPT_TIMEOUT'],
  'connect-failure': ['CONNECT_FAILED', 'CONNECT_TIMEOUT', 'QUEUE_FULL'],
  'refused-stream': ['REFUSED'],
  'retriable-4xx': [409],
  'rate-limited': [429],
}

for (const name of retryClasses) {
  test(`the class ${name} repeats what it says, and nothing else`, () => {
    const repeated = results.filter((result) => ['always', 'if-idempotent'].includes(judged([name], result)))
    assert.deepEqual(repeated, repeatedBy[name])
  })
}

test('what was never sent may always be repeated, everything else only if the call is idempotent', () => {
  assert.equal(judged(['5xx'], 'CONNECT_FAILED'), 'always')
  assert.equal(judged(['5xx'], 'CONNECTION_LOST'), 'if-idempotent')
  assert.equal(judged(['rate-limited'], 429), 'if-idempotent')
})

test('what is not listed stays what it was, but is not repeated', () => {
  assert.equal(judged(['reset'], 503), 'never')
  assert.equal(judged(['reset'], 'CONNECT_FAILED'), 'never')
  assert.equal(judged(['reset'], 404), 'success')
  assert.equal(judged(['5xx'], 'ABORTED'), 'ignored')
})

test('statuses and predicates stand beside classes', () => {
  assert.equal(judged([408], 408), 'if-idempotent')
  const isTeapot = (outcome: Outcome) => outcome.ok && outcome.reply.status === 418
  assert.equal(judged(['reset', isTeapot], 418), 'if-idempotent')
  assert.equal(judged(['reset', isTeapot], 404), 'success')
})

test("a classifier of the service's own has the last word: the list narrows what it repeats", () => {
  const own = (outcome: Outcome): Verdict => {
    if (!outcome.ok) return verdicts.retryIfIdempotent
    return outcome.reply.status === 500 ? verdicts.retryNever : outcome.reply.status === 503 ? verdicts.success : verdicts.retryIfIdempotent
  }
  assert.equal(judged(['5xx'], 500, own), 'never')
  assert.equal(judged(['5xx'], 503, own), 'success')
  assert.equal(judged(['5xx'], 504, own), 'if-idempotent')
  assert.equal(judged(['5xx'], 404, own), 'never')
  assert.equal(judged(['reset'], 504, own), 'never')
})
