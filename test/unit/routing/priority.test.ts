import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tiersOf } from '../../../src/routing/priority.ts'
import { testEndpoints } from '../../../src/testing/test-endpoint.ts'

test('endpoints of one priority are one tier, the list itself', () => {
  const endpoints = testEndpoints(3, () => ({ priority: 4 }))
  const tiers = tiersOf(endpoints)
  assert.equal(tiers.length, 1)
  assert.equal(tiers[0]?.endpoints, endpoints)
  assert.equal(tiers[0]?.priority, 4)
})

test('tiers come lowest number first, and keep the order within', () => {
  const endpoints = testEndpoints(6, (i) => ({ priority: [10, 0, 2, 10, 0, 2][i] }))
  const [a, b, c, d, e, f] = endpoints
  const tiers = tiersOf(endpoints)
  assert.deepEqual(
    tiers.map((tier) => tier.endpoints),
    [
      [b, e],
      [c, f],
      [a, d],
    ],
  )
  assert.deepEqual(
    tiers.map(({ priority, distance }) => [priority, distance]),
    [
      [0, 0],
      [2, 0],
      [10, 0],
    ],
  )
})

test('every tier is frozen', () => {
  for (const tier of tiersOf(testEndpoints(4, (i) => ({ priority: i % 2 })))) assert.ok(Object.isFrozen(tier.endpoints))
})

test('no endpoints have no tiers', () => {
  assert.deepEqual(tiersOf([]), [])
})
