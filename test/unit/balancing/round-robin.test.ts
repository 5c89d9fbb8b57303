import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roundRobin } from '../../../src/balancing/round-robin.ts'
import { seededRandom } from '../../../src/runtime/seeded-random.ts'
import { testQuery } from '../../../src/testing/test-call.ts'
import { testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'

const endpoints = testEndpoints(5)
const anyone = testQuery()
const balancer = (seed: string | number) => roundRobin()(testHost({ random: seededRandom(seed) }))

test('every endpoint gets the same number of calls, in the order of the list', () => {
  const picker = balancer('a').picker(endpoints)
  const picked = Array.from({ length: 20 }, () => endpoints.indexOf(picker.pick(anyone) as (typeof endpoints)[number]))
  const start = picked[0]!
  assert.deepEqual(
    picked,
    Array.from({ length: 20 }, (_, i) => (start + i) % 5),
  )
})

test('a fleet begins at different places', () => {
  const starts = new Set(Array.from({ length: 200 }, (_, seed) => balancer(seed).picker(endpoints).pick(anyone)))
  assert.equal(starts.size, 5)
})

test('pickers of different sets do not disturb each other', () => {
  const shared = balancer('a')
  const [left, right] = [shared.picker(endpoints.slice(0, 2)), shared.picker(endpoints.slice(2, 4))]
  const seen = new Set()
  for (let i = 0; i < 10; i += 1) {
    seen.add(left.pick(anyone))
    seen.add(right.pick(anyone))
  }
  assert.equal(seen.size, 4)
})

test('a tried endpoint is passed over, and the turn goes on after the one that was taken', () => {
  const picker = balancer('a').picker(endpoints)
  const first = endpoints.indexOf(picker.pick(anyone) as (typeof endpoints)[number])
  const at = (index: number) => endpoints[(first + index) % 5]!
  assert.equal(picker.pick(testQuery([at(1), at(2)])), at(3))
  assert.equal(picker.pick(anyone), at(4))
})

test('when all were tried, the turn goes round as ever', () => {
  const picker = balancer('a').picker(endpoints)
  const everybody = testQuery(endpoints)
  assert.equal(new Set(Array.from({ length: 5 }, () => picker.pick(everybody))).size, 5)
})

test('the part says what it is', () => {
  assert.equal(JSON.stringify(roundRobin()), '{"kind":"round-robin"}')
  assert.equal(balancer('a').name, 'round-robin')
})
