import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TokenBucket } from '../../../../src/policies/limit/token-bucket.ts'

test('a bucket gives its burst at once, and then one permit each time that one has grown back', () => {
  const bucket = new TokenBucket(500, 1_000, 3, 0)
  assert.deepEqual(
    [1, 2, 3].map(() => bucket.take(0)),
    [0, 0, 0],
  )
  assert.equal(bucket.take(0), 2)
  assert.equal(bucket.take(1.5), 0.5)
  assert.equal(bucket.take(2), 0)
  assert.equal(bucket.take(2), 2)
})

test('a bucket never holds more than its burst, however long nobody asks', () => {
  const bucket = new TokenBucket(10, 1_000, 2, 0)
  assert.equal(bucket.left(1_000_000), 2)
})

test('a cost is taken whole or not at all, and the answer says how long to wait for it', () => {
  const bucket = new TokenBucket(10, 1_000, 10, 0)
  assert.equal(bucket.take(0, 8), 0)
  assert.equal(bucket.take(0, 5), 300)
  assert.equal(bucket.left(0), 2)
  assert.equal(bucket.take(300, 5), 0)
})

test('a clock that stands still or is read late gives no permit twice', () => {
  const bucket = new TokenBucket(1, 1_000, 1, 5_000)
  assert.equal(bucket.take(5_000), 0)
  // From then until 6,000.
  assert.equal(bucket.take(4_000), 2_000)
  assert.equal(bucket.take(6_000), 0)
  assert.equal(bucket.take(6_000), 1_000)
})

test('three permits a second are exactly 300,000 in 100,000 seconds', () => {
  const bucket = new TokenBucket(3, 1_000, 2, 0)
  assert.equal(bucket.take(0, 2), 0)
  let given = 0
  for (let second = 1; second <= 100_000; second += 1) {
    for (const ms of [-667, -333, 0]) {
      // The moments at which whole permits are there, rounded up to milliseconds.
      if (bucket.take(second * 1_000 + ms + (ms === 0 ? 0 : 1)) === 0) given += 1
    }
  }
  assert.equal(given, 300_000)
})

test('in any stretch of time no more is given than burst and rate allow, and a waiting asker gets all of it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000 }),
      fc.integer({ min: 1, max: 60_000 }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.record({ gap: fc.integer({ min: 0, max: 2_000 }), cost: fc.integer({ min: 1, max: 5 }) }), { maxLength: 200 }),
      (permits, perMs, burst, asks) => {
        const bucket = new TokenBucket(permits, perMs, burst, 0)
        const granted: { at: number; cost: number }[] = []
        let now = 0
        for (const { gap, cost } of asks) {
          now += gap
          const wait = bucket.take(now, cost)
          if (wait === 0) granted.push({ at: now, cost })
          else assert.ok(Math.abs(wait - ((cost - bucket.left(now)) * perMs) / permits) < 1e-6)
        }
        for (const [i, { at }] of granted.entries()) {
          let sum = 0
          for (const later of granted.slice(i)) {
            sum += later.cost
            assert.ok(sum <= burst + (permits * (later.at - at)) / perMs + 1e-9)
          }
        }
      },
    ),
    { seed: 7, numRuns: 200 },
  )
})
