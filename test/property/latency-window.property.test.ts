import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bucketGrowth, LatencyWindow } from '../../src/policies/hedge/latency-window.ts'

const windowMs = 30_000

const history = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 90_000 })),
    latencyMs: fc.oneof(fc.double({ min: 0.06, max: 100, noNaN: true }), fc.double({ min: 0.06, max: 3_600_000, noNaN: true })),
  }),
  { minLength: 1, maxLength: 80 },
)

test('a percentile is never below the exact one of the window, and at most a bucket above it', () => {
  fc.assert(
    fc.property(history, fc.double({ min: 0.01, max: 1, noNaN: true }), (steps, share) => {
      const window = new LatencyWindow(windowMs)
      const seen: { readonly at: number; readonly ms: number }[] = []
      let now = 1_000
      for (const { afterMs, latencyMs } of steps) {
        now += afterMs
        window.add(now, latencyMs)
        seen.push({ at: now, ms: latencyMs })
        // A slice may keep latencies for a fifth of the window longer; which ones is known from the count.
        const read = window.percentile(now, share)
        const kept = seen.slice(-window.count).map(({ ms }) => ms)
        const sure = seen.filter(({ at }) => at > now - windowMs).length
        assert.ok(window.count >= sure && seen.filter(({ at }) => at > now - windowMs * 1.2 - 1e-6).length >= window.count)
        kept.sort((a, b) => a - b)
        const exact = kept[Math.max(1, Math.ceil(share * kept.length - 1e-9)) - 1] as number
        assert.ok(read >= exact * (1 - 1e-9) && read <= exact * bucketGrowth * (1 + 1e-9), `${read} for ${exact}`)
      }
    }),
    { numRuns: 150 },
  )
})

test('an empty window has no percentile', () => {
  const window = new LatencyWindow(windowMs)
  assert.equal(window.percentile(5, 0.5), Number.POSITIVE_INFINITY)
  window.add(10, 3)
  assert.equal(window.percentile(10 + 2 * windowMs, 0.5), Number.POSITIVE_INFINITY)
  assert.equal(window.count, 0)
})
