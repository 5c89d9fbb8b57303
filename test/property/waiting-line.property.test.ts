import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { WaitingAttempt, WaitingLine } from '../../src/balancing/waiting-line.ts'

test('the middle of a waiting line is that of a list, whoever joins and leaves', () => {
  // A number below 0 joins; any other leaves from that place, going round.
  const steps = fc.array(fc.oneof(fc.constant(-1), fc.nat(50)), { maxLength: 300 })
  fc.assert(
    fc.property(steps, (taken) => {
      const line = new WaitingLine()
      const model: WaitingAttempt[] = []
      const free: WaitingAttempt[] = []
      for (const step of taken) {
        if (step < 0 || model.length === 0) {
          const attempt = free.pop() ?? new WaitingAttempt()
          line.join(attempt)
          model.push(attempt)
        } else {
          const [left] = model.splice(step % model.length, 1) as [WaitingAttempt]
          line.leave(left)
          free.push(left)
        }
        assert.equal(line.middle, model[Math.floor(model.length / 2)])
      }
    }),
  )
})
