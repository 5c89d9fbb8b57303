import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leastDifference, normalQuantile, wilson } from '../../../../src/routing/proportions.ts'

const about = (actual: number, expected: number, within: number) =>
  assert.ok(Math.abs(actual - expected) <= within, `${actual}, not ${expected}`)

test('quantiles of the normal distribution are those of tables', () => {
  for (const [probability, z] of [
    [0.5, 0],
    [0.8, 0.8416212336],
    [0.95, 1.644853627],
    [0.975, 1.959963985],
    [0.99, 2.326347874],
    [0.999, 3.090232306],
    [0.999_999, 4.753424309],
    [0.01, -2.326347874],
  ] as const) {
    about(normalQuantile(probability), z, 1e-7)
  }
})

test("Wilson's interval is that of Newcombe's examples", () => {
  // Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I: without continuity correction.
  for (const [hits, calls, low, high] of [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ] as const) {
    const interval = wilson(hits, calls, 1.959964)
    about(interval.low, low, 5e-5)
    about(interval.high, high, 5e-5)
  }
  assert.deepEqual(wilson(0, 0, 2), { low: 0, high: 1 })
})

test("the difference of two shares has the lower end of Newcombe's examples", () => {
  // Newcombe 1998, "Interval estimation for the difference between independent proportions", table II, method 10.
  for (const [a, m, b, n, low] of [
    [56, 70, 48, 80, 0.0524],
    [9, 10, 3, 10, 0.1705],
    [6, 7, 2, 7, 0.0582],
    [5, 56, 0, 29, -0.0381],
    [0, 10, 0, 20, -0.1611],
    [10, 10, 0, 20, 0.6791],
  ] as const) {
    about(leastDifference(a, m, b, n, 1.959964), low, 1e-4)
  }
})

test('nothing can be said about nothing', () => {
  assert.equal(leastDifference(5, 5, 0, 0, 2), -1)
  assert.equal(leastDifference(0, 0, 0, 5, 2), -1)
})
