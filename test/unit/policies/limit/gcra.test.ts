import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Gcra } from '../../../../src/policies/limit/gcra.ts'

test('a leaky bucket lets one call through every per / permits, and saves nothing up', () => {
  const bucket = new Gcra(10, 1_000, 1, 5_000)
  assert.equal(bucket.take(5_000, 1), 0)
  assert.equal(bucket.take(5_000, 1), 100)
  assert.equal(bucket.take(5_060, 1), 40)
  assert.equal(bucket.take(5_100, 1), 0)
  assert.equal(bucket.take(9_000, 1), 0)
  assert.equal(bucket.take(9_000, 1), 100)
})

test('a leaky bucket with a burst lets so many ahead of time, and says what is left of them', () => {
  const bucket = new Gcra(10, 1_000, 3, 0)
  assert.equal(bucket.left(0), 3)
  assert.deepEqual(
    [1, 2, 3, 4].map(() => bucket.take(0, 1)),
    [0, 0, 0, 100],
  )
  assert.equal(bucket.left(0), 0)
  assert.equal(bucket.left(150), 1.5)
})

test('a costly call passes like a cheap one, and those after it wait for what it cost', () => {
  const bucket = new Gcra(10, 1_000, 1, 0)
  assert.equal(bucket.take(0, 7), 0)
  assert.equal(bucket.take(0, 1), 700)
  assert.equal(bucket.take(700, 1), 0)
})

test('three permits a second are exactly 30,000 in 10,000 seconds', () => {
  const bucket = new Gcra(3, 1_000, 1, 0)
  let given = 0
  let now = 0
  while (now < 10_000_000) {
    const wait = bucket.take(now, 1)
    if (wait === 0) given += 1
    else now += Math.ceil(wait)
  }
  // Each wait is rounded up to a millisecond: what is lost by that is less than one millisecond in a thousand.
  assert.ok(given <= 30_000 && given > 29_900, `${given}`)
})

test('in any stretch of time no more passes than burst, rate and one cost allow', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000 }),
      fc.integer({ min: 1, max: 60_000 }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.record({ gap: fc.integer({ min: 0, max: 2_000 }), cost: fc.integer({ min: 1, max: 5 }) }), { maxLength: 200 }),
      (permits, perMs, burst, asks) => {
        const bucket = new Gcra(permits, perMs, burst, 0)
        const granted: { at: number; cost: number }[] = []
        let now = 0
        for (const { gap, cost } of asks) {
          now += gap
          if (bucket.take(now, cost) === 0) granted.push({ at: now, cost })
        }
        for (const [i, { at }] of granted.entries()) {
          let sum = 0
          for (const later of granted.slice(i)) {
            assert.ok(sum <= burst - 1 + (permits * (later.at - at)) / perMs + 1e-9)
            sum += later.cost
          }
        }
      },
    ),
    { seed: 7, numRuns: 200 },
  )
})
