import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cancellation } from '../../../src/call/cancellation.ts'
import { testAttempt, testCall } from '../../../src/testing/test-call.ts'
import { testEndpoint } from '../../../src/testing/test-endpoint.ts'

test('a changed copy of a call differs in what was changed, and shares its attempts', () => {
  const call = testCall({
    service: 'orders',
    method: 'POST',
    path: '/a',
    headers: ['x', '1'],
    body: 'hello',
    subset: { v: '1' },
    deadline: 12_000,
  })
  const copy = call.with({ path: '/b', headers: ['x', '2'] })
  assert.deepEqual([copy.path, copy.headers], ['/b', ['x', '2']])
  assert.deepEqual([call.path, call.headers], ['/a', ['x', '1']])
  for (const part of [
    'service',
    'method',
    'authority',
    'body',
    'idempotent',
    'startedAt',
    'deadline',
    'cancellation',
    'subset',
    'context',
  ] as const) {
    assert.equal(copy[part], call[part], part)
  }
  assert.equal(copy.spent, call.spent)
  assert.equal(copy.underway, call.underway)
})

test('a change can take something away', () => {
  assert.equal(testCall({ subset: { v: '1' } }).with({ subset: undefined }).subset, undefined)
})

test('an attempt is what its call is, unless something was changed', () => {
  const call = testCall({ path: '/a', headers: ['x', '1'] })
  const attempt = testAttempt({ call, number: 2 })
  assert.equal(attempt.number, 2)
  assert.deepEqual([attempt.path, attempt.headers, attempt.cancellation], [call.path, call.headers, call.cancellation])
  assert.equal(testAttempt({ call, path: '/b' }).path, '/b')
})

test('a changed copy of an attempt keeps its call, endpoint, number and what was changed before', () => {
  const endpoint = testEndpoint('http://10.0.0.9:1')
  const first = testAttempt({ endpoint, number: 3 }).with({ path: '/b' })
  const cancellation = new Cancellation(first.cancellation)
  const second = first.with({ headers: ['y', '1'], cancellation })
  assert.deepEqual([second.path, second.headers, second.number], ['/b', ['y', '1'], 3])
  assert.equal(second.endpoint, endpoint)
  assert.equal(second.call, first.call)
  assert.equal(second.cancellation, cancellation)
  assert.notEqual(first.cancellation, cancellation)
})
