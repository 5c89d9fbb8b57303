import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { backoffMs } from '../../src/policies/retry/backoff.ts'
import { RetryBudget } from '../../src/policies/retry/retry-budget.ts'

const settings = fc.record({
  ratio: fc.constantFrom(0, 0.1, 0.2, 0.33, 1, 2.5),
  perSecond: fc.constantFrom(0, 0.3, 1, 10),
  windowMs: fc.constantFrom(1_000, 10_000, 60_000),
})

/** Calls and retries at moments that never go back. */
const history = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 4_000 }), fc.integer({ min: 0, max: 90_000 })),
    calls: fc.integer({ min: 0, max: 12 }),
  }),
  { minLength: 1, maxLength: 60 },
)

test('in any window there are no more retries than its calls and the reserve allow', () => {
  fc.assert(
    fc.property(settings, history, ({ ratio, perSecond, windowMs }, steps) => {
      const budget = new RetryBudget({ ratio, perSecond, windowMs })
      const calls: number[] = []
      const retries: number[] = []
      let now = 10_000
      for (const step of steps) {
        now += step.afterMs
        for (let i = 0; i < step.calls; i += 1) {
          budget.deposit(now)
          calls.push(now)
        }
        while (retries.length < 2_000 && budget.tryWithdraw(now)) retries.push(now)
      }
      // A call counts for one slice longer than the window, at most.
      const within = (times: readonly number[], from: number, to: number) => times.filter((time) => time >= from && time <= to).length
      for (const end of new Set(retries)) {
        const allowed = ratio * within(calls, end - windowMs * 1.1, end) + (perSecond * windowMs) / 1_000
        assert.ok(within(retries, end - windowMs, end) <= allowed + 1e-2 * allowed + 1e-9)
      }
    }),
  )
})

test('over any time there are no more retries than all calls and the reserve of that time allow', () => {
  fc.assert(
    fc.property(settings, history, ({ ratio, perSecond, windowMs }, steps) => {
      const budget = new RetryBudget({ ratio, perSecond, windowMs })
      let [now, calls, retries] = [10_000, 0, 0]
      for (const step of steps) {
        now += step.afterMs
        for (let i = 0; i < step.calls; i += 1) budget.deposit(now)
        calls += step.calls
        while (retries < 100_000 && budget.tryWithdraw(now)) retries += 1
      }
      const windows = Math.ceil((now - 10_000) / windowMs) + 1
      const allowed = ratio * calls + ((perSecond * windowMs) / 1_000) * windows
      assert.ok(retries <= allowed * 1.01 + 1e-9, `${retries} of ${allowed}`)
    }),
  )
})

test('what the calls of a window have earned can be spent within it', () => {
  fc.assert(
    fc.property(
      settings,
      fc.integer({ min: 0, max: 200 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      ({ ratio, perSecond, windowMs }, calls, part) => {
        const budget = new RetryBudget({ ratio, perSecond, windowMs })
        for (let i = 0; i < calls; i += 1) budget.deposit(10_000)
        let retries = 0
        while (budget.tryWithdraw(10_000 + part * windowMs)) retries += 1
        const earned = ratio * calls + (perSecond * windowMs) / 1_000
        assert.ok(retries >= Math.floor(earned * 0.99 - 1e-9) - 1 && retries <= earned * 1.01 + 1e-9, `${retries} of ${earned}`)
      },
    ),
  )
})

test('a wait is within its limit, and always a number', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3_000 }),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (retry, baseMs, maxMs, draw) => {
        const wait = backoffMs(retry, { kind: 'full', baseMs, maxMs }, draw)
        const doubled = baseMs === 0 ? 0 : baseMs * 2 ** (retry - 1)
        assert.ok(wait >= 0 && wait <= Math.min(maxMs, doubled))
      },
    ),
  )
})
