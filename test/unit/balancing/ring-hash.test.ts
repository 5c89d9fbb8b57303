import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EndpointHashes } from '../../../src/balancing/endpoint-hashes.ts'
import { pointsFor, Ring } from '../../../src/balancing/ring.ts'
import { ringHash, ringHashDefaults } from '../../../src/balancing/ring-hash.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { testQuery } from '../../../src/testing/test-call.ts'
import { testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'

/** The share of each endpoint in relation to its fair one, by places at equal distances. */
function relativeShares(endpoints: readonly Endpoint[], points: readonly number[], keys = 400_000): number[] {
  const ring = new Ring(endpoints, new EndpointHashes(endpoints), points)
  const counts = Array<number>(endpoints.length).fill(0)
  for (let key = 0; key < keys; key += 1) counts[ring.ownerAt(ring.placeOf(Math.floor((key / keys) * 2 ** 32)))]! += 1
  const total = points.reduce((sum, count) => sum + count)
  return counts.map((count, index) => count / keys / (points[index]! / total))
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number
}

test('shares spread as theory says: by one part in the root of the number of points', (t) => {
  const all = testEndpoints(1_500)
  for (const [count, points, sets] of [
    [10, 10, 100],
    [10, 100, 100],
    [10, 1_000, 20],
    [100, 100, 15],
    [100, 1_000, 5],
  ] as const) {
    const shares: number[] = []
    for (let set = 0; set < sets; set += 1) {
      shares.push(...relativeShares(all.slice(set * count, (set + 1) * count), Array<number>(count).fill(points), 100_000))
    }
    const deviation = Math.sqrt(shares.reduce((sum, share) => sum + (share - 1) ** 2, 0) / shares.length)
    const theory = 1 / Math.sqrt(points)
    t.diagnostic(`${count} endpoints, ${points} points each: ${deviation.toFixed(4)}, theory ${theory.toFixed(4)}`)
    assert.ok(Math.abs(deviation / theory - 1) < 0.15, `${deviation} instead of ${theory}`)
  }
})

test('with 100 points each, 99 of 100 shares are within 0.76 and 1.28 of the fair one; with 1,000, within 0.92 and 1.09', (t) => {
  for (const [points, low, high] of [
    [100, 0.76, 1.28],
    [1_000, 0.92, 1.09],
  ] as const) {
    const all = testEndpoints(1_000)
    const shares = Array.from({ length: 10 }, (_, set) =>
      relativeShares(all.slice(set * 100, set * 100 + 100), Array<number>(100).fill(points)),
    )
    const sorted = shares.flat().toSorted((a, b) => a - b)
    const [lowest, highest] = [quantile(sorted, 0.005), quantile(sorted, 0.995)]
    t.diagnostic(`${points} points: ${lowest.toFixed(3)} to ${highest.toFixed(3)}`)
    assert.ok(Math.abs(lowest - low) < 0.03 && Math.abs(highest - high) < 0.03, `${lowest} to ${highest}`)
  }
})

test('points are in proportion to weights, a power of two for a unit of weight, and enough for the least size', () => {
  assert.deepEqual(pointsFor([1, 1], 1_024, 4_096), [512, 512])
  assert.deepEqual(pointsFor(Array<number>(10).fill(1), 1_024, 4_096), Array<number>(10).fill(128))
  assert.deepEqual(pointsFor(Array<number>(10).fill(0.25), 1_024, 4_096), Array<number>(10).fill(128))
  assert.deepEqual(pointsFor(Array<number>(10).fill(3), 1_024, 4_096), Array<number>(10).fill(3 * 64))
  assert.deepEqual(pointsFor(Array<number>(15).fill(3), 1_024, 4_096), Array<number>(15).fill(3 * 32))
  assert.deepEqual(pointsFor([1, 2, 0.5], 7, 4_096), [2, 4, 1])
  assert.deepEqual(pointsFor([1, 1, 1], 1, 4_096), [1, 1, 1])
  assert.deepEqual(pointsFor([1, 1e9], 1_024, 4_096), [1, 1_907])
  assert.deepEqual(pointsFor([1, 1, 1], 1_024, 1_024), [341, 341, 341])
})

test('an endpoint that leaves takes only its own keys along', () => {
  const endpoints = testEndpoints(10)
  const query = (key: number) => testQuery([], { path: `/items/${key}` })
  const before = ringHash({ hashOn: 'path' })(testHost()).picker(endpoints)
  const after = ringHash({ hashOn: 'path' })(testHost()).picker(endpoints.slice(1))
  let moved = 0
  for (let key = 0; key < 20_000; key += 1) {
    const was = before.pick(query(key))
    if (was === endpoints[0]) moved += 1
    else assert.equal(after.pick(query(key)), was)
  }
  assert.ok(Math.abs(moved / 20_000 - 0.1) < 0.02, String(moved / 20_000))
})

test('the lightest endpoint takes only its own keys along, too', () => {
  const query = (key: number) => testQuery([], { path: `/items/${key}` })
  for (const weights of [
    [1, 3, 3, 3, 3, 3, 3],
    [0.37, 5, 7.3, 2.2, 9.1],
  ]) {
    const endpoints = testEndpoints(weights.length, (i) => ({ weight: weights[i] as number }))
    const before = ringHash({ hashOn: 'path' })(testHost()).picker(endpoints)
    const after = ringHash({ hashOn: 'path' })(testHost()).picker(endpoints.slice(1))
    for (let key = 0; key < 5_000; key += 1) {
      const was = before.pick(query(key))
      if (was !== endpoints[0]) assert.equal(after.pick(query(key)), was)
    }
  }
})

test('the least weights that there are, and the greatest, make a ring as any do', () => {
  const endpoints = (weight: number) => testEndpoints(3, (i) => ({ weight: i === 0 ? weight : weight / 2 }))
  const chosen = [2, 2 ** -1_070, 2 ** -1_000, 2 ** 1_023].map((weight) => {
    const set = endpoints(weight)
    const picker = ringHash({ hashOn: 'path' })(testHost()).picker(set)
    return Array.from({ length: 100 }, (_, key) => set.indexOf(picker.pick(testQuery([], { path: `/items/${key}` })) as (typeof set)[0]))
  })
  for (const one of chosen) assert.deepEqual(one, chosen[0])
})

test('a call that has tried the owner of its key goes on along the ring', () => {
  const endpoints = testEndpoints(20)
  const options = { hashOn: 'path', minSize: 1_000 } as const
  const picker = ringHash(options)(testHost()).picker(endpoints)
  for (let key = 0; key < 100; key += 1) {
    const parts = { path: `/items/${key}` }
    const first = picker.pick(testQuery([], parts)) as Endpoint
    const second = picker.pick(testQuery([first], parts)) as Endpoint
    assert.equal(picker.pick(testQuery([second], parts)), first)
    // The owner of what follows is the one that would own the key if the first were not there.
    const without = ringHash(options)(testHost()).picker(endpoints.filter((endpoint) => endpoint !== first))
    assert.equal(without.pick(testQuery([], parts)), second)
  }
})

test('its defaults are named, and options that are out of range are refused', () => {
  assert.deepEqual(ringHashDefaults, { minSize: 16_384, maxSize: 131_072 })
  assert.throws(
    () => ringHash({ hashOn: 'path', minSize: 0 }),
    /^TypeError: ringHash: minSize: expected an integer in \[1, 8388608\], got 0$/,
  )
  assert.throws(
    () => ringHash({ hashOn: 'path', minSize: 20, maxSize: 10 }),
    /ringHash: minSize: expected at most maxSize, which is 10, got 20/,
  )
  assert.throws(() => ringHash(undefined as never), /^TypeError: ringHash: hashOn: expected .*, got undefined$/)
  assert.equal(
    JSON.stringify(ringHash({ hashOn: { header: 'x-user' }, minSize: 1e6 })),
    '{"kind":"ring-hash","hashOn":{"header":"x-user"},"minSize":1000000,"maxSize":1000000}',
  )
})
