import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BalancerPart } from '../../../src/balancing/balancer.ts'
import { boundedLoad, boundedLoadDefaults, slotsFor } from '../../../src/balancing/bounded-load.ts'
import { inFlight } from '../../../src/balancing/in-flight.ts'
import { maglev } from '../../../src/balancing/maglev.ts'
import { powerOfTwo } from '../../../src/balancing/power-of-two.ts'
import { rendezvous } from '../../../src/balancing/rendezvous.ts'
import { ringHash } from '../../../src/balancing/ring-hash.ts'
import { seededRandom } from '../../../src/runtime/seeded-random.ts'
import { testQuery } from '../../../src/testing/test-call.ts'
import { type TestEndpoint, testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'

const hashing: readonly (readonly [string, () => BalancerPart])[] = [
  ['ring hash', () => ringHash({ hashOn: 'path' })],
  ['maglev', () => maglev({ hashOn: 'path' })],
  ['rendezvous', () => rendezvous({ hashOn: 'path' })],
]

test('slots are those of the published table', () => {
  for (const [factor, slots] of [
    [1.25, 7],
    [1.5, 8],
    [2, 11],
  ] as const) {
    assert.equal(slotsFor(50, factor, 1, 10), slots)
  }
})

test('slots follow weights, every endpoint has one, and together they suffice', () => {
  assert.deepEqual(
    [1, 2, 3].map((weight) => slotsFor(11, 1, weight, 6)),
    [2, 4, 6],
  )
  assert.equal(slotsFor(0, 1, 1, 1_000), 1)
  for (let total = 0; total < 200; total += 1) {
    const weights = [0.1, 0.7, 3, 11]
    const sum = weights.reduce((all, weight) => all + slotsFor(total, 1, weight, 14.8), 0)
    assert.ok(sum >= total + 1, `${sum} slots for ${total + 1} attempts`)
  }
})

test('weights near the largest number bound loads as others do', () => {
  const endpoints = testEndpoints(3, (index) => ({ weight: [1e308, 1e308, 1][index] }))
  const picker = boundedLoad(rendezvous({ hashOn: 'path' }))(testHost()).picker(endpoints)
  for (let call = 0; call < 20; call += 1) {
    const chosen = picker.pick(testQuery([], { path: '/hot' })) as TestEndpoint
    chosen.inFlight += 1
  }
  // 25 places for two.
  assert.deepEqual(
    endpoints.map((endpoint) => endpoint.inFlight).toSorted((a, b) => a - b),
    [0, 7, 13],
  )
})

test('with weights, an endpoint may have one more than its part rounded up, since places are whole', () => {
  assert.equal(slotsFor(0, 1.25, 3, 4), 2)
  assert.equal(Math.ceil((1.25 * 3) / 4), 1)
})

for (const [name, make] of hashing) {
  test(`${name}: nobody gets more than the factor times the mean, however unequal keys are`, (t) => {
    for (const factor of [1, 1.25, 2]) {
      const endpoints = testEndpoints(10)
      const picker = boundedLoad(make(), { factor })(testHost()).picker(endpoints)
      const draws = seededRandom('keys')
      const inFlightNow: TestEndpoint[] = []
      let most = 0
      for (let call = 0; call < 5_000; call += 1) {
        // Half of all calls have the same key.
        const key = draws.next() < 0.5 ? 'hot' : Math.floor(draws.next() * 1_000)
        const chosen = picker.pick(testQuery([], { path: `/${key}` })) as TestEndpoint
        chosen.inFlight += 1
        inFlightNow.push(chosen)
        const bound = Math.ceil((factor * inFlightNow.length) / 10)
        assert.ok(chosen.inFlight <= bound, `${chosen.inFlight} of ${inFlightNow.length} with factor ${factor}`)
        most = Math.max(most, chosen.inFlight)
        while (inFlightNow.length > 200 || draws.next() < 0.4) {
          const [ended] = inFlightNow.splice(Math.floor(draws.next() * inFlightNow.length), 1)
          if (ended === undefined) break
          ended.inFlight -= 1
        }
      }
      t.diagnostic(`factor ${factor}: at most ${most} at one of 10 with at most 200 in flight`)
    }
  })

  test(`${name}: a key keeps its endpoint while there is room, overflows to the same others, and comes back`, () => {
    const endpoints = testEndpoints(10)
    const plain = make()(testHost()).picker(endpoints)
    const bounded = boundedLoad(make())(testHost()).picker(endpoints)
    const query = testQuery([], { path: '/hot' })
    const home = plain.pick(query) as TestEndpoint
    assert.equal(bounded.pick(query), home)
    home.inFlight = 5
    const next = bounded.pick(query)
    assert.notEqual(next, home)
    assert.equal(next, plain.pick(testQuery([home], { path: '/hot' })))
    assert.equal(bounded.pick(query), next)
    for (const endpoint of endpoints) endpoint.inFlight = 5
    assert.equal(bounded.pick(query), home)
  })
}

test('a full endpoint that was not tried is better than one that was', () => {
  const endpoints = testEndpoints(2)
  endpoints[1]!.inFlight = 50
  const picker = boundedLoad(rendezvous({ hashOn: 'path' }))(testHost()).picker(endpoints)
  for (let key = 0; key < 20; key += 1) assert.equal(picker.pick(testQuery([endpoints[0]!], { path: `/${key}` })), endpoints[1])
})

test('a hash function that asks the same picker again does not disturb it', () => {
  const endpoints = testEndpoints(5)
  let nested = false
  const picker = boundedLoad(
    rendezvous({
      hashOn: (call) => {
        if (!nested) {
          nested = true
          picker.pick(testQuery([], { path: '/other' }))
          nested = false
        }
        return call.path
      },
    }),
  )(testHost()).picker(endpoints)
  const plain = rendezvous({ hashOn: (call) => call.path })(testHost()).picker(endpoints)
  for (let key = 0; key < 50; key += 1) {
    const query = testQuery([], { path: `/${key}` })
    assert.equal(picker.pick(query), plain.pick(query))
  }
})

test('it hands on the meters of the balancer inside, and gives it chance of its own', () => {
  const part = boundedLoad(boundedLoad(powerOfTwo(inFlight())))
  const balancer = part(testHost())
  assert.deepEqual(
    balancer.meters?.map(({ name }) => name),
    ['in-flight'],
  )
  assert.equal(balancer.name, 'bounded-load of bounded-load of power-of-two')
})

test('its defaults are named, and what cannot be bounded is refused', () => {
  assert.deepEqual(boundedLoadDefaults, { factor: 1.25 })
  assert.throws(
    () => boundedLoad(maglev({ hashOn: 'path' }), { factor: 0.9 }),
    /^TypeError: boundedLoad: factor: expected a number in \[1, 100\], got 0.9$/,
  )
  assert.throws(() => boundedLoad({} as never), /^TypeError: boundedLoad: balancer: expected a balancer such as .*, got \{\}$/)
  assert.throws(
    () => boundedLoad((() => 5) as never)(testHost({ service: 'orders' })),
    /^TypeError: orders: bounded-load: expected a balancer such as .*, got 5$/,
  )
  assert.equal(
    JSON.stringify(boundedLoad(maglev({ hashOn: 'path' }))),
    '{"kind":"bounded-load","balancer":{"kind":"maglev","hashOn":"path","tableSize":65537},"factor":1.25}',
  )
})
