import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LoadReportsOptions, loadReports, loadReportsDefaults } from '../../../src/balancing/load-reports.ts'
import { reportedWeight } from '../../../src/balancing/reported-weights.ts'
import { replied } from '../../../src/call/outcome.ts'
import { verdicts } from '../../../src/call/verdict.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { testQuery } from '../../../src/testing/test-call.ts'
import { type TestEndpoint, testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'
import { testReply } from '../../../src/testing/test-reply.ts'

function world(count: number, options?: LoadReportsOptions) {
  const host = testHost()
  const balancer = loadReports(options)(host)
  const endpoints = testEndpoints(count)
  const picker = balancer.picker(endpoints)
  const report = (index: number, text: string) => {
    const end = balancer.meters?.[0]?.began(endpoints[index] as Endpoint)
    end?.answered?.(verdicts.success, 1, replied(testReply({ headers: { 'endpoint-load-metrics': text } })))
    end?.(verdicts.success, 1)
  }
  const counts = (picks: number, spent: readonly Endpoint[] = []) => {
    const found = Array<number>(count).fill(0)
    for (let i = 0; i < picks; i += 1) found[endpoints.indexOf(picker.pick(testQuery(spent)) as TestEndpoint)]! += 1
    return found
  }
  return { host, clock: host.clock, balancer, endpoints, report, counts }
}

test('a weight is the rate for the utilization, errors taken off', () => {
  const weight = (report: Record<string, number>, penalty = 1, metrics: string[] = []) =>
    reportedWeight(new Map(Object.entries(report)), penalty, metrics)
  assert.equal(weight({ rps_fractional: 100, cpu_utilization: 0.5 }), 200)
  assert.equal(weight({ rps_fractional: 100, cpu_utilization: 0.5, eps: 50 }), 100)
  assert.equal(weight({ rps_fractional: 100, cpu_utilization: 0.5, eps: 50 }, 0), 200)
  assert.equal(weight({ rps_fractional: 100, cpu_utilization: 0.5, application_utilization: 0.8 }), 125)
  assert.equal(
    weight({ rps_fractional: 100, cpu_utilization: 0.5, 'named_metrics.queue': 0.4, 'utilization.disk': 0.2 }, 1, [
      'named_metrics.queue',
      'utilization.disk',
    ]),
    250,
  )
  assert.equal(weight({ rps_fractional: 100, cpu_utilization: 2 }), 50, 'utilization may exceed 1')
  for (const unusable of [
    {},
    { rps_fractional: 100 },
    { cpu_utilization: 0.5 },
    { rps_fractional: 0, cpu_utilization: 0.5 },
    { rps_fractional: 1, cpu_utilization: 0 },
  ]) {
    assert.equal(weight(unusable), 0)
  }
})

test('the defaults are those of gRPC', () => {
  assert.deepEqual(loadReportsDefaults, { blackout: '10s', expiration: '3m', update: '1s', errorPenalty: 1 })
})

test('calls go round robin during the blackout, and by the reports after it', async () => {
  const { clock, report, counts } = world(3)
  for (let i = 0; i < 3; i += 1) report(i, `TEXT rps_fractional=${100 * (i + 1)},cpu_utilization=0.5`)
  assert.deepEqual(counts(300), [100, 100, 100])
  await clock.advance(9_999)
  assert.deepEqual(counts(300), [100, 100, 100])
  await clock.advance(1_000)
  assert.deepEqual(counts(60_000), [10_000, 20_000, 30_000])
})

test('fewer than two weights are as good as none', async () => {
  const { clock, report, counts } = world(3, { blackout: 0 })
  report(0, 'TEXT rps_fractional=900,cpu_utilization=0.5')
  await clock.advance(1_000)
  assert.deepEqual(counts(300), [100, 100, 100])
})

test('who reports nothing gets the mean of the others', async () => {
  const { clock, report, counts } = world(3, { blackout: 0 })
  report(0, 'TEXT rps_fractional=100,cpu_utilization=1')
  report(1, 'JSON {"rps_fractional":300,"cpu_utilization":1}')
  await clock.advance(1_000)
  assert.deepEqual(counts(60_000), [10_000, 30_000, 20_000])
})

test('a report that has expired does not count, and the next one begins another blackout', async () => {
  const { clock, report, counts } = world(2)
  for (const rate of [100, 300]) report(rate === 100 ? 0 : 1, `TEXT rps_fractional=${rate},cpu_utilization=1`)
  await clock.advance(11_000)
  const [light = 0] = counts(4_000)
  assert.ok(Math.abs(light - 1_000) <= 1, `${light} instead of 1,000`)
  await clock.advance(180_000)
  assert.deepEqual(counts(1_000), [500, 500])
  for (const rate of [100, 300]) report(rate === 100 ? 0 : 1, `TEXT rps_fractional=${rate},cpu_utilization=1`)
  await clock.advance(9_000)
  assert.deepEqual(counts(1_000), [500, 500])
  await clock.advance(2_000)
  assert.ok(Math.abs((counts(4_000)[0] ?? 0) - 1_000) <= 1)
})

test('weights are kept between a tenth of their mean and ten times that', async () => {
  const { clock, report, counts } = world(2, { blackout: 0 })
  report(0, 'TEXT rps_fractional=1,cpu_utilization=1')
  report(1, 'TEXT rps_fractional=1000000,cpu_utilization=1')
  await clock.advance(1_000)
  const [light = 0] = counts(21_000)
  // The light one counts as a tenth of the mean: 1 of 21.
  assert.ok(Math.abs(light - 1_000) <= 2, `${light} instead of 1,000`)
})

test('weights change once in a period, however often reports come', async () => {
  const { clock, report, counts } = world(2, { blackout: 0, update: '5s' })
  counts(2)
  for (let i = 0; i < 2; i += 1) report(i, `TEXT rps_fractional=${100 * (1 + 2 * i)},cpu_utilization=1`)
  await clock.advance(4_999)
  assert.deepEqual(counts(1_000), [500, 500])
  await clock.advance(1)
  assert.ok(Math.abs((counts(4_000)[0] ?? 0) - 1_000) <= 1)
})

test('what the call has tried is left out', async () => {
  const { clock, endpoints, report, counts } = world(3, { blackout: 0 })
  for (let i = 0; i < 3; i += 1) report(i, `TEXT rps_fractional=${10 ** i},cpu_utilization=1`)
  await clock.advance(1_000)
  assert.deepEqual(counts(100, endpoints.slice(1)), [100, 0, 0])
})

test('no timer runs, and the reports are counted', () => {
  const { clock, balancer, report, counts } = world(2)
  report(0, 'TEXT rps_fractional=1,cpu_utilization=1')
  report(0, 'nothing of use')
  counts(10)
  assert.equal(clock.pending, 0)
  assert.deepEqual(balancer.counts?.(), { reports: 1 })
})

test('options that cannot be are told', () => {
  assert.throws(() => loadReports({ blackout: -1 }), /^TypeError: loadReports: blackout: expected a duration .* got -1$/)
  assert.throws(() => loadReports({ metrics: [''] }), /loadReports: metrics: expected a list of names/)
  assert.throws(() => loadReports({ penalty: 1 } as LoadReportsOptions), /expected only the options .*errorPenalty.*, got "penalty"/)
})
