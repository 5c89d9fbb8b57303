import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { InFlightOf } from '../../../src/balancing/in-flight-of.ts'
import { LoadRecords } from '../../../src/balancing/load-records.ts'
import { verdicts } from '../../../src/call/verdict.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { testEndpoint, testEndpoints } from '../../../src/testing/test-endpoint.ts'

/** What is read of all of a set. */
function read(records: LoadRecords, endpoints: readonly Endpoint[]): number[] {
  const into = new Float64Array(3 * endpoints.length)
  const places = Int32Array.from(endpoints, (endpoint) => records.of(endpoint) + 1)
  records.read(Int32Array.from(endpoints.keys()), endpoints.length, places, new InFlightOf(endpoints), into)
  return [...into]
}

test('what is in flight is what was reported, with what began and ended since, and never less than nothing', () => {
  const reports = fc.array(fc.record({ rif: fc.nat(20), before: fc.nat(20), now: fc.nat(20) }), { minLength: 1, maxLength: 16 })
  fc.assert(
    fc.property(reports, (all) => {
      const records = new LoadRecords(fakeClock())
      const endpoints = testEndpoints(all.length)
      for (const [i, { rif, before, now }] of all.entries()) {
        const endpoint = endpoints[i] as (typeof endpoints)[number]
        endpoint.inFlight = before
        records.probed(endpoint, rif, i + 0.5, 100 + i)
        endpoint.inFlight = now
      }
      assert.deepEqual(
        read(records, endpoints),
        all.flatMap(({ rif, before, now }, i) => [Math.max(0, rif + now - before), i + 0.5, 100 + i]),
      )
    }),
  )
})

test('of one that never reported, the report is older than any time', () => {
  const endpoints = testEndpoints(1)
  assert.deepEqual(read(new LoadRecords(fakeClock()), endpoints), [0, 0, Number.NEGATIVE_INFINITY])
})

test('an endpoint of several rosters, and one that is no endpoint of ours, is asked itself what it has in flight', () => {
  const records = new LoadRecords(fakeClock())
  const endpoints: Endpoint[] = [testEndpoint('http://10.0.0.1:80'), { ...testEndpoint('http://10.0.0.2:80'), inFlight: 7 }]
  assert.deepEqual(read(records, endpoints).slice(0, 1), [0])
  assert.deepEqual(read(records, endpoints).slice(3, 4), [7])
})

test('somebody may fail until the failures of all have faded', async () => {
  const clock = fakeClock()
  const records = new LoadRecords(clock)
  const [endpoint] = testEndpoints(1) as readonly [Endpoint]
  const place = records.of(endpoint)
  assert.equal(records.anyFails(clock.now()), false)
  for (let i = 0; i < 20; i += 1) records.began(endpoint)(verdicts.retryNever, 1)
  let faded = 0
  for (; records.failsAt(place, clock.now()); faded += 1) {
    assert.ok(records.anyFails(clock.now()))
    await clock.advance(100)
  }
  assert.ok(faded > 100)
  await clock.advance(100)
  assert.equal(records.anyFails(clock.now()), false)
})
