// A burst at one moment was short of its last permit at one moment in four hundred: what was added to a fraction of a millisecond had been rounded up.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Bucket } from '../../src/policies/limit/bucket.ts'
import { Gcra } from '../../src/policies/limit/gcra.ts'
import { TokenBucket } from '../../src/policies/limit/token-bucket.ts'

/** How many permits a bucket gives at one moment. */
function atOnce(bucket: Bucket, now: number): number {
  let granted = 0
  while (bucket.take(now, 1) === 0) granted += 1
  return granted
}

for (const [name, Made] of Object.entries({ TokenBucket, Gcra })) {
  test(`a burst of ${name} is whole at any fraction of a millisecond`, () => {
    const moments = fc.double({ min: 0, max: 2 ** 36, noNaN: true })
    fc.assert(
      fc.property(moments, fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 100_000 }), (now, burst, permits) => {
        assert.equal(atOnce(new Made(permits, 1_000, burst, now), now), burst)
      }),
      { numRuns: 5_000 },
    )
    for (let i = 0; i < 5_000; i += 1) {
      const now = 700 + i * 0.173_9
      const bucket = new Made(10, 1_000, 10, now)
      assert.equal(atOnce(bucket, now), 10, `at ${now}`)
      assert.ok(bucket.left(now) >= 0)
      assert.equal(atOnce(bucket, now + 100.000_1), 1, 'and grows back')
    }
  })
}
