import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultClassifier } from '../../../src/call/default-classifier.ts'
import { failed, replied } from '../../../src/call/outcome.ts'
import type { Verdict } from '../../../src/call/verdict.ts'
import { MeshError, type MeshErrorCode } from '../../../src/errors/mesh-error.ts'
import { testAttempt } from '../../../src/testing/test-call.ts'
import { testReply } from '../../../src/testing/test-reply.ts'

/** A verdict in a word. */
const word = (verdict: Verdict): string => (verdict.kind === 'failure' ? verdict.retry : verdict.kind)
const ofStatus = (status: number): string => word(defaultClassifier(replied(testReply({ status })), testAttempt()))
const ofError = (code: MeshErrorCode, sent: boolean): string =>
  word(defaultClassifier(failed(new MeshError(code, 'x', { service: 'orders', sent })), testAttempt()))

test('a status below 500 is a success', () => {
  for (const status of [200, 204, 206, 301, 304, 400, 401, 404, 409, 422, 429, 499])
    assert.equal(ofStatus(status), 'success', String(status))
})

test('a gateway error may be repeated if the call is idempotent, another server error is not', () => {
  for (const status of [502, 503, 504]) assert.equal(ofStatus(status), 'if-idempotent', String(status))
  for (const status of [500, 501, 505, 507, 599]) assert.equal(ofStatus(status), 'never', String(status))
})

test('every error is judged as its table says', () => {
  // Beside each code: the verdict if the server cannot have acted, and if it may have.
  const table: Record<MeshErrorCode, [notSent: string, sent: string]> = {
    UNKNOWN_SERVICE: ['never', 'never'],
    INVALID_CALL: ['never', 'never'],
    CIRCUIT_OPEN: ['always', 'if-idempotent'],
    NO_ENDPOINT: ['always', 'if-idempotent'],
    CONNECT_FAILED: ['always', 'if-idempotent'],
    CONNECT_TIMEOUT: ['always', 'if-idempotent'],
    QUEUE_FULL: ['always', 'if-idempotent'],
    QUEUE_TIMEOUT: ['always', 'if-idempotent'],
    REFUSED: ['always', 'if-idempotent'],
    CONNECTION_LOST: ['always', 'if-idempotent'],
    BAD_REPLY: ['always', 'if-idempotent'],
    REPLY_TOO_LARGE: ['never', 'never'],
    ATTEMPT_TIMEOUT: ['always', 'if-idempotent'],
    BODY_TIMEOUT: ['always', 'if-idempotent'],
    RATE_LIMITED: ['always', 'if-idempotent'],
    OVERLOADED: ['always', 'if-idempotent'],
    DEADLINE_EXCEEDED: ['never', 'never'],
    BODY_FAILED: ['ignored', 'ignored'],
    ABORTED: ['ignored', 'ignored'],
    CLOSED: ['always', 'if-idempotent'],
    INTERNAL: ['never', 'never'],
  }
  for (const [code, expected] of Object.entries(table)) {
    assert.deepEqual([ofError(code as MeshErrorCode, false), ofError(code as MeshErrorCode, true)], expected, code)
  }
})

test('an attempt that may have reached the server is never free to be repeated', () => {
  const codes: MeshErrorCode[] = ['CONNECTION_LOST', 'ATTEMPT_TIMEOUT', 'BODY_TIMEOUT', 'BAD_REPLY', 'CLOSED']
  for (const code of codes) assert.notEqual(ofError(code, true), 'always')
})

test('judging allocates no verdict', () => {
  const outcome = replied(testReply({ status: 503 }))
  assert.equal(defaultClassifier(outcome, testAttempt()), defaultClassifier(outcome, testAttempt()))
})
