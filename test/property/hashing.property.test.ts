import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { BalancerPart } from '../../src/balancing/balancer.ts'
import { boundedLoad } from '../../src/balancing/bounded-load.ts'
import { EndpointHashes } from '../../src/balancing/endpoint-hashes.ts'
import { maglev } from '../../src/balancing/maglev.ts'
import { rendezvous } from '../../src/balancing/rendezvous.ts'
import { Ring } from '../../src/balancing/ring.ts'
import { ringHash } from '../../src/balancing/ring-hash.ts'
import { testQuery } from '../../src/testing/test-call.ts'
import { type TestEndpoint, testEndpoint, testEndpoints } from '../../src/testing/test-endpoint.ts'
import { testHost } from '../../src/testing/test-host.ts'

const hashing: readonly (readonly [string, () => BalancerPart])[] = [
  ['ring hash', () => ringHash({ hashOn: 'path', minSize: 64 })],
  ['maglev', () => maglev({ hashOn: 'path', tableSize: 251 })],
  ['rendezvous', () => rendezvous({ hashOn: 'path' })],
]

const weight = fc.oneof(fc.constant(1), fc.double({ min: 0.01, max: 100, noNaN: true }))
const members = fc.uniqueArray(fc.record({ port: fc.integer({ min: 1, max: 65_535 }), weight }), {
  minLength: 2,
  maxLength: 20,
  selector: ({ port }) => port,
})
const paths = fc.array(fc.webPath(), { minLength: 1, maxLength: 20 })

function made(described: readonly { readonly port: number; readonly weight: number }[]): TestEndpoint[] {
  return described.map(({ port, weight }) => testEndpoint({ url: `http://10.0.0.1:${port}`, weight }))
}

test('rendezvous moves only the keys of an endpoint that leaves, whatever the weights', () => {
  fc.assert(
    fc.property(members, fc.nat(), paths, (described, which, keys) => {
      const endpoints = made(described)
      const removed = endpoints[which % endpoints.length]
      const before = rendezvous({ hashOn: 'path' })(testHost()).picker(endpoints)
      const after = rendezvous({ hashOn: 'path' })(testHost()).picker(endpoints.filter((endpoint) => endpoint !== removed))
      for (const path of keys) {
        const owner = before.pick(testQuery([], { path }))
        if (owner !== removed) assert.equal(after.pick(testQuery([], { path })), owner)
      }
    }),
  )
})

test('a ring moves only the stretches of an endpoint that leaves', () => {
  fc.assert(
    fc.property(members, fc.nat(), fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { maxLength: 50 }), (described, which, positions) => {
      const endpoints = made(described)
      const removed = endpoints[which % endpoints.length]
      const rest = endpoints.filter((endpoint) => endpoint !== removed)
      const before = new Ring(
        endpoints,
        new EndpointHashes(endpoints),
        endpoints.map(() => 16),
      )
      const after = new Ring(
        rest,
        new EndpointHashes(rest),
        rest.map(() => 16),
      )
      for (const position of positions) {
        const owner = endpoints[before.ownerAt(before.placeOf(position))]
        if (owner !== removed) assert.equal(rest[after.ownerAt(after.placeOf(position))], owner)
      }
    }),
  )
})

for (const [name, make] of hashing) {
  test(`${name}: another client with the same endpoints in another order chooses the same, also for what it tries next`, () => {
    fc.assert(
      fc.property(members, fc.infiniteStream(fc.nat()), paths, (described, draws, keys) => {
        const endpoints = made(described)
        const places = new Map(endpoints.map((endpoint) => [endpoint, draws.next().value as number]))
        const shuffled = endpoints.toSorted((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0))
        const [one, other] = [make()(testHost()).picker(endpoints), make()(testHost()).picker(shuffled)]
        for (const path of keys) {
          const spent: TestEndpoint[] = []
          while (spent.length < endpoints.length) {
            const chosen = one.pick(testQuery(spent, { path })) as TestEndpoint
            assert.equal(other.pick(testQuery(spent, { path })), chosen)
            assert.ok(!spent.includes(chosen))
            spent.push(chosen)
          }
        }
      }),
      { numRuns: 50 },
    )
  })

  test(`${name}, bounded: nobody gets more than its slots`, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.double({ min: 1, max: 3, noNaN: true }),
        fc.array(fc.tuple(fc.nat(5), fc.nat(3)), { maxLength: 100 }),
        (count, factor, calls) => {
          const endpoints = testEndpoints(count)
          const picker = boundedLoad(make(), { factor })(testHost()).picker(endpoints)
          const inFlight: TestEndpoint[] = []
          for (const [key, ends] of calls) {
            const chosen = picker.pick(testQuery([], { path: `/${key}` })) as TestEndpoint
            chosen.inFlight += 1
            inFlight.push(chosen)
            // The bound of the paper; a hair above it for factors that no number holds exactly.
            assert.ok(chosen.inFlight <= Math.ceil((factor * inFlight.length + 0.01) / count))
            for (const ended of inFlight.splice(0, ends)) ended.inFlight -= 1
          }
        },
      ),
    )
  })
}
