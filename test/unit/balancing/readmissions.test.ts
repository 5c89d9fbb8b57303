import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inFlight } from '../../../src/balancing/in-flight.ts'
import type { LoadMeter } from '../../../src/balancing/load-meter.ts'
import { powerOfTwo } from '../../../src/balancing/power-of-two.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
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

test('a meter that remembers no failures is told nothing', () => {
  assert.equal(powerOfTwo(inFlight())(testHost()).noticed, undefined)
})
