import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RetryBudget } from '../../../../src/policies/retry/retry-budget.ts'

const start = 10_000

/** How many withdrawals the budget allows at one moment, up to a thousand. */
function drain(budget: RetryBudget, at: number): number {
  let taken = 0
  while (taken < 1_000 && budget.tryWithdraw(at)) taken += 1
  return taken
}

test('a quiet service has the reserve of a window', () => {
  assert.equal(drain(new RetryBudget({ ratio: 0.2, perSecond: 1, windowMs: 10_000 }), start), 10)
})

test('each call adds its share', () => {
  const budget = new RetryBudget({ ratio: 0.2, perSecond: 0, windowMs: 10_000 })
  for (let i = 0; i < 4; i += 1) budget.deposit(start)
  assert.equal(drain(budget, start), 0)
  budget.deposit(start)
  assert.equal(drain(budget, start), 1)
  for (let i = 0; i < 100; i += 1) budget.deposit(start)
  assert.equal(drain(budget, start), 20)
})

test('what calls have added is forgotten after the window, and not before', () => {
  const budget = new RetryBudget({ ratio: 1, perSecond: 0, windowMs: 10_000 })
  for (let i = 0; i < 5; i += 1) budget.deposit(start + 999)
  assert.equal(budget.tryWithdraw(start + 999 + 9_999), true)
  assert.equal(drain(budget, start + 999 + 11_000), 0)
})

test('the reserve comes back when the window has passed', () => {
  const budget = new RetryBudget({ ratio: 0.2, perSecond: 1, windowMs: 10_000 })
  assert.equal(drain(budget, start), 10)
  assert.equal(drain(budget, start + 9_999), 0)
  assert.equal(drain(budget, start + 11_000), 10)
})

test('a ratio of 0 leaves only the reserve', () => {
  const budget = new RetryBudget({ ratio: 0, perSecond: 0.5, windowMs: 10_000 })
  for (let i = 0; i < 100; i += 1) budget.deposit(start)
  assert.equal(drain(budget, start), 5)
})

test('a ratio above 1 allows several retries a call', () => {
  const budget = new RetryBudget({ ratio: 2, perSecond: 0, windowMs: 10_000 })
  budget.deposit(start)
  assert.equal(drain(budget, start), 2)
})

test('no ratio and no reserve allow nothing', () => {
  const budget = new RetryBudget({ ratio: 0, perSecond: 0, windowMs: 10_000 })
  budget.deposit(start)
  assert.equal(drain(budget, start), 0)
})

test('a call that comes late counts from now, and takes nothing away', () => {
  const budget = new RetryBudget({ ratio: 1, perSecond: 0, windowMs: 10_000 })
  budget.deposit(start + 60_000)
  budget.deposit(start)
  assert.equal(drain(budget, start + 60_000), 2)
})

test('a long silence forgets everything at once', () => {
  const budget = new RetryBudget({ ratio: 1, perSecond: 0, windowMs: 10_000 })
  for (let i = 0; i < 30; i += 1) budget.deposit(start + i * 500)
  assert.equal(drain(budget, start + 1e9), 0)
  budget.deposit(start + 1e9)
  assert.equal(drain(budget, start + 1e9), 1)
})

test('a process that has just begun has a budget like any other', () => {
  const budget = new RetryBudget({ ratio: 1, perSecond: 0, windowMs: 60_000 })
  assert.equal(drain(budget, 5), 0)
  budget.deposit(6)
  assert.equal(drain(budget, 7), 1)
})
