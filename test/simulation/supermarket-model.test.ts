import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BalancerPart } from '../../src/balancing/balancer.ts'
import { inFlight } from '../../src/balancing/in-flight.ts'
import { leastRequest } from '../../src/balancing/least-request.ts'
import { powerOfTwo } from '../../src/balancing/power-of-two.ts'
import { random } from '../../src/balancing/random.ts'
import { seededRandom } from '../../src/runtime/seeded-random.ts'
import { testQuery } from '../../src/testing/test-call.ts'
import { type TestEndpoint, testEndpoints } from '../../src/testing/test-endpoint.ts'
import { testHost } from '../../src/testing/test-host.ts'

const servers = 100

/**
 * The mean time in system, in service times, of calls that arrive at random at servers with exponential service times. A Markov chain: of
 * all steps, the share `load / (load + 1)` are arrivals, and each other one ends an attempt at a server drawn by chance, if it has any. Little's law
 * gives the time from the mean number of calls.
 */
function meanTime(make: () => BalancerPart, load: number, steps = 600_000): number {
  const root = seededRandom('supermarket')
  const draws = root.fork('steps')
  const endpoints = testEndpoints(servers)
  const picker = make()(testHost({ random: root.fork('host') })).picker(endpoints)
  const query = testQuery()
  let calls = 0
  let sum = 0
  const warmUp = steps / 10
  for (let step = 0; step < steps + warmUp; step += 1) {
    if (draws.next() < load / (load + 1)) {
      const chosen = picker.pick(query) as TestEndpoint
      chosen.inFlight += 1
      calls += 1
    } else {
      const server = endpoints[Math.floor(draws.next() * servers)] as TestEndpoint
      if (server.inFlight > 0) {
        server.inFlight -= 1
        calls -= 1
      }
    }
    if (step >= warmUp) sum += calls
  }
  return sum / steps / (load * servers)
}

/** Mitzenmacher: the sum over i of load ^ ((d^i - d) / (d - 1)), for infinitely many servers. */
function published(load: number, d: number): number {
  if (d === 1) return 1 / (1 - load)
  let sum = 0
  for (let i = 1; i < 30; i += 1) sum += load ** ((d ** i - d) / (d - 1))
  return sum
}

const cases: readonly (readonly [string, () => BalancerPart, number])[] = [
  ['random', () => random(), 1],
  ['power of two', () => powerOfTwo(inFlight()), 2],
  ['least request of two', () => leastRequest(), 2],
  ['least request of three', () => leastRequest({ choices: 3 }), 3],
  ['least request of five', () => leastRequest({ choices: 5 }), 5],
]

for (const [name, make, d] of cases) {
  test(`${name} keeps queues as short as the supermarket model says for ${d} choices`, (t) => {
    for (const load of [0.5, 0.8, 0.9]) {
      const [found, expected] = [meanTime(make, load), published(load, d)]
      t.diagnostic(`load ${load}: ${found.toFixed(4)}, published ${expected.toFixed(4)}`)
      // A hundred servers are not infinitely many, and a run is not infinitely long; one choice has by far the longest waves.
      const tolerance = d === 1 ? 0.1 : 0.05
      assert.ok(Math.abs(found / expected - 1) < tolerance, `load ${load}: ${found} instead of ${expected}`)
    }
  })
}
