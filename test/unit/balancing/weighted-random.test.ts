import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AliasTable } from '../../../src/balancing/alias-table.ts'
import { weightedRandom } from '../../../src/balancing/weighted-random.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { seededRandom } from '../../../src/runtime/seeded-random.ts'
import { testQuery } from '../../../src/testing/test-call.ts'
import { testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'

function shares(weights: readonly number[], spentCount = 0, picks = 100_000): number[] {
  const endpoints = testEndpoints(weights.length, (index) => ({ weight: weights[index] }))
  const picker = weightedRandom()(testHost({ random: seededRandom('shares') })).picker(endpoints)
  const counts = new Map<Endpoint, number>(endpoints.map((endpoint) => [endpoint, 0]))
  const query = testQuery(endpoints.slice(0, spentCount))
  for (let i = 0; i < picks; i += 1) {
    const picked = picker.pick(query) as Endpoint
    counts.set(picked, counts.get(picked)! + 1)
  }
  return [...counts.values()].map((count) => count / picks)
}

function assertShares(found: readonly number[], expected: readonly number[]): void {
  found.forEach((share, index) => {
    const p = expected[index]!
    // Four standard deviations of 100,000 draws.
    assert.ok(Math.abs(share - p) <= 4 * Math.sqrt((p * (1 - p)) / 100_000), `endpoint ${index}: ${share} instead of ${p}`)
  })
}

test('shares are those of the weights', () => {
  assertShares(shares([1, 2, 3]), [1 / 6, 2 / 6, 3 / 6])
  assertShares(shares([5, 1, 1]), [5 / 7, 1 / 7, 1 / 7])
  assertShares(shares([1, 1, 1, 1]), [0.25, 0.25, 0.25, 0.25])
})

test('weights near the largest number keep their shares, as do the chances that are told', () => {
  assertShares(shares([1e308, 1e308, 1]), [0.5, 0.5, 0])
  assertShares(shares([1, 1.5e308, 0.5e308, 1.5e308, 1], 2), [0, 0, 0.25, 0.75, 0])
  const endpoints = testEndpoints(3, (index) => ({ weight: [1e308, 1e308, 1][index] }))
  const odds = weightedRandom()(testHost()).odds?.(endpoints, testQuery()) as readonly number[]
  assert.deepEqual(odds.slice(0, 2), [0.5, 0.5])
  assert.ok((odds[2] as number) > 0 && (odds[2] as number) < 1e-300, String(odds))
})

test('what was tried is left to the others in proportion to their weights', () => {
  assertShares(shares([96, 1, 3], 1), [0, 0.25, 0.75])
})

test('when all were tried, shares are those of the weights again', () => {
  assertShares(shares([1, 3], 2), [0.25, 0.75])
})

test('the table gives each index exactly its part of the draws', () => {
  for (const weights of [[1], [1, 2, 3], [5, 1, 1], [0.1, 0.2, 0.3, 0.4], [1e-6, 1, 1e6], Array.from({ length: 97 }, (_, i) => i + 1)]) {
    const table = new AliasTable(Float64Array.from(weights))
    const total = weights.reduce((sum, weight) => sum + weight)
    const draws = 97 * 4_000
    const found = Array<number>(weights.length).fill(0)
    for (let i = 0; i < draws; i += 1) found[table.at((i + 0.5) / draws)]! += 1
    // A column is cut at one place: it is wrong by one step of the grid at most, and an index is in at most as many columns as there are.
    found.forEach((count, index) => {
      const expected = (weights[index]! / total) * draws
      assert.ok(Math.abs(count - expected) <= weights.length, `${count} instead of ${expected} for ${weights[index]} of ${total}`)
    })
  }
})
