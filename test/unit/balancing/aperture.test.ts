import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aperture, apertureDefaults, apertureWidth } from '../../../src/balancing/aperture.ts'
import type { LoadMeter } from '../../../src/balancing/load-meter.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { seededRandom } from '../../../src/runtime/seeded-random.ts'
import { testQuery } from '../../../src/testing/test-call.ts'
import { type TestEndpoint, testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'

const anyone = testQuery()

function picks(
  endpoints: readonly Endpoint[],
  options: { peer: number; peers: number; min: number },
  count: number,
): Map<Endpoint, number> {
  const picker = aperture(options)(testHost({ random: seededRandom(options.peer) })).picker(endpoints)
  const counts = new Map<Endpoint, number>()
  for (let i = 0; i < count; i += 1) {
    const picked = picker.pick(anyone) as Endpoint
    counts.set(picked, (counts.get(picked) ?? 0) + 1)
  }
  return counts
}

test('the width is a whole number of peers that covers the least number of endpoints', () => {
  assert.equal(apertureWidth(100, 10, 12), 0.2)
  assert.equal(apertureWidth(100, 100, 12), 0.12)
  assert.equal(apertureWidth(10, 4, 12), 1)
  assert.equal(apertureWidth(1_000, 3, 12), 1 / 3)
  assert.equal(apertureWidth(120, 10, 12), 0.1)
})

test('all peers together give every endpoint the same, also where parts end in the middle of one', (t) => {
  for (const [peers, servers, min] of [
    [7, 30, 4],
    [5, 12, 3],
    [3, 10, 12],
    [40, 9, 2],
  ] as const) {
    const endpoints = testEndpoints(servers)
    const each = Math.ceil(150_000 / peers)
    const counts = new Map<Endpoint, number>(endpoints.map((endpoint) => [endpoint, 0]))
    for (let peer = 0; peer < peers; peer += 1) {
      for (const [endpoint, count] of picks(endpoints, { peer, peers, min }, each)) counts.set(endpoint, counts.get(endpoint)! + count)
    }
    const shares = [...counts.values()].map((count) => (count / each / peers) * servers)
    t.diagnostic(
      `${peers} peers, ${servers} endpoints: ${Math.min(...shares).toFixed(3)} to ${Math.max(...shares).toFixed(3)} of the fair share`,
    )
    for (const share of shares) assert.ok(Math.abs(share - 1) < 0.05, `${share} with ${peers} peers and ${servers} endpoints`)
  }
})

test('a peer uses no more endpoints than its part touches, and no fewer than it must', () => {
  for (const [peers, servers, min] of [
    [10, 100, 12],
    [7, 100, 12],
    [100, 64, 12],
  ] as const) {
    const endpoints = testEndpoints(servers)
    for (let peer = 0; peer < peers; peer += 3) {
      const used = picks(endpoints, { peer, peers, min }, 4_000).size
      const most = Math.ceil(apertureWidth(servers, peers, min) * servers) + 1
      assert.ok(used >= min && used <= most, `peer ${peer} of ${peers} uses ${used}, not ${min} to ${most}`)
    }
  }
})

test('every peer sees the same ring, in whatever order endpoints are listed', () => {
  const endpoints = testEndpoints(40)
  const options = { peer: 3, peers: 10, min: 4 }
  assert.deepEqual(new Set(picks(endpoints, options, 500).keys()), new Set(picks(endpoints.toReversed(), options, 500).keys()))
})

test('of the two that are drawn, the less loaded is chosen', () => {
  const endpoints = testEndpoints(2)
  endpoints[0]!.inFlight = 1
  assert.ok((picks(endpoints, { peer: 0, peers: 1, min: 12 }, 2_000).get(endpoints[0]!) ?? 0) < 100)
})

test('a meter is told the time and who is fit again, and is asked for another pair when one of two fails', () => {
  const endpoints = testEndpoints(6)
  const failing = new Set<Endpoint>(endpoints.slice(0, 3))
  const told: Endpoint[] = []
  const times = new Set<number | undefined>()
  const meter: LoadMeter = {
    name: 'm',
    load: (endpoint) => endpoint.inFlight,
    lighter(first, second, at) {
      times.add(at)
      return failing.has(first) || failing.has(second) ? undefined : first
    },
    isFailing: (endpoint) => failing.has(endpoint),
    readmitted: (endpoint) => told.push(endpoint),
    began: () => () => {},
  }
  const balancer = aperture({ peer: 0, peers: 1, meter: () => meter })(testHost())
  const picker = balancer.picker(endpoints)
  let failed = 0
  for (let i = 0; i < 10_000; i += 1) if (failing.has(picker.pick({ ...anyone, at: 7 }) as Endpoint)) failed += 1
  // The first two pairs have one that fails, which is 4 of 5; the third is that of one that fails and wins by chance, or all eight are.
  assert.ok(failed < 10_000 * 0.8 ** 2 * (0.6 * 0.5 + 0.2) * 1.1, `${failed} of 10,000`)
  assert.deepEqual([...times], [7])
  const out = new Set<Endpoint>([endpoints[0] as Endpoint])
  const notice = () => balancer.noticed?.(endpoints, (endpoint) => !out.has(endpoint))
  notice()
  out.clear()
  notice()
  assert.deepEqual(told, [endpoints[0]])
})

test('a call that has tried all of a part leaves it', () => {
  const endpoints = testEndpoints(60)
  const options = { peer: 0, peers: 10, min: 4 }
  const inside = [...picks(endpoints, options, 2_000).keys()]
  const picker = aperture(options)(testHost()).picker(endpoints)
  for (let i = 0; i < 20; i += 1) assert.ok(!inside.includes(picker.pick(testQuery(inside)) as TestEndpoint))
  assert.ok(inside.includes(picker.pick(testQuery(inside.slice(1))) as TestEndpoint))
})

test('options that are out of range are refused by name, and the default is named', () => {
  assert.deepEqual(apertureDefaults, { min: 12 })
  assert.throws(() => aperture({ peer: 3, peers: 3 }), /^TypeError: aperture: peer: expected an integer in \[0, 2\], got 3$/)
  assert.throws(() => aperture({ peer: Number.NaN, peers: 3 }), /aperture: peer: expected/)
  assert.throws(() => aperture({ peers: 3 } as never), /aperture: peer: expected an integer in \[0, 2\], got undefined/)
  assert.throws(() => aperture({ peer: 0, peers: 0 }), /aperture: peers: expected an integer in \[1, /)
  assert.throws(() => aperture({ peer: 0, peers: 1, min: 0 }), /aperture: min: expected/)
  assert.throws(
    () => aperture({ peer: 0, peers: 1, meter: 5 as never }),
    /aperture: meter: expected a load meter such as inFlight\(\), got 5/,
  )
})
