import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zoneShares } from '../../../src/routing/zone-shares.ts'

/** The shares that the weights come to, in percent. */
function percentages(own: number, endpoints: readonly number[], clients: readonly number[]): number[] | undefined {
  const weights = zoneShares(
    own,
    endpoints.map((count, i) => ({ endpoints: count, clients: clients[i] as number })),
  )
  const all = weights?.reduce((sum, weight) => sum + weight, 0) as number
  return weights?.map((weight) => Math.round((weight * 10_000) / all) / 100)
}

test('everything stays in a zone that has as large a share of the endpoints as of the clients', () => {
  assert.deepEqual(percentages(0, [5, 5], [1, 1]), [100, 0])
  assert.deepEqual(percentages(1, [25, 50, 25], [40, 40, 20]), [0, 100, 0])
})

test('a zone with too few endpoints keeps what they have room for, and the rest goes where there is more room', () => {
  // The example of the documentation of Envoy: 40/40/20 clients, 25/50/25 endpoints, room for 0/10/5 more.
  assert.deepEqual(percentages(0, [25, 50, 25], [40, 40, 20]), [62.5, 25, 12.5])
})

test('a zone without endpoints sends everything elsewhere', () => {
  assert.deepEqual(percentages(0, [0, 10, 10], [1, 1, 1]), [0, 50, 50])
})

test('all endpoints get the same from all clients together', () => {
  const endpoints = [10, 50, 40]
  const clients = [40, 35, 25]
  const loads = [0, 0, 0]
  for (const own of [0, 1, 2]) {
    const shares = percentages(own, endpoints, clients) as number[]
    for (const [i, share] of shares.entries()) loads[i] = (loads[i] as number) + share * (clients[own] as number)
  }
  for (const [i, load] of loads.entries()) assert.ok(Math.abs(load / (endpoints[i] as number) / 100 - 1) < 0.01, String(loads))
})

test('nothing can be said without clients in the own zone, or without endpoints', () => {
  assert.equal(percentages(0, [5, 5], [0, 1]), undefined)
  assert.equal(percentages(0, [0, 0], [1, 1]), undefined)
})
