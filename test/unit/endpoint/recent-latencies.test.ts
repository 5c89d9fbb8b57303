import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { latencySpanMs, RecentLatencies, summarize } from '../../../src/endpoint/recent-latencies.ts'

/** The exact one, by nearest rank. */
function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? Number.NaN
}

test('what is read is at most an eighth off, whatever the latencies are', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 200_000, noNaN: true }), { minLength: 1, maxLength: 300 }), (values) => {
      const latencies = new RecentLatencies(0)
      for (const value of values) latencies.add(value, 0)
      const summary = latencies.summary(0)
      assert.equal(summary?.samples, values.length)
      for (const [read, share] of [
        [summary?.p50Ms, 0.5],
        [summary?.p99Ms, 0.99],
      ] as const) {
        const exact = quantile(values, share)
        assert.ok(Math.abs((read as number) - exact) <= exact / 8 + 1 / 64, `${read} for ${exact}`)
      }
    }),
  )
})

test('latencies are forgotten between one span and two after they were counted', () => {
  const latencies = new RecentLatencies(0)
  latencies.add(5, 1)
  assert.equal(latencies.summary(latencySpanMs)?.samples, 1)
  assert.equal(latencies.summary(2 * latencySpanMs), undefined)
  latencies.add(50, latencySpanMs)
  assert.equal(latencies.summary(latencySpanMs)?.samples, 2, 'the span before counts')
  latencies.add(50, 2 * latencySpanMs)
  assert.equal(latencies.summary(2 * latencySpanMs)?.samples, 2, 'the first is gone')
  latencies.add(7, 100 * latencySpanMs)
  assert.equal(latencies.summary(100 * latencySpanMs)?.samples, 1, 'after a long silence nothing old is left')
})

test('a latency longer than the last bucket is in it, and none is lost', () => {
  const latencies = new RecentLatencies(0)
  for (const value of [0, 1e9, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY]) latencies.add(value, 0)
  assert.equal(latencies.summary(0)?.samples, 4)
  assert.ok((latencies.summary(0)?.p99Ms ?? 0) > 200_000)
})

test('several endpoints are summed, and one that nobody called is no zero', () => {
  const [quick, slow, idle] = [new RecentLatencies(0), new RecentLatencies(0), new RecentLatencies(0)]
  for (let i = 0; i < 98; i += 1) quick.add(1, 0)
  for (let i = 0; i < 2; i += 1) slow.add(1_000, 0)
  const summary = summarize([quick, slow, idle], 0)
  assert.equal(summary?.samples, 100)
  assert.ok((summary?.p50Ms ?? 9) < 1.2 && (summary?.p99Ms ?? 0) > 900)
  assert.equal(summarize([idle], 0), undefined)
})
