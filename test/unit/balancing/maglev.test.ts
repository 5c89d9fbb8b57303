import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EndpointHashes } from '../../../src/balancing/endpoint-hashes.ts'
import { maglev, maglevDefaults } from '../../../src/balancing/maglev.ts'
import { isPrime, maglevSteps, maglevTable } from '../../../src/balancing/maglev-table.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { testQuery } from '../../../src/testing/test-call.ts'
import { testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'

const size = maglevDefaults.tableSize

function ownersOf(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  return Array.from(maglevTable(endpoints, new EndpointHashes(endpoints), size), (index) => endpoints[index] as Endpoint)
}

function entriesOf(endpoints: readonly Endpoint[]): number[] {
  const counts = new Map<Endpoint, number>(endpoints.map((endpoint) => [endpoint, 0]))
  for (const owner of ownersOf(endpoints)) counts.set(owner, counts.get(owner)! + 1)
  return [...counts.values()]
}

/** Published for 65,537 slots: entries, and what changes when one of n endpoints leaves, in percent: all of it, and what it did not own. */
const published = [
  { n: 5, least: 13_107, most: 13_108, changed: 20.07, foreign: 0.07 },
  { n: 10, least: 6_553, most: 6_554, changed: 10.22, foreign: 0.22 },
  { n: 20, least: 3_276, most: 3_277, changed: 5.32, foreign: 0.32 },
  { n: 50, least: 1_310, most: 1_311, changed: 2.45, foreign: 0.45 },
  { n: 100, least: 655, most: 656, changed: 1.55, foreign: 0.55 },
] as const

test('entries differ by one at most', () => {
  for (const { n, least, most } of published) {
    const entries = entriesOf(testEndpoints(n))
    assert.deepEqual([Math.min(...entries), Math.max(...entries)], [least, most])
  }
})

/** The table as the paper and Envoy fill it: in each round everybody is asked whether it may have one slot more. */
function plainTable(endpoints: readonly Endpoint[], hashes: EndpointHashes, slots: number): Uint32Array {
  const heaviest = Math.max(...endpoints.map(({ weight }) => weight))
  const order = endpoints.map((_, index) => index).sort((a, b) => hashes.first[a]! - hashes.first[b]!)
  const table = new Uint32Array(slots)
  const taken = new Set<number>()
  const state = order.map((index) => ({
    index,
    served: 0,
    at: hashes.first[index]! % slots,
    skip: (hashes.second[index]! % (slots - 1)) + 1,
  }))
  for (let round = 1; ; round += 1) {
    for (const one of state) {
      if (round * endpoints[one.index]!.weight < one.served) continue
      one.served += heaviest
      while (taken.has(one.at)) one.at = (one.at + one.skip) % slots
      taken.add(one.at)
      table[one.at] = one.index
      if (taken.size === slots) return table
    }
  }
}

test('whoever has no turn in a round need not be asked: the table is the same', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.integer({ min: 1, max: 50 }), fc.double({ min: 0.01, max: 100, noNaN: true })), { minLength: 1, maxLength: 40 }),
      (weights) => {
        const endpoints = testEndpoints(weights.length, (index) => ({ weight: weights[index] as number }))
        const hashes = new EndpointHashes(endpoints)
        assert.deepEqual(maglevTable(endpoints, hashes, 2_003), plainTable(endpoints, hashes, 2_003))
      },
    ),
    { numRuns: 100 },
  )
})

test('one endpoint that is far heavier than thousands of others takes no longer', () => {
  const endpoints = testEndpoints(10_000, (index) => ({ weight: index === 0 ? 1e6 : 1 }))
  let steps = 0
  for (const _ of maglevSteps(endpoints, new EndpointHashes(endpoints), size)) steps += 1
  assert.ok(steps < 2_000, `${steps} steps`)
})

test('an endpoint that leaves moves as few other keys as published', (t) => {
  for (const { n, changed, foreign } of published) {
    const endpoints = testEndpoints(n)
    const before = ownersOf(endpoints)
    const trials = 5
    let [allMoved, foreignMoved] = [0, 0]
    for (let trial = 0; trial < trials; trial += 1) {
      const removed = endpoints[Math.floor((trial * n) / trials)] as Endpoint
      const after = ownersOf(endpoints.filter((endpoint) => endpoint !== removed))
      before.forEach((owner, slot) => {
        if (after[slot] === owner) return
        allMoved += 1
        if (owner !== removed) foreignMoved += 1
      })
    }
    const percent = (count: number): number => (100 * count) / trials / size
    t.diagnostic(
      `${n}: ${percent(allMoved).toFixed(2)} % changed, ${percent(foreignMoved).toFixed(2)} % of it foreign; published ${changed}, ${foreign}`,
    )
    assert.ok(Math.abs(percent(allMoved) - changed) < 0.2, `${n}: ${percent(allMoved)} instead of ${changed}`)
    assert.ok(percent(foreignMoved) < foreign + 0.2, `${n}: ${percent(foreignMoved)} instead of ${foreign}`)
  }
})

test('weights 1 and 2 have 21,846 and 43,691 entries', () => {
  assert.deepEqual(entriesOf(testEndpoints(2, (index) => ({ weight: index + 1 }))), [21_846, 43_691])
})

test('weights are followed to a few slots', () => {
  const weights = [1, 2.5, 7, 0.5, 100]
  const entries = entriesOf(testEndpoints(weights.length, (index) => ({ weight: weights[index] })))
  entries.forEach((count, index) => {
    const fair = (size * weights[index]!) / 111
    assert.ok(Math.abs(count - fair) < weights.length, `${count} instead of ${fair}`)
  })
})

test('a call that has tried the owner of its key always goes to the same other one, and the keys of one owner to many', () => {
  const endpoints = testEndpoints(10)
  const picker = maglev({ hashOn: 'path' })(testHost()).picker(endpoints)
  const others = new Map<Endpoint, number>()
  for (let key = 0; key < 5_000; key += 1) {
    const parts = { path: `/items/${key}` }
    if (picker.pick(testQuery([], parts)) !== endpoints[0]) continue
    const second = picker.pick(testQuery([endpoints[0]!], parts)) as Endpoint
    assert.equal(picker.pick(testQuery([endpoints[0]!], parts)), second)
    others.set(second, (others.get(second) ?? 0) + 1)
  }
  assert.equal(others.size, 9)
  assert.ok(Math.max(...others.values()) < 2 * Math.min(...others.values()))
})

test('primes are told from other numbers', () => {
  const primes = Array.from({ length: 60 }, (_, index) => index + 2).filter(isPrime)
  assert.deepEqual(primes, [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61])
  assert.ok(isPrime(65_537) && isPrime(5_000_011) && !isPrime(65_536) && !isPrime(65_539 * 3))
})

test('the smallest table works, and sizes that are none are refused', () => {
  const endpoints = testEndpoints(1)
  assert.equal(maglev({ hashOn: 'path', tableSize: 2 })(testHost()).picker(endpoints).pick(testQuery()), endpoints[0])
  assert.throws(() => maglev({ hashOn: 'path', tableSize: 1_000 }), /^TypeError: maglev: tableSize: expected a prime, got 1000$/)
  assert.throws(() => maglev({ hashOn: 'path', tableSize: 5_000_077 }), /maglev: tableSize: expected an integer in \[2, 5000011\]/)
})
