import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LeastRequestOptions, leastRequest, leastRequestDefaults } from '../../../src/balancing/least-request.ts'
import { TurnQueue } from '../../../src/balancing/turn-queue.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { samePart } from '../../../src/runtime/part.ts'
import { seededRandom } from '../../../src/runtime/seeded-random.ts'
import { testQuery } from '../../../src/testing/test-call.ts'
import { type TestEndpoint, testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'

function busy(...loads: number[]): readonly TestEndpoint[] {
  const endpoints = testEndpoints(loads.length)
  loads.forEach((load, index) => {
    endpoints[index]!.inFlight = load
  })
  return endpoints
}

/** How often each endpoint is picked while loads stay as they are. */
function shares(endpoints: readonly Endpoint[], options?: LeastRequestOptions, spent: readonly Endpoint[] = [], picks = 30_000): number[] {
  const picker = leastRequest(options)(testHost({ random: seededRandom('shares') })).picker(endpoints)
  const counts = new Map<Endpoint, number>(endpoints.map((endpoint) => [endpoint, 0]))
  const query = testQuery(spent)
  for (let i = 0; i < picks; i += 1) {
    const picked = picker.pick(query) as Endpoint
    counts.set(picked, counts.get(picked)! + 1)
  }
  return [...counts.values()].map((count) => count / picks)
}

function assertNear(found: readonly number[], expected: readonly number[], tolerance = 0.015): void {
  found.forEach((share, index) => {
    assert.ok(Math.abs(share - expected[index]!) <= tolerance, `endpoint ${index}: ${share} instead of ${expected[index]}`)
  })
}

/** The share of the k-th least loaded of n when d distinct ones are compared: the others must all be heavier. */
function shareOf(k: number, n: number, d: number): number {
  const choose = (from: number, count: number): number => (count === 0 ? 1 : (from / count) * choose(from - 1, count - 1))
  return n - k < d - 1 ? 0 : choose(n - k, d - 1) / choose(n, d)
}

test('the busier of two gets nothing, where a comparison with replacement would give it a quarter', () => {
  assert.deepEqual(shares(busy(1, 0)), [0, 1])
  assert.deepEqual(shares(busy(1, 0), { fullScanBelow: 0 }), [0, 1])
})

test('below the limit all are compared, and equals get the same', () => {
  assertNear(shares(busy(3, 1, 2, 1, 5, 1, 9)), [0, 1 / 3, 0, 1 / 3, 0, 1 / 3, 0])
})

test('from the limit on, distinct ones are compared, and each set of them is as likely as any other', () => {
  for (const choices of [2, 3, 5]) {
    const loads = [7, 3, 0, 9, 1, 8, 2, 5, 4, 6]
    const expected = loads.map((load) => shareOf(load + 1, 10, choices))
    assertNear(shares(busy(...loads), { choices }), expected)
  }
})

test('endpoints that are equally busy get the same share, however many are compared', () => {
  for (const choices of [2, 3, 9]) assertNear(shares(busy(...Array<number>(10).fill(4)), { choices }), Array<number>(10).fill(0.1))
})

test('a limit of Infinity finds the one idle endpoint among many', () => {
  const loads = Array.from({ length: 200 }, (_, index) => (index === 137 ? 0 : 1))
  assert.equal(shares(busy(...loads), { fullScanBelow: Number.POSITIVE_INFINITY }, [], 500)[137], 1)
})

test('what was tried is left out, and the comparison goes on among the others', () => {
  const endpoints = busy(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
  assertNear(shares(endpoints, {}, endpoints.slice(0, 9)), [0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
  const left = shares(endpoints, {}, endpoints.slice(0, 1))
  assert.equal(left[0], 0)
  // Two of the nine that are left.
  assertNear(
    left.slice(1),
    Array.from({ length: 9 }, (_, index) => shareOf(index + 1, 9, 2)),
    0.03,
  )
})

test('idle endpoints that differ in weight get exactly the shares of their weights', () => {
  const endpoints = testEndpoints(3, (index) => ({ weight: index + 1 }))
  for (const bias of [0, 1, 2]) {
    const picks = 60_000
    const found = shares(endpoints, { bias }, [], picks).map((share) => share * picks)
    for (const [index, count] of found.entries()) assert.ok(Math.abs(count - (index + 1) * 10_000) <= 1, `${count} for weight ${index + 1}`)
  }
})

test('attempts in flight take from the weight as the bias says', () => {
  const endpoints = testEndpoints(3, (index) => ({ weight: [1, 2, 4][index] }))
  endpoints[2]!.inFlight = 3
  assertNear(shares(endpoints, { bias: 0 }), [1 / 7, 2 / 7, 4 / 7], 0.001)
  assertNear(shares(endpoints, { bias: 1 }), [1 / 4, 2 / 4, 1 / 4], 0.001)
  assertNear(shares(endpoints, { bias: 2 }), [4 / 13, 8 / 13, 1 / 13], 0.001)
})

test('an endpoint that was very busy has its turns again soon after it is idle', () => {
  for (const bias of [1, 2, 10]) {
    const endpoints = testEndpoints(3, (index) => ({ weight: index + 1 }))
    const heaviest = endpoints[2] as TestEndpoint
    heaviest.inFlight = 400
    const fresh = leastRequest({ bias })(testHost()).picker(endpoints)
    const picker = leastRequest({ bias })(testHost()).picker(endpoints)
    const until = (asked: typeof picker): number => {
      for (let i = 1; i <= 10_000; i += 1) if (asked.pick(testQuery()) === heaviest) return i
      return Number.POSITIVE_INFINITY
    }
    heaviest.inFlight = 0
    assert.ok(until(fresh) < 200, `bias ${bias}: a new picker after ${until(fresh)}`)
    // It has a turn while it is busy, waits for some of what that costs, and is idle then.
    until(picker)
    heaviest.inFlight = 400
    until(picker)
    for (let i = 0; i < 50; i += 1) picker.pick(testQuery())
    heaviest.inFlight = 0
    const picks = until(picker)
    assert.ok(picks < 200, `bias ${bias}: after ${picks}`)
    const counts = endpoints.map(() => 0)
    for (let i = 0; i < 6_000; i += 1) counts[endpoints.indexOf(picker.pick(testQuery()) as TestEndpoint)]! += 1
    for (const [i, count] of counts.entries()) assert.ok(Math.abs(count - 1_000 * (i + 1)) <= 5, `${counts}`)
  }
})

test('shares are exact while endpoints stay as busy as they are, however busy', () => {
  const endpoints = testEndpoints(3, (index) => ({ weight: index + 1 }))
  endpoints.forEach((endpoint, index) => {
    endpoint.inFlight = [99, 39, 1][index] as number
  })
  const parts = [1 / 100, 2 / 40, 3 / 2]
  const all = parts.reduce((sum, part) => sum + part)
  shares(endpoints).forEach((share, index) => {
    assert.ok(Math.abs(share - (parts[index] as number) / all) < 0.0003, `${index}: ${share}`)
  })
})

test('costs that are endless keep no call waiting', () => {
  const endpoints = testEndpoints(3, (index) => ({ weight: [Number.MIN_VALUE, 1, 1e300][index] as number }))
  for (const inFlight of [0, 1e3, 1e40]) {
    for (const endpoint of endpoints) endpoint.inFlight = inFlight
    const counts = shares(endpoints, { bias: 10 }, [], 200)
    assert.ok(Math.abs(counts.reduce((sum, count) => sum + count) - 1) < 1e-9)
  }
})

test('a call that has tried the heavy endpoints gets a light one at once', () => {
  const endpoints = testEndpoints(3, (index) => ({ weight: [1e6, 1e6, 1e-3][index] }))
  assert.deepEqual(shares(endpoints, {}, endpoints.slice(0, 2), 1_000), [0, 0, 1])
})

test('among thousands, each has exactly the turns of its weight, also after all were busy', () => {
  const endpoints = testEndpoints(3_000, (index) => ({ weight: 1 + (index % 3) }))
  const picker = leastRequest()(testHost()).picker(endpoints)
  const turns = (picks: number): Map<Endpoint, number> => {
    const counts = new Map<Endpoint, number>(endpoints.map((endpoint) => [endpoint, 0]))
    for (let i = 0; i < picks; i += 1) {
      const endpoint = picker.pick(testQuery()) as Endpoint
      counts.set(endpoint, counts.get(endpoint)! + 1)
    }
    return counts
  }
  for (const inFlight of [0, 7, 0, 40]) {
    for (const endpoint of endpoints) endpoint.inFlight = inFlight
    // Everybody has had a turn at this load, and waits for as long as it says.
    turns(60_000)
    const counts = turns(60_000)
    for (const endpoint of endpoints) {
      const count = counts.get(endpoint)!
      assert.ok(Math.abs(count - 10 * endpoint.weight) <= 1, `${count} for weight ${endpoint.weight} with ${inFlight} in flight`)
    }
  }
})

test('among thousands, a busy one has fewer turns, and its turns again when it is idle', () => {
  const endpoints = testEndpoints(2_000, (index) => ({ weight: 1 + (index % 2) }))
  const picker = leastRequest()(testHost()).picker(endpoints)
  const busiest = endpoints[1] as TestEndpoint
  const turns = (picks: number): number => {
    let count = 0
    for (let i = 0; i < picks; i += 1) if (picker.pick(testQuery()) === busiest) count += 1
    return count
  }
  busiest.inFlight = 99
  turns(10_000)
  // Of 3,000 parts, two hundredths: once in 150,000.
  assert.equal(turns(300_000), 2)
  busiest.inFlight = 0
  turns(60_000)
  assert.ok(Math.abs(turns(150_000) - 100) <= 1)
})

test('the queue of turns is a heap: whoever is due next is always first', () => {
  const random = seededRandom('queue')
  for (let size = 1; size <= 20; size += 1) {
    const due = Array.from({ length: size }, () => random.next())
    const queue = new TurnQueue(Float64Array.from(due))
    for (let step = 0; step < 200; step += 1) {
      const first = queue.first
      assert.equal(due[first], Math.min(...due))
      const by = random.next() + 0.01
      due[first]! += by
      queue.postponeFirst(by)
    }
  }
})

test('options that are out of range are refused by name', () => {
  assert.throws(() => leastRequest({ choices: 1 }), /^TypeError: leastRequest: choices: expected an integer in \[2, 64\], got 1$/)
  assert.throws(() => leastRequest({ bias: -1 }), /^TypeError: leastRequest: bias: expected a number in \[0, 10\], got -1$/)
  assert.throws(() => leastRequest({ fullScanBelow: Number.NaN }), /leastRequest: fullScanBelow: expected a number in/)
  assert.throws(
    () => leastRequest({ choice: 3 } as never),
    /leastRequest: expected only the options choices, bias, fullScanBelow, got "choice"/,
  )
  assert.throws(() => leastRequest(3 as never), /leastRequest: expected an object of options, got 3/)
})

test('its defaults are named, and it prints what it was made with', () => {
  assert.deepEqual(leastRequestDefaults, { choices: 2, bias: 1, fullScanBelow: 8 })
  assert.ok(samePart(leastRequest(), leastRequest({ choices: 2 })))
  assert.equal(JSON.stringify(leastRequest({ choices: 3 })), '{"kind":"least-request","choices":3,"bias":1,"fullScanBelow":8}')
})
