import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Duration, durationMs, readDuration } from '../../src/runtime/duration.ts'

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const

test('a number with a unit is that many units', () => {
  const amount = fc.oneof(
    fc.nat(),
    fc.tuple(fc.nat(9_999), fc.nat(999)).map(([whole, part]) => Number(`${whole}.${part}`)),
  )
  fc.assert(
    fc.property(amount, fc.constantFrom<keyof typeof unitMs>('ms', 's', 'm', 'h'), (value, unit) => {
      assert.equal(durationMs(`${value}${unit}` as Duration, 'x'), value * unitMs[unit])
    }),
  )
})

test('whatever is read is a number of milliseconds that is not negative, and nothing throws', () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.string(), fc.double()), (value) => {
      const ms = readDuration(value)
      assert.ok(ms === undefined || ms >= 0)
      if (ms === undefined) assert.throws(() => durationMs(value as Duration, 'retry.base'), /^TypeError: retry\.base: expected a duration/)
    }),
  )
})
