import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CircuitWindow } from '../../../src/health/circuit-window.ts'

const sums = ({ calls, failures, slow }: CircuitWindow) => [calls, failures, slow]

test('what ended within the window is counted, and nothing else', () => {
  const window = new CircuitWindow(10_000)
  window.count(500, true, false)
  window.count(5_500, false, true)
  window.count(9_999, true, true)
  assert.deepEqual(sums(window), [3, 2, 2])
  window.advance(10_000)
  assert.deepEqual(sums(window), [2, 1, 2])
  window.advance(15_000)
  assert.deepEqual(sums(window), [1, 1, 1])
  window.advance(19_000)
  assert.deepEqual(sums(window), [0, 0, 0])
})

test('a pause longer than the window forgets everything, and so does clearing', () => {
  const window = new CircuitWindow(1_000)
  window.count(50, true, true)
  window.advance(1_000_000)
  assert.deepEqual(sums(window), [0, 0, 0])
  window.count(1_000_000, true, false)
  window.clear()
  assert.deepEqual(sums(window), [0, 0, 0])
  window.count(1_000_001, false, false)
  assert.deepEqual(sums(window), [1, 0, 0])
})

test('a clock that begins below zero is no matter', () => {
  const window = new CircuitWindow(1_000)
  window.count(-1_500, true, false)
  window.count(-900, false, false)
  assert.deepEqual(sums(window), [2, 1, 0])
  window.advance(-400)
  assert.deepEqual(sums(window), [1, 0, 0])
})

test('a success that is spoiled becomes a failure, and no further call', () => {
  const window = new CircuitWindow(1_000)
  window.count(0, false, false)
  window.spoil(10)
  assert.deepEqual(sums(window), [1, 1, 0])
})
