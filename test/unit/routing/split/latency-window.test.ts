import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LatencyWindow } from '../../../../src/routing/latency-window.ts'

test('quantiles are told to within 9 percent', () => {
  const window = new LatencyWindow(1_000)
  for (let ms = 1; ms <= 1_000; ms += 1) window.add(0, ms)
  for (const quantile of [0.05, 0.5, 0.95, 0.99]) {
    const told = window.quantileMs(quantile) / (1_000 * quantile)
    assert.ok(told >= 1 && told < 2 ** (1 / 8) + 1e-9, String(told))
  }
})

test('what is above a quantile is what the quantile leaves, or less', () => {
  const window = new LatencyWindow(1_000)
  for (let ms = 1; ms <= 1_000; ms += 1) window.add(0, ms)
  const above = window.above(window.quantileMs(0.95))
  assert.ok(above <= 50 && above > 0, String(above))
  assert.equal(window.above(0), 1_000)
  assert.equal(window.above(1e9), 0)
})

test('latencies are forgotten after the window', () => {
  const window = new LatencyWindow(1_000)
  window.add(-5, 10)
  window.add(450, 20)
  window.advance(999)
  assert.equal(window.total, 1)
  window.advance(1_500)
  assert.equal(window.total, 0)
  assert.equal(window.quantileMs(0.5), 0)
  assert.equal(window.above(0), 0)
})

test('what is shorter or longer than anything is counted all the same', () => {
  const window = new LatencyWindow(1_000)
  for (const ms of [0, -1, Number.NaN, 1e-9, 1e12]) window.add(0, ms)
  assert.equal(window.total, 5)
  window.clear()
  assert.equal(window.total, 0)
})
