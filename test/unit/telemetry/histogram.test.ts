import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { connectionDurationBounds, Histogram, requestDurationBounds } from '../../../src/telemetry/histogram.ts'

test('a duration that is equal to a bound is within it, and one above the last bound is counted too', () => {
  const histogram = new Histogram([1, 2])
  for (const seconds of [0, 1, 1.5, 2, 2.01, 100]) histogram.record(seconds)
  assert.deepEqual(histogram.snapshot(), { count: 6, sum: 106.51, bounds: [1, 2], counts: [2, 2, 2] })
})

test('the bounds are those that the semantic conventions advise, and ascend', () => {
  assert.deepEqual(requestDurationBounds, [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10])
  assert.deepEqual(
    connectionDurationBounds,
    [...connectionDurationBounds].sort((a, b) => a - b),
  )
})

test('whatever is recorded is in exactly one bucket: the first whose bound is not below it', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { maxLength: 50 }), (durations) => {
      const histogram = new Histogram(requestDurationBounds)
      for (const each of durations) histogram.record(each)
      const { count, counts, bounds } = histogram.snapshot()
      assert.equal(count, durations.length)
      const expected = counts.map((_, i) => {
        const [above, to] = [bounds[i - 1] ?? -1, bounds[i] ?? Number.POSITIVE_INFINITY]
        return durations.filter((each) => each > above && each <= to).length
      })
      assert.deepEqual(counts, expected)
    }),
  )
})
