import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultClassifier } from '../../../src/call/default-classifier.ts'
import { replied } from '../../../src/call/outcome.ts'
import { heedPushback, pushbackMs } from '../../../src/call/pushback.ts'
import { judgeRetryOn } from '../../../src/call/retry-on.ts'
import { testAttempt } from '../../../src/testing/test-call.ts'
import { testReply } from '../../../src/testing/test-reply.ts'

const wallTime = Date.parse('2026-01-02T03:04:05Z')

const rows: readonly (readonly [status: number, headers: Record<string, string>, expected: number | undefined])[] = [
  [503, {}, undefined],
  [503, { 'retry-after': '2' }, 2_000],
  [503, { 'retry-after': '0' }, 0],
  [503, { 'retry-after': 'Fri, 02 Jan 2026 03:04:15 GMT' }, 10_000],
  [503, { 'retry-after': 'Fri, 02 Jan 2026 03:04:00 GMT' }, 0],
  [503, { 'retry-after': 'soon' }, undefined],
  [503, { 'retry-after': '-3' }, undefined],
  [503, { 'retry-after': '1.5' }, undefined],
  [503, { 'ratelimit-reset': '5' }, undefined],
  [429, { 'ratelimit-reset': '5' }, 5_000],
  [429, { 'x-ratelimit-reset': '0.25' }, 250],
  [429, { 'x-ratelimit-reset': String(wallTime / 1_000 + 7) }, 7_000],
  [429, { 'x-ratelimit-reset': String(wallTime + 1_234) }, 1_234],
  [429, { 'x-ratelimit-reset': String(wallTime / 1_000 - 7) }, 0],
  [429, { ratelimit: '"default";r=0;t=3' }, 3_000],
  [429, { 'retry-after': '1', 'ratelimit-reset': '9' }, 1_000],
  [429, { 'ratelimit-reset': 'never' }, undefined],
  [503, { 'grpc-retry-pushback-ms': '150' }, 150],
  [503, { 'grpc-retry-pushback-ms': '-1', 'retry-after': '1' }, Number.POSITIVE_INFINITY],
]

for (const [status, headers, expected] of rows) {
  test(`a ${status} with ${JSON.stringify(headers)} asks for ${expected} ms`, () => {
    assert.equal(pushbackMs(status, headers, wallTime), expected)
  })
}

function judge(status: number, headers: Record<string, string>) {
  const classify = heedPushback(judgeRetryOn(['gateway-error', 'rate-limited'], undefined), 10_000, { wallTime: () => wallTime })
  return classify(replied(testReply({ status, headers })), testAttempt())
}

test('a judge that heeds servers says when to come again', () => {
  assert.deepEqual(judge(429, { 'retry-after': '3' }), { kind: 'failure', retry: 'if-idempotent', notBeforeMs: 3_000 })
  assert.deepEqual(judge(503, { 'retry-after': '10' }), { kind: 'failure', retry: 'if-idempotent', notBeforeMs: 10_000 })
})

test('a server that asks for more than the limit is not called again', () => {
  assert.deepEqual(judge(503, { 'retry-after': '11' }), { kind: 'failure', retry: 'never' })
})

test('what the judge says itself about the time stays', () => {
  const classify = heedPushback(() => ({ kind: 'failure', retry: 'always', notBeforeMs: 5 }), 10, { wallTime: () => wallTime })
  assert.deepEqual(classify(replied(testReply({ status: 503, headers: { 'retry-after': '1' } })), testAttempt()), {
    kind: 'failure',
    retry: 'always',
    notBeforeMs: 5,
  })
})

test('a success is not made wait for by its headers', () => {
  const classify = heedPushback(defaultClassifier, 10_000, { wallTime: () => wallTime })
  assert.deepEqual(classify(replied(testReply({ status: 202, headers: { 'retry-after': '1' } })), testAttempt()), { kind: 'success' })
})
