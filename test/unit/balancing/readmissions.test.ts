import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inFlight } from '../../../src/balancing/in-flight.ts'
import type { LoadMeter } from '../../../src/balancing/load-meter.ts'
import { peakEwma } from '../../../src/balancing/peak-ewma.ts'
import { powerOfTwo } from '../../../src/balancing/power-of-two.ts'
import { verdicts } from '../../../src/call/verdict.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { testCall } from '../../../src/testing/test-call.ts'
import { testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'

test('power of two tells its meter of endpoints that are fit again, once', () => {
  const [a, b] = testEndpoints(2) as [Endpoint, Endpoint]
  const told: Endpoint[] = []
  const meter: LoadMeter = { name: 'm', load: () => 0, began: () => () => {}, readmitted: (endpoint) => told.push(endpoint) }
  const balancer = powerOfTwo(() => meter)(testHost())
  const out = new Set<Endpoint>()
  const notice = () => balancer.noticed?.([a, b], (endpoint) => !out.has(endpoint))
  notice()
  out.add(a)
  notice()
  notice()
  assert.deepEqual(told, [])
  out.delete(a)
  notice()
  notice()
  assert.deepEqual(told, [a])
})

test('an endpoint that fails does not send the calls of its pairs to one that is slow', async () => {
  const clock = fakeClock()
  const endpoints = testEndpoints(6)
  const [failing, slow] = endpoints as [Endpoint, Endpoint]
  const balancer = powerOfTwo(peakEwma())(testHost({ clock }))
  const [meter] = balancer.meters as [LoadMeter]
  const picker = balancer.picker(endpoints)
  for (const endpoint of endpoints) {
    const end = meter.began(endpoint)
    end(endpoint === failing ? verdicts.retryNever : verdicts.success, endpoint === slow ? 200 : 10)
  }
  const call = testCall()
  let slowly = 0
  for (let i = 0; i < 10_000; i += 1) if (picker.pick({ call, isSpent: () => false }) === slow) slowly += 1
  // The pair of both is one of 15. Three pairs in a row, each with the one that fails and the last with both: 1/3 * 1/3 * 1/15.
  assert.ok(slowly < 10_000 * (1 / 135) + 4 * Math.sqrt(10_000 / 135), `${slowly} of 10,000`)
})

test('a meter that remembers no failures is told nothing', () => {
  assert.equal(powerOfTwo(inFlight())(testHost()).noticed, undefined)
})
