import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { EndpointNumbers } from '../../../src/balancing/endpoint-numbers.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { testEndpoint, testEndpoints } from '../../../src/testing/test-endpoint.ts'

test('an endpoint keeps its numbers while the table grows', () => {
  const numbers = new EndpointNumbers(8)
  const endpoints = testEndpoints(1_000)
  for (const [i, endpoint] of endpoints.entries()) {
    assert.equal(numbers.find(endpoint), -1)
    const at = numbers.add(endpoint)
    assert.deepEqual([...numbers.values.subarray(at, at + 8)], [0, 0, 0, 0, 0, 0, 0, 0])
    numbers.values[at + 7] = i
  }
  for (const [i, endpoint] of endpoints.entries()) assert.equal(numbers.values[numbers.find(endpoint) + 7], i)
})

test('two tables know the same endpoints at places of their own', () => {
  const [one, other] = [new EndpointNumbers(8), new EndpointNumbers(4)]
  const endpoints = testEndpoints(3)
  for (const endpoint of endpoints) one.add(endpoint)
  for (const endpoint of endpoints.toReversed()) other.add(endpoint)
  for (let round = 0; round < 2; round += 1) {
    assert.deepEqual(
      endpoints.map((endpoint) => one.find(endpoint)),
      [0, 8, 16],
    )
    assert.deepEqual(
      endpoints.map((endpoint) => other.find(endpoint)),
      [8, 4, 0],
    )
  }
})

test('an endpoint that is no object of the mesh, and cannot be written on, has numbers too', () => {
  const numbers = new EndpointNumbers(8)
  const foreign = Object.freeze({ ...testEndpoint('http://10.0.0.7:8080') }) as Endpoint
  assert.equal(numbers.find(foreign), -1)
  const at = numbers.add(foreign)
  assert.equal(numbers.find(foreign), at)
})

test('the places of endpoints that are gone are given to others', async () => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const numbers = new EndpointNumbers(8)
  const kept = testEndpoint('http://10.0.0.7:8080')
  numbers.values[numbers.add(kept)] = 42
  for (let round = 0; round < 50; round += 1) {
    for (const endpoint of testEndpoints(100)) numbers.add(endpoint)
    // What a weak reference was made for stays until the end of the turn.
    await new Promise((resolve) => setImmediate(resolve))
    gc()
  }
  assert.ok(numbers.values.length <= 8 * 512, `${numbers.values.length / 8} places for 101 endpoints at a time`)
  assert.equal(numbers.values[numbers.find(kept)], 42)
})
