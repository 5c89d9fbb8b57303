import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rendezvous } from '../../../src/balancing/rendezvous.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { testQuery } from '../../../src/testing/test-call.ts'
import { testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'

const keys = 40_000
const queries = Array.from({ length: keys }, (_, key) => testQuery([], { path: `/items/${key}` }))

function ownersOf(endpoints: readonly Endpoint[]): Endpoint[] {
  const picker = rendezvous({ hashOn: 'path' })(testHost()).picker(endpoints)
  return queries.map((query) => picker.pick(query) as Endpoint)
}

function shares(endpoints: readonly Endpoint[]): number[] {
  const owners = ownersOf(endpoints)
  return endpoints.map((endpoint) => owners.filter((owner) => owner === endpoint).length / keys)
}

test('shares are even but for chance', (t) => {
  for (const n of [10, 50]) {
    const found = shares(testEndpoints(n))
    const deviation = Math.sqrt(found.reduce((sum, share) => sum + (share * n - 1) ** 2, 0) / n)
    const expected = Math.sqrt((n - 1) / keys)
    t.diagnostic(`${n} endpoints: ${deviation.toFixed(4)}, by chance ${expected.toFixed(4)}`)
    assert.ok(deviation < 1.6 * expected && deviation > expected / 2, `${deviation} instead of ${expected}`)
  }
})

test('an endpoint that leaves takes exactly its own keys along, and they go to all others', () => {
  const endpoints = testEndpoints(10)
  const before = ownersOf(endpoints)
  const after = ownersOf(endpoints.slice(1))
  const heirs = new Set<Endpoint>()
  let moved = 0
  before.forEach((owner, key) => {
    if (owner === after[key]) return
    assert.equal(owner, endpoints[0])
    moved += 1
    heirs.add(after[key] as Endpoint)
  })
  assert.ok(Math.abs(moved / keys - 0.1) < 0.01, String(moved / keys))
  assert.equal(heirs.size, 9)
})

test('shares follow weights, and a weight that changes moves keys to or from that endpoint alone', () => {
  const weights = [1, 2, 3, 4]
  const endpoints = testEndpoints(4, (index) => ({ weight: weights[index] }))
  shares(endpoints).forEach((share, index) => {
    assert.ok(Math.abs(share - weights[index]! / 10) < 0.01, `${share} for weight ${weights[index]}`)
  })
  const before = ownersOf(endpoints)
  endpoints[1]!.weight = 5
  const after = ownersOf(endpoints)
  before.forEach((owner, key) => {
    if (owner !== after[key]) assert.equal(after[key], endpoints[1])
  })
})

test('a call that has tried some gets the one that its key would have without them', () => {
  const endpoints = testEndpoints(8)
  const all = rendezvous({ hashOn: 'path' })(testHost()).picker(endpoints)
  const fewer = rendezvous({ hashOn: 'path' })(testHost()).picker(endpoints.slice(3))
  for (let key = 0; key < 500; key += 1) {
    const parts = { path: `/items/${key}` }
    assert.equal(all.pick(testQuery(endpoints.slice(0, 3), parts)), fewer.pick(testQuery([], parts)))
  }
})

test('a call without a key goes anywhere', () => {
  const endpoints = testEndpoints(5)
  const picker = rendezvous({ hashOn: { header: 'x-user' } })(testHost()).picker(endpoints)
  const found = new Set(Array.from({ length: 200 }, () => picker.pick(testQuery())))
  assert.equal(found.size, 5)
})

test('two clients agree', () => {
  const endpoints = testEndpoints(7)
  assert.deepEqual(
    ownersOf(endpoints).map(({ address }) => address),
    ownersOf(testEndpoints(7).toReversed()).map(({ address }) => address),
  )
})

test('what is remembered changes nothing: not for keys that come again, nor for calls that have tried the endpoint of their key', () => {
  const endpoints = testEndpoints(50, (index) => ({ weight: 1 + (index % 3) }))
  const remembering = rendezvous({ hashOn: 'path', recentKeys: 64 })(testHost()).picker(endpoints)
  const plain = rendezvous({ hashOn: 'path', recentKeys: 0 })(testHost()).picker(endpoints)
  for (let i = 0; i < 5_000; i += 1) {
    const path = `/items/${(i * i) % 131}`
    const owner = plain.pick(testQuery([], { path }))
    assert.equal(remembering.pick(testQuery([], { path })), owner)
    const tried = testQuery([owner as Endpoint], { path })
    assert.equal(remembering.pick(tried), plain.pick(tried))
  }
  const allTried = testQuery(endpoints, { path: '/items/1' })
  assert.equal(remembering.pick(allTried), plain.pick(allTried))
})

test('calls without a key go anywhere, by weight', () => {
  const endpoints = testEndpoints(10, (index) => ({ weight: index === 0 ? 11 : 1 }))
  const picker = rendezvous({ hashOn: { header: 'x-user' } })(testHost()).picker(endpoints)
  let first = 0
  for (let i = 0; i < 2_000; i += 1) if (picker.pick(testQuery()) === endpoints[0]) first += 1
  assert.ok(Math.abs(first / 2_000 - 0.55) < 0.05, `${first} of 2,000`)
})

test('an option that cannot be is told', () => {
  assert.throws(
    () => rendezvous({ hashOn: 'path', recentKeys: -1 }),
    /^TypeError: rendezvous: recentKeys: expected an integer in \[0, 1048576\], got -1$/,
  )
})
