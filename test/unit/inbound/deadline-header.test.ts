import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readAttempt } from '../../../src/inbound/attempt-header.ts'
import { deadlineHeaders, readDeadlineHeader, writeDeadlineHeader } from '../../../src/inbound/deadline-header.ts'

test('grpc-timeout has eight digits at most and a unit', () => {
  const rows = [
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3_000],
    ['250m', 250],
    ['1500u', 1.5],
    ['2000000n', 2],
    ['99999999m', 99_999_999],
    ['123456789m', undefined],
    ['5', undefined],
    ['-5m', undefined],
    ['1.5S', undefined],
    ['', undefined],
  ] as const
  for (const [text, expected] of rows) assert.equal(readDeadlineHeader('grpc-timeout', text), expected, text)
})

test('the other headers are whole milliseconds', () => {
  for (const header of ['x-proxyless-deadline-ms', 'x-envoy-expected-rq-timeout-ms'] as const) {
    assert.equal(readDeadlineHeader(header, ' 250 '), 250)
    assert.equal(readDeadlineHeader(header, '0'), 0)
    for (const text of ['-1', '1.5', '2s', '']) assert.equal(readDeadlineHeader(header, text), undefined)
  }
})

test('what is written reads as no more than was left, and at least a millisecond', () => {
  fc.assert(
    fc.property(fc.constantFrom(...deadlineHeaders), fc.double({ min: 0, max: 1e10, noNaN: true }), (header, leftMs) => {
      const read = readDeadlineHeader(header, writeDeadlineHeader(header, leftMs)) as number
      assert.ok(read >= 1 && read <= Math.max(1, leftMs) && read > leftMs - 1_000 && (leftMs > 99_999_999 || read > leftMs - 1))
    }),
  )
})

test('the number of an attempt is the highest that a header says', () => {
  const attemptOf = (headers: Record<string, string>) => readAttempt((name) => headers[name])
  assert.equal(attemptOf({}), 1)
  assert.equal(attemptOf({ 'x-envoy-attempt-count': '3' }), 3)
  assert.equal(attemptOf({ 'grpc-previous-rpc-attempts': '1' }), 2)
  assert.equal(attemptOf({ 'x-envoy-attempt-count': '2', 'x-proxyless-attempt': '4' }), 4)
  assert.equal(attemptOf({ 'x-envoy-attempt-count': 'many' }), 1)
})
