import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inFlight } from '../../../src/balancing/in-flight.ts'
import { verdicts } from '../../../src/call/verdict.ts'
import { testEndpoint } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'

test('the load is what the mesh counts', () => {
  const meter = inFlight()(testHost())
  const endpoint = testEndpoint('http://10.0.0.1:8080')
  assert.equal(meter.load(endpoint), 0)
  endpoint.inFlight = 7
  assert.equal(meter.load(endpoint), 7)
})

test('beginning and ending an attempt counts nothing a second time, and makes nothing new', () => {
  const meter = inFlight()(testHost())
  const endpoint = testEndpoint('http://10.0.0.1:8080')
  const end = meter.began(endpoint)
  assert.equal(meter.load(endpoint), 0)
  assert.equal(meter.began(endpoint), end)
  end(verdicts.success, 5)
  assert.equal(meter.load(endpoint), 0)
})
