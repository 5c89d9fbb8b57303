import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { callPriority } from '../../src/call/call-options.ts'
import { Cancellation } from '../../src/call/cancellation.ts'
import { ContextValues } from '../../src/call/context-values.ts'
import { MeshError } from '../../src/errors/mesh-error.ts'
import { PermitLine, Waiter } from '../../src/policies/limit/permit-line.ts'
import { testCall } from '../../src/testing/test-call.ts'

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('come' as const), priority: fc.integer({ min: 0, max: 9 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('leave' as const), which: fc.nat(1_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass' as const) }) },
)

test('however calls come, leave and pass, the next one is the first of the most important that are there', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const told: boolean[] = []
      const line = new PermitLine((wasFirst) => told.push(wasFirst))
      const model: { readonly waiter: Waiter; readonly priority: number; readonly number: number }[] = []
      const settled = new Map<Waiter, number>()
      const first = () => model.toSorted((a, b) => a.priority - b.priority || a.number - b.number)[0]
      for (const [number, each] of steps.entries()) {
        if (each.kind === 'come') {
          const context = new ContextValues()
          context.set(callPriority, each.priority)
          const waiter: Waiter = new Waiter(testCall({ context, cancellation: new Cancellation() }), 1, line, () => {
            settled.set(waiter, (settled.get(waiter) ?? 0) + 1)
          })
          line.push(waiter)
          model.push({ waiter, priority: each.priority, number })
        } else if (model.length > 0) {
          const next = first()
          const gone = each.kind === 'pass' ? next : model[each.which % model.length]
          assert.ok(gone)
          if (each.kind === 'pass') {
            line.shift()
            gone.waiter.settle(undefined)
          } else {
            gone.waiter.call.cancellation.cancel(new MeshError('ABORTED', 'left', { service: 'test', sent: false }))
            assert.equal(told.pop(), gone === next)
          }
          model.splice(model.indexOf(gone), 1)
          assert.equal(settled.get(gone.waiter), 1)
        }
        assert.equal(line.first, first()?.waiter)
        assert.equal(line.length, model.length)
      }
    }),
    { seed: 7, numRuns: 150 },
  )
})
