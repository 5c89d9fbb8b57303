import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { InFlightOf } from '../../../src/balancing/in-flight-of.ts'
import type { Endpoint, RosterEndpoint } from '../../../src/endpoint/endpoint.ts'
import { Roster } from '../../../src/endpoint/roster.ts'
import { testEndpoint, testEndpoints } from '../../../src/testing/test-endpoint.ts'

const specs = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => ({ url: `http://10.0.${(from + i) >> 8}.${(from + i) & 255}:80` }))

const stranger = testEndpoint('http://10.9.9.9:80')

function check(endpoints: readonly Endpoint[], inFlight: InFlightOf): void {
  for (const [i, endpoint] of endpoints.entries()) assert.equal(inFlight.indexOf(endpoint), i)
  assert.equal(inFlight.indexOf(stranger), -1)
  assert.equal(inFlight.indexOf({ ...stranger }), -1)
  const expected = endpoints.map((endpoint) => endpoint.inFlight)
  assert.deepEqual(
    endpoints.map((_, i) => inFlight.at(i)),
    expected,
  )
  const { counts, seats } = inFlight
  if (counts !== undefined)
    assert.deepEqual(
      Array.from(endpoints, (_, i) => counts[seats === undefined ? i : (seats[i] as number)]),
      expected,
    )
}

test('what is in flight is that of the endpoint, in any order, of any part of a roster', () => {
  const endpoints = testEndpoints(40)
  endpoints.forEach((endpoint, i) => {
    endpoint.inFlight = i * 3
  })
  for (const some of [endpoints, endpoints.toReversed(), endpoints.filter((_, i) => i % 3 === 1)]) {
    const inFlight = new InFlightOf(some)
    check(some, inFlight)
    assert.ok(inFlight.counts !== undefined)
    for (const endpoint of some) endpoint.inFlight += 1
    check(some, inFlight)
  }
})

test('endpoints of several rosters, and objects that are no endpoints of ours, are asked themselves', () => {
  const mixed: Endpoint[] = [
    testEndpoint('http://10.0.0.1:80'),
    testEndpoint('http://10.0.0.2:80'),
    { ...testEndpoint('http://10.0.0.3:80'), inFlight: 7 },
  ]
  const inFlight = new InFlightOf(mixed)
  ;(mixed[1] as RosterEndpoint).inFlight = 5
  check(mixed, inFlight)
  check(mixed.slice(2), new InFlightOf(mixed.slice(2)))
})

test('an endpoint keeps what it has in flight, wherever it is counted, however often the others are replaced', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ from: fc.nat(400), count: fc.integer({ min: 1, max: 60 }) }), { maxLength: 20 }), (updates) => {
      const roster = new Roster()
      const known = new Map<Endpoint, number>()
      const sets: { readonly endpoints: readonly Endpoint[]; readonly inFlight: InFlightOf }[] = []
      for (const { from, count } of [{ from: 0, count: 50 }, ...updates]) {
        roster.update(specs(from, from + count))
        sets.push({ endpoints: roster.endpoints, inFlight: new InFlightOf(roster.endpoints) })
        for (const endpoint of roster.endpoints) {
          const next = (known.get(endpoint) ?? 0) + 1
          ;(endpoint as RosterEndpoint).inFlight += 1
          known.set(endpoint, next)
        }
        for (const [endpoint, expected] of known) assert.equal(endpoint.inFlight, expected)
        for (const set of sets) check(set.endpoints, set.inFlight)
      }
    }),
    { numRuns: 50 },
  )
})
