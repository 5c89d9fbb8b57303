import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inFlight } from '../../../src/balancing/in-flight.ts'
import { maglev } from '../../../src/balancing/maglev.ts'
import { powerOfTwo } from '../../../src/balancing/power-of-two.ts'
import { randomSubset } from '../../../src/balancing/random-subset.ts'
import { roundRobin } from '../../../src/balancing/round-robin.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { seededRandom } from '../../../src/runtime/seeded-random.ts'
import { testQuery } from '../../../src/testing/test-call.ts'
import { testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'

const anyone = testQuery()

/** The endpoints that one client uses. */
function subset(endpoints: readonly Endpoint[], size: number, client: number): Set<Endpoint> {
  const balancer = randomSubset({ size, balancer: roundRobin() })(testHost({ random: seededRandom(client) }))
  const picker = balancer.picker(endpoints)
  return new Set(Array.from({ length: size + 2 }, () => picker.pick(anyone) as Endpoint))
}

test('a client uses as many endpoints as it is told, or all when there are no more', () => {
  assert.equal(subset(testEndpoints(50), 7, 1).size, 7)
  assert.equal(subset(testEndpoints(5), 7, 1).size, 5)
  assert.equal(subset(testEndpoints(7), 7, 1).size, 7)
})

test('an endpoint that comes or goes changes one member of a subset at most', () => {
  const endpoints = testEndpoints(40)
  let changes = 0
  for (let client = 0; client < 40; client += 1) {
    const before = subset(endpoints.slice(1), 10, client)
    const after = subset(endpoints, 10, client)
    const gone = [...before].filter((endpoint) => !after.has(endpoint))
    assert.ok(gone.length <= 1)
    changes += gone.length
  }
  // One client in four has the new one.
  assert.ok(changes >= 3 && changes <= 20, String(changes))
})

test('the clients of an endpoint are as many as chance makes them', (t) => {
  const [clients, servers, size] = [1_000, 200, 10]
  const endpoints = testEndpoints(servers)
  const counts = new Map<Endpoint, number>(endpoints.map((endpoint) => [endpoint, 0]))
  for (let client = 0; client < clients; client += 1) {
    for (const endpoint of subset(endpoints, size, client)) counts.set(endpoint, counts.get(endpoint)! + 1)
  }
  const mean = (clients * size) / servers
  const deviation = Math.sqrt([...counts.values()].reduce((sum, count) => sum + (count - mean) ** 2, 0) / servers)
  const expected = Math.sqrt(mean * (1 - size / servers))
  t.diagnostic(`mean ${mean}, deviation ${deviation.toFixed(2)}, by the binomial distribution ${expected.toFixed(2)}`)
  assert.ok(Math.abs(deviation / expected - 1) < 0.2, `${deviation} instead of ${expected}`)
})

test('a call that has tried the whole subset leaves it', () => {
  const endpoints = testEndpoints(20)
  const inside = subset(endpoints, 5, 1)
  const balancer = randomSubset({ size: 5, balancer: roundRobin() })(testHost({ random: seededRandom(1) }))
  const picker = balancer.picker(endpoints)
  for (let i = 0; i < 10; i += 1) assert.ok(!inside.has(picker.pick(testQuery([...inside])) as Endpoint))
  assert.ok(inside.has(picker.pick(testQuery(endpoints)) as Endpoint))
})

test('it hands on the meters of the balancer inside, and prints it', () => {
  const made = randomSubset({ size: 3, balancer: powerOfTwo(inFlight()) })
  assert.deepEqual(
    made(testHost()).meters?.map(({ name }) => name),
    ['in-flight'],
  )
  assert.equal(JSON.stringify(made), '{"kind":"random-subset","size":3,"balancer":{"kind":"power-of-two","meter":{"kind":"in-flight"}}}')
})

test('what is no size or no balancer is refused', () => {
  assert.throws(
    () => randomSubset({ size: 0, balancer: maglev({ hashOn: 'path' }) }),
    /^TypeError: randomSubset: size: expected an integer in \[1, /,
  )
  assert.throws(() => randomSubset({ balancer: roundRobin() } as never), /randomSubset: size: expected .* got undefined/)
  assert.throws(() => randomSubset({ size: 3 } as never), /randomSubset: balancer: expected a balancer such as .*, got undefined/)
})
