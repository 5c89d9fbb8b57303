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
  for (const retry of [1, 2, 1_100, 3_000]) assert.equal(backoffMs(retry, { kind: 'full', baseMs: 0, maxMs: 250 }, 0.9), 0)
})

test('a base above the maximum is cut to it', () => {
  assert.equal(backoffMs(1, { kind: 'full', baseMs: 500, maxMs: 100 }, 1), 100)
})

test('equal jitter waits half of the limit in any case', () => {
  const equal = { ...backoff, kind: 'equal' } as const
  assert.deepEqual(
    [0, 0.5, 1].map((draw) => backoffMs(2, equal, draw)),
    [25, 37.5, 50],
  )
})

test('an exponential wait is the limit itself', () => {
  const exponential = { ...backoff, kind: 'exponential' } as const
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((retry) => backoffMs(retry, exponential, 0.3)),
    [25, 50, 100, 200, 250],
  )
})

test('a decorrelated wait lies between the base and three times the wait before it', () => {
  const decorrelated = { ...backoff, kind: 'decorrelated' } as const
  assert.deepEqual([backoffMs(1, decorrelated, 0), backoffMs(1, decorrelated, 0.5), backoffMs(1, decorrelated, 1)], [25, 50, 75])
  assert.deepEqual([backoffMs(2, decorrelated, 0, 60), backoffMs(2, decorrelated, 1, 60)], [25, 180])
  assert.equal(backoffMs(3, decorrelated, 0.99, 200), 250)
})
