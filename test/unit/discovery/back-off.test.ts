import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BackOff } from '../../../src/discovery/back-off.ts'
import { seededRandom } from '../../../src/runtime/seeded-random.ts'

const always = (draw: number) => ({ next: () => draw, fork: () => always(draw) })

test('waits double up to the maximum, and start again after reset()', () => {
  const backOff = new BackOff(100, 1_000, always(0.999_999_9))
  const waits = Array.from({ length: 7 }, () => Math.round(backOff.next()))
  assert.deepEqual(waits, [100, 200, 400, 800, 1_000, 1_000, 1_000])
  backOff.reset()
  assert.equal(Math.round(backOff.next()), 100)
})

test('a wait is never shorter than half of the first step', () => {
  const backOff = new BackOff(100, 1_000, always(0))
  for (let i = 0; i < 10; i += 1) assert.equal(backOff.next(), 50)
})

test('a maximum below the first step wins', () => {
  const backOff = new BackOff(5_000, 1_000, always(0.999_999_9))
  assert.equal(Math.round(backOff.next()), 1_000)
})

test('every wait is within its limits, however often the resolver fails', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 100_000 }), fc.string(), (initial, max, seed) => {
      const backOff = new BackOff(initial, max, seededRandom(seed))
      for (let i = 0; i < 3_000; i += 1) {
        const wait = backOff.next()
        assert.ok(wait >= Math.min(initial, max) / 2 && wait <= max, `wait ${i} is ${wait}`)
      }
    }),
    { numRuns: 20 },
  )
})
