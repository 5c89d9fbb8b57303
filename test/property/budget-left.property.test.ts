import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RetryBudget } from '../../src/policies/retry/retry-budget.ts'

test('what is left of a retry budget is what can be taken from it', () => {
  const step = fc.record({
    afterMs: fc.integer({ min: 0, max: 3_000 }),
    calls: fc.integer({ min: 0, max: 20 }),
    retries: fc.integer({ min: 0, max: 5 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const budget = new RetryBudget({ ratio: 0.2, perSecond: 1, windowMs: 10_000 })
      let at = 0
      for (const { afterMs, calls, retries } of steps) {
        at += afterMs
        for (let i = 0; i < calls; i += 1) budget.deposit(at)
        for (let i = 0; i < retries; i += 1) budget.tryWithdraw(at)
      }
      const left = Math.floor(budget.left(at) + 1e-6)
      let taken = 0
      while (budget.tryWithdraw(at)) taken += 1
      assert.equal(taken, left)
      assert.ok(budget.left(at) < 1)
    }),
  )
})
