import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../../../src/balancing/random.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { seededRandom } from '../../../src/runtime/seeded-random.ts'
import { testQuery } from '../../../src/testing/test-call.ts'
import { testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'

const endpoints = testEndpoints(10)

/** How often each endpoint is picked in 20,000 picks. */
function shares(seed: string, spent: readonly Endpoint[]): number[] {
  const picker = random()(testHost({ random: seededRandom(seed) })).picker(endpoints)
  const counts = new Map<Endpoint, number>(endpoints.map((endpoint) => [endpoint, 0]))
  const query = testQuery(spent)
  for (let i = 0; i < 20_000; i += 1) {
    const picked = picker.pick(query) as Endpoint
    counts.set(picked, counts.get(picked)! + 1)
  }
  return [...counts.values()]
}

/** Every count is within five standard deviations of its share. */
function assertEqualShares(counts: readonly number[]): void {
  const mean = 20_000 / counts.length
  for (const count of counts) assert.ok(Math.abs(count - mean) < 5 * Math.sqrt(mean), `${count} of ${mean}`)
}

test('every endpoint is as likely as the others', () => {
  for (const seed of ['a', 'b', 'c']) assertEqualShares(shares(seed, []))
})

test('what was tried leaves its share to all others alike, not to its neighbour', () => {
  for (const seed of ['a', 'b', 'c']) {
    const few = shares(seed, endpoints.slice(2, 5))
    assert.deepEqual(few.slice(2, 5), [0, 0, 0])
    assertEqualShares(few.filter((count) => count > 0))
    // Nearly all of them: here drawing again does not help, and all are looked at.
    const most = shares(seed, endpoints.slice(2))
    assert.deepEqual(most.slice(2), new Array(8).fill(0))
    assertEqualShares(most.slice(0, 2))
  }
})

test('when all were tried, each is as likely as the others again', () => {
  assertEqualShares(shares('a', endpoints))
})
