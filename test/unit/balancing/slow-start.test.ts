import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BalancerPart } from '../../../src/balancing/balancer.ts'
import { boundedLoad } from '../../../src/balancing/bounded-load.ts'
import { inFlight } from '../../../src/balancing/in-flight.ts'
import { leastRequest } from '../../../src/balancing/least-request.ts'
import { loadReports } from '../../../src/balancing/load-reports.ts'
import { powerOfTwo } from '../../../src/balancing/power-of-two.ts'
import { random } from '../../../src/balancing/random.ts'
import { roundRobin } from '../../../src/balancing/round-robin.ts'
import { type SlowStartOptions, slowStart, slowStartDefaults } from '../../../src/balancing/slow-start.ts'
import { weightedRandom } from '../../../src/balancing/weighted-random.ts'
import { weightedRoundRobin } from '../../../src/balancing/weighted-round-robin.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { testQuery } from '../../../src/testing/test-call.ts'
import { type TestEndpoint, testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'

const anyone = testQuery()
const everyone = () => true

/** Some endpoints that were there from the beginning, and then the last one, which joins. */
function world(inner: BalancerPart, options?: SlowStartOptions, count = 5, weights: readonly number[] = []) {
  const host = testHost()
  const balancer = slowStart(inner, options)(host)
  const endpoints = testEndpoints(count, (index) => ({ weight: weights[index] ?? 1 }))
  balancer.noticed?.(endpoints.slice(0, -1), everyone)
  balancer.picker(endpoints.slice(0, -1))
  const join = () => {
    balancer.noticed?.(endpoints, everyone)
    return balancer.picker(endpoints)
  }
  return { host, clock: host.clock, balancer, endpoints, join, newest: endpoints.at(-1) as TestEndpoint }
}

function shareOf(picker: { pick(query: typeof anyone): Endpoint | undefined }, endpoint: Endpoint, picks = 40_000): number {
  let hits = 0
  for (let i = 0; i < picks; i += 1) if (picker.pick(anyone) === endpoint) hits += 1
  return hits / picks
}

/** Published points of the curve: aggression, part of the window, part of the weight. */
const curve = [
  [1, 0.01, 0.1],
  [1, 0.25, 0.25],
  [1, 0.5, 0.5],
  [2, 0.1, 0.316],
  [2, 0.5, 0.71],
  [5, 0.01, 0.398],
  [5, 0.5, 0.871],
] as const

for (const [aggression, part, factor] of curve) {
  test(`with aggression ${aggression}, ${part} of the window gives ${factor} of the weight`, async () => {
    const { clock, join, newest } = world(roundRobin(), { window: '100s', aggression })
    const picker = join()
    await clock.advance(part * 100_000)
    const share = shareOf(picker, newest)
    // The share of a weight f among four of weight 1.
    const found = (4 * share) / (1 - share)
    assert.ok(Math.abs(found - factor) < 0.015, `${found} instead of ${factor}`)
  })
}

const exact: readonly (readonly [string, () => BalancerPart])[] = [
  ['round robin', roundRobin],
  ['weighted round robin', weightedRoundRobin],
  ['random', random],
  ['weighted random', weightedRandom],
  ['least request, few', () => leastRequest()],
  ['least request, two of five', () => leastRequest({ fullScanBelow: 0 })],
  ['load reports', () => loadReports()],
]

for (const [name, inner] of exact) {
  test(`a new endpoint has the share of its weight with ${name}`, async () => {
    const { clock, join, newest } = world(inner(), { window: '10s' })
    const picker = join()
    await clock.advance(2_500)
    const share = shareOf(picker, newest)
    assert.ok(Math.abs(share - 0.25 / 4.25) < 0.006, `${share} instead of ${0.25 / 4.25}`)
    await clock.advance(7_500)
    const settled = shareOf(picker, newest)
    assert.ok(Math.abs(settled - 1 / 5) < 0.015, `${settled} instead of 0.2`)
  })
}

test('weights count, too, while somebody is new', async () => {
  for (const inner of [weightedRoundRobin(), leastRequest()]) {
    const { clock, join, newest } = world(inner, { window: '10s' }, 3, [1, 2, 4])
    const picker = join()
    await clock.advance(5_000)
    const share = shareOf(picker, newest)
    assert.ok(Math.abs(share - 2 / 5) < 0.01, `${share} instead of 0.4`)
  }
})

test('with power of two, a new endpoint has that part of the choices that it would win', async () => {
  const { clock, join, newest } = world(powerOfTwo(inFlight()), { window: '10s' })
  const picker = join()
  await clock.advance(1_000)
  const share = shareOf(picker, newest)
  assert.ok(share > 0.01 && share < 0.05, `${share}`)
})

test('nobody is new in the set that a service begins with', () => {
  const host = testHost()
  const balancer = slowStart(roundRobin())(host)
  const endpoints = testEndpoints(4)
  balancer.noticed?.(endpoints, everyone)
  const picker = balancer.picker(endpoints)
  for (const endpoint of endpoints) assert.equal(shareOf(picker, endpoint, 400), 0.25)
})

test('endpoints that are all new share as usual, and of two waves the later one has less', async () => {
  const host = testHost()
  const balancer = slowStart(roundRobin(), { window: '10s' })(host)
  const [gone, first, second] = testEndpoints(3) as unknown as [Endpoint, Endpoint, Endpoint]
  balancer.noticed?.([gone], everyone)
  balancer.noticed?.([first], everyone)
  assert.equal(shareOf(balancer.picker([first]), first, 100), 1)
  await host.clock.advance(4_000)
  balancer.noticed?.([first, second], everyone)
  const picker = balancer.picker([first, second])
  await host.clock.advance(1_000)
  // 0.1 against 0.5 of the window.
  const share = shareOf(picker, second)
  assert.ok(Math.abs(share - 0.2 / 1.2) < 0.01, `${share}`)
})

test('an endpoint that is fit again begins anew', async () => {
  const { clock, balancer, endpoints, join, newest } = world(roundRobin(), { window: '10s' })
  join()
  await clock.advance(60_000)
  balancer.noticed?.(endpoints, (endpoint) => endpoint !== newest)
  await clock.advance(60_000)
  balancer.noticed?.(endpoints, everyone)
  const picker = balancer.picker(endpoints)
  await clock.advance(5_000)
  const share = shareOf(picker, newest)
  assert.ok(Math.abs(share - 0.5 / 4.5) < 0.005, `${share}`)
})

test('a subset that is asked for late holds nobody new', async () => {
  const host = testHost()
  const balancer = slowStart(roundRobin())(host)
  const endpoints = testEndpoints(4)
  balancer.noticed?.(endpoints, everyone)
  balancer.picker(endpoints.slice(0, 1))
  await host.clock.advance(100)
  assert.equal(shareOf(balancer.picker(endpoints.slice(1)), endpoints[3] as Endpoint, 300), 1 / 3)
})

test('a new endpoint is taken when the call has tried all others', () => {
  const { endpoints, join, newest } = world(roundRobin())
  const picker = join()
  for (let i = 0; i < 50; i += 1) assert.equal(picker.pick(testQuery(endpoints.slice(0, -1))), newest)
})

test('a wrapper around it hands on what it must hear', async () => {
  const host = testHost()
  const balancer = boundedLoad(slowStart(roundRobin(), { window: '10s' }), { factor: 100 })(host)
  const endpoints = testEndpoints(5)
  balancer.noticed?.(endpoints.slice(0, -1), everyone)
  balancer.noticed?.(endpoints, everyone)
  const picker = balancer.picker(endpoints)
  await host.clock.advance(2_500)
  const share = shareOf(picker, endpoints[4] as Endpoint)
  assert.ok(Math.abs(share - 0.25 / 4.25) < 0.005, `${share}`)
})

test('the defaults are named, and options that cannot be are told', () => {
  assert.deepEqual(slowStartDefaults, { window: '30s', minWeight: 0.1, aggression: 1 })
  assert.throws(() => slowStart(roundRobin(), { window: 0 }), /^TypeError: slowStart: window: expected a duration .* got 0$/)
  assert.throws(() => slowStart(roundRobin(), { minWeight: 0 }), /slowStart: minWeight: expected a number in \[0.001, 1\], got 0/)
  assert.throws(() => slowStart('rr' as unknown as BalancerPart), /slowStart: balancer: expected a balancer such as/)
})
