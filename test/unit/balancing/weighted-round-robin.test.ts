import assert from 'node:assert/strict'
import { test } from 'node:test'
import { weightedRoundRobin } from '../../../src/balancing/weighted-round-robin.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { seededRandom } from '../../../src/runtime/seeded-random.ts'
import { testQuery } from '../../../src/testing/test-call.ts'
import { type TestEndpoint, testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'

const anyone = testQuery()

function weighted(...weights: number[]): readonly TestEndpoint[] {
  return testEndpoints(weights.length, (index) => ({ weight: weights[index] }))
}

function turns(endpoints: readonly Endpoint[], picks: number, seed = 'turns', spent: readonly Endpoint[] = []): number[] {
  const picker = weightedRoundRobin()(testHost({ random: seededRandom(seed) })).picker(endpoints)
  const query = spent.length === 0 ? anyone : testQuery(spent)
  return Array.from({ length: picks }, () => endpoints.indexOf(picker.pick(query) as Endpoint))
}

function counts(order: readonly number[], size: number): number[] {
  const found = Array<number>(size).fill(0)
  for (const index of order) found[index]! += 1
  return found
}

test('weights 1, 2, 3 give exactly 10,000, 20,000 and 30,000 of 60,000 picks, wherever it begins', () => {
  for (const seed of ['a', 'b', 'c']) assert.deepEqual(counts(turns(weighted(1, 2, 3), 60_000, seed), 3), [10_000, 20_000, 30_000])
})

test('weights 5, 1, 1 give exactly 50,000, 10,000 and 10,000 of 70,000 picks', () => {
  for (const seed of ['a', 'b', 'c']) assert.deepEqual(counts(turns(weighted(5, 1, 1), 70_000, seed), 3), [50_000, 10_000, 10_000])
})

test('equal weights take strict turns', () => {
  const order = turns(weighted(4, 4, 4), 30)
  assert.deepEqual(
    order,
    order.map((_, at) => (order[0]! + at) % 3),
  )
})

test('the turns of a light endpoint are spread evenly', () => {
  const order = turns(weighted(5, 1, 1), 7_000)
  for (const light of [1, 2]) {
    const at = order.flatMap((index, place) => (index === light ? [place] : []))
    const gaps = at.slice(1).map((place, index) => place - at[index]!)
    assert.ok(Math.min(...gaps) >= 5 && Math.max(...gaps) <= 9, `gaps from ${Math.min(...gaps)} to ${Math.max(...gaps)}`)
  }
})

test('pickers that begin at random places do not march in step', () => {
  const firsts = new Set(Array.from({ length: 50 }, (_, seed) => turns(weighted(1, 1, 1, 1), 1, String(seed))[0]))
  assert.equal(firsts.size, 4)
})

test('a very light endpoint has a turn all the same', () => {
  const order = turns(weighted(1e9, 1e-9), 65_536 * 2)
  assert.ok(counts(order, 2)[1]! >= 1)
})

test('a call that has tried the heavy endpoints gets a light one at once', () => {
  const endpoints = weighted(1e6, 1e6, 1)
  assert.deepEqual(counts(turns(endpoints, 1_000, 'light', endpoints.slice(0, 2)), 3), [0, 0, 1_000])
})

test('what was tried is left to the others in proportion to their weights', () => {
  const endpoints = weighted(1, 2, 3, 60)
  const [a = 0, b = 0, c = 0] = counts(turns(endpoints, 60_000, 'left', endpoints.slice(3)), 4)
  for (const [count, share] of [
    [a, 1 / 6],
    [b, 2 / 6],
    [c, 3 / 6],
  ] as const) {
    assert.ok(Math.abs(count / 60_000 - share) < 0.02, `${count / 60_000} instead of ${share}`)
  }
})
