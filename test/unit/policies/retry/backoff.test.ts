import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backoffMs } from '../../../../src/policies/retry/backoff.ts'
import { retrySettings } from '../../../../src/policies/retry/retry-options.ts'

const { backoff } = retrySettings()

test('the limit starts at the base, doubles, and stays at the maximum', () => {
  const limits = [1, 2, 3, 4, 5, 6].map((retry) => backoffMs(retry, backoff, 1))
  assert.deepEqual(limits, [25, 50, 100, 200, 250, 250])
})

test("the wait is the draw's share of the limit, down to nothing", () => {
  assert.equal(backoffMs(2, backoff, 0.5), 25)
  assert.equal(backoffMs(2, backoff, 0), 0)
})

test('a base of 0 means no wait, however often', () => {
  for (const retry of [1, 2, 1_100, 3_000]) assert.equal(backoffMs(retry, { baseMs: 0, maxMs: 250 }, 0.9), 0)
})

test('a base above the maximum is cut to it', () => {
  assert.equal(backoffMs(1, { baseMs: 500, maxMs: 100 }, 1), 100)
})
