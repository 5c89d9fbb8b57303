import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inFlight } from '../../../src/balancing/in-flight.ts'
import type { LoadMeter } from '../../../src/balancing/load-meter.ts'
import { powerOfTwo } from '../../../src/balancing/power-of-two.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import type { Part } from '../../../src/runtime/host.ts'
import { samePart } from '../../../src/runtime/part.ts'
import { seededRandom } from '../../../src/runtime/seeded-random.ts'
import { testQuery } from '../../../src/testing/test-call.ts'
import { testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'

const anyone = testQuery()

/** How often each endpoint is picked while loads stay as they are. */
function shares(endpoints: readonly Endpoint[], spent: readonly Endpoint[] = [], picks = 20_000): number[] {
  const picker = powerOfTwo(inFlight())(testHost({ random: seededRandom('shares') })).picker(endpoints)
  const counts = new Map<Endpoint, number>(endpoints.map((endpoint) => [endpoint, 0]))
  const query = testQuery(spent)
  for (let i = 0; i < picks; i += 1) {
    const picked = picker.pick(query) as Endpoint
    counts.set(picked, counts.get(picked)! + 1)
  }
  return [...counts.values()].map((count) => count / picks)
}

test('of two endpoints, the less loaded gets every call', () => {
  const endpoints = testEndpoints(2)
  endpoints[0]!.inFlight = 1
  assert.deepEqual(shares(endpoints), [0, 1])
})

test('the two that are compared are distinct, and each pair as likely as the others', () => {
  const endpoints = testEndpoints(5)
  endpoints.forEach((endpoint, index) => {
    endpoint.inFlight = index
  })
  // The k-th least loaded of n wins against all heavier ones: 2 (n - k) / (n (n - 1)). The heaviest never wins.
  const expected = [0.4, 0.3, 0.2, 0.1, 0]
  shares(endpoints).forEach((share, index) => {
    assert.ok(Math.abs(share - expected[index]!) < 0.02, `endpoint ${index}: ${share}`)
  })
})

test('endpoints with the same load get the same share', () => {
  for (const share of shares(testEndpoints(5))) assert.ok(Math.abs(share - 0.2) < 0.02, String(share))
})

test('what was tried is left out, and the comparison goes on among the others', () => {
  const endpoints = testEndpoints(5)
  endpoints[4]!.inFlight = 9
  const twoLeft = shares(endpoints, endpoints.slice(0, 3))
  assert.deepEqual(twoLeft, [0, 0, 0, 1, 0])
  const oneLeft = shares(endpoints, endpoints.slice(0, 4))
  assert.deepEqual(oneLeft, [0, 0, 0, 0, 1])
  const idleLeft = shares(endpoints, [endpoints[4]!])
  for (const share of idleLeft.slice(0, 4)) assert.ok(Math.abs(share - 0.25) < 0.02, String(share))
})

test('among many tried ones, ties go to each of the rest alike', () => {
  const endpoints = testEndpoints(12)
  const left = shares(endpoints, endpoints.slice(3)).slice(0, 3)
  for (const share of left) assert.ok(Math.abs(share - 1 / 3) < 0.02, String(share))
})

test('when all were tried, the less loaded is tried again', () => {
  const endpoints = testEndpoints(2)
  endpoints[1]!.inFlight = 3
  assert.deepEqual(shares(endpoints, endpoints), [1, 0])
})

test('a queue that is only as long as two choices make it stays short', () => {
  const endpoints = testEndpoints(100)
  const picker = powerOfTwo(inFlight())(testHost({ random: seededRandom('balls') })).picker(endpoints)
  for (let i = 0; i < 100; i += 1) {
    const picked = picker.pick(anyone) as (typeof endpoints)[number]
    picked.inFlight += 1
  }
  // 100 balls into 100 bins: about 4 or 5 in the fullest by pure chance, log2(log2(100)) and a bit with two choices.
  assert.ok(Math.max(...endpoints.map((endpoint) => endpoint.inFlight)) <= 3)
})

/** A meter that knows who fails, and tells it as `peakEwma` does. */
function knowsFailing(failing: ReadonlySet<Endpoint>, parts: Partial<LoadMeter> = {}): Part<LoadMeter> {
  return () => ({
    name: 'knows',
    load: (endpoint) => (failing.has(endpoint) ? 5_000 : 1),
    lighter: (first, second) => (failing.has(first) || failing.has(second) ? undefined : first),
    isFailing: (endpoint) => failing.has(endpoint),
    began: () => () => {},
    ...parts,
  })
}

function failingShare(count: number, failing: number, parts?: Partial<LoadMeter>): number {
  const endpoints = testEndpoints(count)
  const fail = new Set<Endpoint>(endpoints.slice(0, failing))
  const picker = powerOfTwo(knowsFailing(fail, parts))(testHost({ random: seededRandom('failing') })).picker(endpoints)
  let chosen = 0
  for (let i = 0; i < 20_000; i += 1) if (fail.has(picker.pick(anyone) as Endpoint)) chosen += 1
  return chosen / 20_000
}

test('of six with two that fail, those two get no call, where three pairs alone would give them 2.4 %', () => {
  assert.equal(failingShare(6, 2), 0)
  const threePairs = failingShare(6, 2, { isFailing: () => false })
  assert.ok(Math.abs(threePairs - 0.024) < 0.005, String(threePairs))
})

test('a failing endpoint is chosen when hardly anything else is there', () => {
  const rare = failingShare(100, 90)
  assert.ok(rare > 0.05 && rare < 0.4, String(rare))
  assert.equal(failingShare(6, 6), 1)
})

test('a query in which nobody is spent is asked nothing', () => {
  const picker = powerOfTwo(inFlight())(testHost()).picker(testEndpoints(5))
  const isSpent = () => assert.fail('asked')
  for (let i = 0; i < 100; i += 1) assert.ok(picker.pick({ ...anyone, isSpent, isFresh: true }))
})

test('the meter is given to routing, and made once with the host', () => {
  const made: LoadMeter = { name: 'mine', load: () => 0, began: () => () => {} }
  const hosts: string[] = []
  const meter: Part<LoadMeter> = ({ service }) => {
    hosts.push(service)
    return made
  }
  const balancer = powerOfTwo(meter)(testHost({ service: 'orders' }))
  balancer.picker(testEndpoints(2))
  assert.deepEqual(balancer.meters, [made])
  assert.deepEqual(hosts, ['orders'])
})

test('two of them with the same meter are the same part, and print it', () => {
  const mine: Part<LoadMeter> = inFlight()
  const bare: Part<LoadMeter> = () => ({ name: 'mine', load: () => 0, began: () => () => {} })
  assert.ok(samePart(powerOfTwo(inFlight()), powerOfTwo(mine)))
  assert.ok(samePart(powerOfTwo(bare), powerOfTwo(bare)))
  assert.ok(!samePart(powerOfTwo(inFlight()), powerOfTwo(bare)))
  assert.equal(JSON.stringify(powerOfTwo(inFlight())), '{"kind":"power-of-two","meter":{"kind":"in-flight"}}')
})

test('what is not a meter is refused, when it is given or when it is made', () => {
  assert.throws(
    () => powerOfTwo(undefined as never),
    /^TypeError: powerOfTwo: meter: expected a load meter such as inFlight\(\), got undefined$/,
  )
  const broken = powerOfTwo((() => ({ load: 5 })) as never)
  assert.throws(
    () => broken(testHost({ service: 'orders' })),
    /^TypeError: orders: powerOfTwo: meter: expected an object with load and began, got/,
  )
})
