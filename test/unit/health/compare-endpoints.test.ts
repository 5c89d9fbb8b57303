import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failureShareRule, latencyRule, successRateRule } from '../../../src/health/compare-endpoints.ts'
import type { EjectionRule, EndpointInterval } from '../../../src/health/ejection-rule.ts'
import { testEndpoints } from '../../../src/testing/index.ts'
import { openEjector, plainly } from './test-ejector.ts'

/** Endpoints of which the first `failing` fail as often as `share` says. */
function intervals(count: number, failing: number, share = 1, attempts = 100): EndpointInterval[] {
  return testEndpoints(count).map((endpoint, i) => {
    const failures = i < failing ? share * attempts : 0
    return { endpoint, attempts, failures, meanLatencyMs: 10 }
  })
}

const found = (rule: EjectionRule, given: readonly EndpointInterval[]) => rule.review?.(given).length

const byStatistics = (leastFailureShare = 0) => successRateRule({ leastFailureShare })

for (const [hosts, largest] of [
  [5, 1],
  [10, 2],
  [20, 4],
  [50, 10],
  [100, 21],
] as const) {
  test(`statistics see at most ${largest} of ${hosts} endpoints that fail alike, however often they fail`, () => {
    for (const share of [0.1, 0.5, 1]) {
      assert.equal(found(byStatistics(), intervals(hosts, largest, share)), largest)
      assert.equal(found(byStatistics(), intervals(hosts, largest + 1, share)), 0)
    }
  })
}

test('statistics see nothing among four endpoints, because there the limit is 1.73 deviations', () => {
  assert.equal(found(successRateRule({ leastFailureShare: 0, minHosts: 2 }), intervals(4, 1)), 0)
  assert.equal(found(successRateRule({ leastFailureShare: 0, minHosts: 2, stdevFactor: 1.7 }), intervals(4, 1)), 1)
})

test('statistics want five endpoints with a hundred attempts each', () => {
  assert.equal(found(byStatistics(), intervals(5, 1, 1, 100)), 1)
  assert.equal(found(byStatistics(), intervals(5, 1, 1, 99)), 0)
  assert.equal(found(byStatistics(), intervals(4, 1)), 0)
})

test('an endpoint that nearly always succeeds is no outlier, though the others never fail', () => {
  assert.equal(found(byStatistics(), intervals(20, 1, 0.01)), 1)
  assert.equal(found(successRateRule({}), intervals(20, 1, 0.01)), 0)
  assert.equal(found(successRateRule({}), intervals(20, 1, 0.05)), 1)
})

test('the fixed share sees what statistics cannot: half of the endpoints fail', () => {
  const half = intervals(10, 5, 0.6)
  assert.equal(found(byStatistics(), half), 0)
  assert.equal(found(failureShareRule({}), half), 5)
})

test('the fixed share itself is too much, and one attempt less is not', () => {
  assert.equal(found(failureShareRule({ threshold: 0.85 }), intervals(5, 1, 0.85)), 1)
  assert.equal(found(failureShareRule({ threshold: 0.85 }), intervals(5, 1, 0.84)), 0)
  assert.equal(found(failureShareRule({ minAttempts: 101 }), intervals(5, 1, 1)), 0)
  assert.equal(found(failureShareRule({ minHosts: 6 }), intervals(5, 1, 1)), 0)
})

test('the worst comes first', () => {
  const [a, b, c] = intervals(3, 0)
  assert.ok(a !== undefined && b !== undefined && c !== undefined)
  const given = [
    { ...a, failures: 60 },
    { ...b, failures: 90 },
    { ...c, failures: 70 },
  ]
  assert.deepEqual(failureShareRule({}).review?.(given), [b.endpoint, c.endpoint, a.endpoint])
})

test('a latency is too long above factor times the median plus delta, if it is above the floor', () => {
  const rule = latencyRule({ factor: 3, delta: 50, floor: 100 })
  const with_ = (latencies: readonly number[]) =>
    testEndpoints(latencies.length).map((endpoint, i) => ({ endpoint, attempts: 20, failures: 0, meanLatencyMs: latencies[i] as number }))
  assert.equal(found(rule, with_([20, 20, 110])), 0)
  assert.equal(found(rule, with_([20, 20, 111])), 1)
  assert.equal(found(rule, with_([1, 1, 100])), 0, 'the floor')
  assert.equal(found(rule, with_([20, 500])), 0, 'two endpoints')
  assert.equal(found(rule, with_([100, 300, 550, 1_500])), 1, 'the median of four: (300 + 550) / 2, so the limit is 1,325')
})

test('failures do not count for latency: an endpoint that fails fast is not fast', () => {
  const given = testEndpoints(3).map((endpoint) => ({ endpoint, attempts: 100, failures: 81, meanLatencyMs: 1_000 }))
  assert.equal(found(latencyRule({ factor: 1, delta: 0, floor: 0 }), given), 0)
})

test('the interval ends exactly after its time, and counts what fell into it', async () => {
  const net = openEjector(5, { ...plainly, consecutive5xx: false, failureShare: { minAttempts: 10 } })
  await net.clock.advance(3_000)
  for (const endpoint of net.endpoints) net.succeed(endpoint, 5)
  net.fail(net.at(0), 9)
  net.fail(net.at(1), 4)
  net.succeed(net.at(1), 1)
  await net.clock.advance(9_999)
  assert.equal(net.out(), 0)
  await net.clock.advance(1)
  assert.deepEqual(
    net.endpoints.map((endpoint) => net.isOut(endpoint)),
    [true, false, false, false, false],
  )
  net.fail(net.at(1), 6)
  await net.clock.advance(10_000)
  assert.equal(net.isOut(net.at(1)), false, 'what came in the interval before does not count')
})

test('an endpoint that is out is not compared with the others', async () => {
  const net = openEjector(5, { ...plainly, failureShare: { minAttempts: 1, minHosts: 5, threshold: 0.5 } })
  for (const endpoint of net.endpoints) net.succeed(endpoint)
  net.fail(net.at(0), 5)
  net.fail(net.at(1), 4)
  await net.clock.advance(10_000)
  assert.equal(net.isOut(net.at(1)), false)
})

test('latency outliers are ejected end to end', async () => {
  const net = openEjector(4, { ...plainly, latency: {} })
  for (const endpoint of net.endpoints) net.succeed(endpoint, 20, endpoint === net.at(2) ? 900 : 30)
  await net.clock.advance(10_000)
  assert.equal(net.ejector.stateOf(net.at(2))?.rule, 'latency')
  assert.equal(net.out(), 1)
})
