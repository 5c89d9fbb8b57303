import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { aperture } from '../../src/balancing/aperture.ts'
import type { BalanceFunction, BalancerPart } from '../../src/balancing/balancer.ts'
import { boundedLoad } from '../../src/balancing/bounded-load.ts'
import { inFlight } from '../../src/balancing/in-flight.ts'
import { leastRequest } from '../../src/balancing/least-request.ts'
import { maglev } from '../../src/balancing/maglev.ts'
import { peakEwma } from '../../src/balancing/peak-ewma.ts'
import { powerOfTwo } from '../../src/balancing/power-of-two.ts'
import { primaryBackup } from '../../src/balancing/primary-backup.ts'
import { random } from '../../src/balancing/random.ts'
import { randomSubset } from '../../src/balancing/random-subset.ts'
import { rendezvous } from '../../src/balancing/rendezvous.ts'
import { ringHash } from '../../src/balancing/ring-hash.ts'
import { roundRobin } from '../../src/balancing/round-robin.ts'
import { toBalancer } from '../../src/balancing/to-balancer.ts'
import { weightedRandom } from '../../src/balancing/weighted-random.ts'
import { weightedRoundRobin } from '../../src/balancing/weighted-round-robin.ts'
import { seededRandom } from '../../src/runtime/seeded-random.ts'
import { testQuery } from '../../src/testing/test-call.ts'
import { type TestEndpoint, testEndpoints } from '../../src/testing/test-endpoint.ts'
import { testHost } from '../../src/testing/test-host.ts'

const balancers: readonly (readonly [string, () => BalancerPart | BalanceFunction])[] = [
  ['round robin', roundRobin],
  ['weighted round robin', weightedRoundRobin],
  ['random', random],
  ['weighted random', weightedRandom],
  ['power of two', () => powerOfTwo(inFlight())],
  ['least request', () => leastRequest()],
  ['least request, never all of them', () => leastRequest({ fullScanBelow: 0 })],
  ['power of two, peak EWMA', () => powerOfTwo(peakEwma())],
  ['ring hash', () => ringHash({ hashOn: 'path', minSize: 256, maxSize: 1_024 })],
  ['maglev', () => maglev({ hashOn: 'path', tableSize: 251 })],
  ['rendezvous', () => rendezvous({ hashOn: 'path' })],
  ['bounded rendezvous', () => boundedLoad(rendezvous({ hashOn: 'path' }))],
  ['primary and backup', primaryBackup],
  ['random subset', () => randomSubset({ size: 4, balancer: leastRequest() })],
  ['aperture', () => aperture({ peer: 2, peers: 5, min: 3 })],
  ['a bare function', () => (endpoints, _call) => endpoints.at(-1)],
]

/** Endpoints with a load and a weight each, and which of them the call has tried. */
const situation = fc.array(fc.tuple(fc.nat(50), fc.boolean(), fc.double({ min: 1e-6, max: 1e6, noNaN: true })), {
  minLength: 1,
  maxLength: 30,
})

for (const [name, make] of balancers) {
  test(`${name} stays inside the set and avoids tried endpoints while it can`, () => {
    fc.assert(
      fc.property(situation, fc.string(), (endpointsSeen, seed) => {
        const endpoints = testEndpoints(endpointsSeen.length, (index) => ({ weight: endpointsSeen[index]?.[2] }))
        for (const [index, [load]] of endpointsSeen.entries()) endpoints[index]!.inFlight = load
        const spent = endpoints.filter((_, index) => endpointsSeen[index]?.[1])
        const host = testHost({ random: seededRandom(seed) })
        const picker = toBalancer(make(), host).picker(endpoints)
        const query = testQuery(spent)
        for (let i = 0; i < 5; i += 1) {
          const picked = picker.pick(query) as TestEndpoint
          assert.ok(endpoints.includes(picked))
          if (spent.length < endpoints.length) assert.ok(!spent.includes(picked))
        }
        assert.deepEqual(host.events, [])
      }),
    )
  })
}

test('power of two never picks the one endpoint that is busier than all others', () => {
  fc.assert(
    fc.property(situation, fc.string(), (endpointsSeen, seed) => {
      const endpoints = testEndpoints(endpointsSeen.length)
      for (const [index, [load]] of endpointsSeen.entries()) endpoints[index]!.inFlight = load
      endpoints[0]!.inFlight = 51
      const spent = endpoints.filter((_, index) => endpointsSeen[index]?.[1])
      const left = endpoints.length - spent.length
      // Alone among those that are left it has to be picked.
      fc.pre(left === 0 ? endpoints.length > 1 : left > 1)
      const picker = powerOfTwo(inFlight())(testHost({ random: seededRandom(seed) })).picker(endpoints)
      for (let i = 0; i < 10; i += 1) assert.notEqual(picker.pick(testQuery(spent)), endpoints[0])
    }),
  )
})
