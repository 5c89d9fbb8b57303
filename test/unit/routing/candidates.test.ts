import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Balancer } from '../../../src/balancing/balancer.ts'
import type { Call, SpentAttempt } from '../../../src/call/call.ts'
import { verdicts } from '../../../src/call/verdict.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { mostSubsetsKept } from '../../../src/routing/candidate-sets.ts'
import { TriedQuery } from '../../../src/routing/tried-query.ts'
import { testCall } from '../../../src/testing/test-call.ts'
import { testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'
import { candidatesOf, setsOf } from './test-candidates.ts'
import { TestDirectory } from './test-directory.ts'

/** The first endpoint that was not tried, else the first. */
const inOrder: Balancer = {
  name: 'in-order',
  picker: (endpoints) => ({ pick: ({ isSpent }) => endpoints.find((endpoint) => !isSpent(endpoint)) ?? endpoints[0] }),
}

function spentAt(...endpoints: readonly Endpoint[]): SpentAttempt[] {
  return endpoints.map((endpoint) => ({
    endpoint,
    verdict: verdicts.retryAlways,
    result: 'CONNECT_FAILED',
    latencyMs: 1,
    sent: false,
    untriedLeft: true,
    startedAt: 0,
  }))
}

function queryFor(call: Call): TriedQuery {
  const query = new TriedQuery()
  query.standFor(call)
  return query
}

test('a call begins in the first tier', () => {
  const endpoints = testEndpoints(4, (i) => ({ priority: i < 2 ? 1 : 0 }))
  const candidates = candidatesOf(endpoints, inOrder, testHost())
  assert.equal(candidates.pick(queryFor(testCall())), endpoints[2])
})

test('a call goes to the next tier when it has tried all of the one before', () => {
  const endpoints = testEndpoints(4, (i) => ({ priority: i < 2 ? 0 : 1 }))
  const candidates = candidatesOf(endpoints, inOrder, testHost())
  const [first, second, third] = endpoints as [Endpoint, Endpoint, Endpoint]
  assert.equal(candidates.pick(queryFor(testCall({ spent: spentAt(first) }))), second)
  assert.equal(candidates.pick(queryFor(testCall({ spent: spentAt(first, second) }))), third)
})

test('a call that has tried everything begins again in the first tier', () => {
  const endpoints = testEndpoints(4, (i) => ({ priority: i < 2 ? 0 : 1 }))
  const candidates = candidatesOf(endpoints, inOrder, testHost())
  const query = queryFor(testCall({ spent: spentAt(...endpoints) }))
  assert.equal(candidates.hasUntried(query), false)
  assert.equal(candidates.pick(query), endpoints[0])
})

test('an endpoint with an attempt under way counts as tried', () => {
  const endpoints = testEndpoints(2)
  const candidates = candidatesOf(endpoints, inOrder, testHost())
  const call = testCall()
  ;(call.underway as unknown[]).push({ endpoint: endpoints[0], startedAt: 0 })
  assert.equal(candidates.pick(queryFor(call)), endpoints[1])
})

test('a tier whose balancer declines leaves the call to the next tier', () => {
  const endpoints = testEndpoints(4, (i) => ({ priority: i < 2 ? 0 : 1 }))
  const declining: Balancer = {
    name: 'd',
    picker: (set) => ({ pick: () => (set.includes(endpoints[0] as Endpoint) ? undefined : set[0]) }),
  }
  assert.equal(candidatesOf(endpoints, declining, testHost()).pick(queryFor(testCall())), endpoints[2])
})

test('a tier whose balancer declines is asked once, and then one that was tried is better than nothing', () => {
  const endpoints = testEndpoints(2, (i) => ({ priority: i }))
  const [first, second] = endpoints as [Endpoint, Endpoint]
  let declines = 0
  const declining: Balancer = {
    name: 'd',
    picker: ([only]) => ({
      pick: () => {
        if (only === first) return first
        declines += 1
        return undefined
      },
    }),
  }
  const query = queryFor(testCall({ spent: spentAt(first) }))
  assert.equal(query.isSpent(second), false)
  assert.equal(candidatesOf(endpoints, declining, testHost()).pick(query), first)
  assert.equal(declines, 1)
})

test('a balancer that throws is told as an event, and endpoints are taken in turn', () => {
  const host = testHost()
  const endpoints = testEndpoints(3)
  const broken: Balancer = {
    name: 'broken',
    picker: () => {
      throw new Error('no table')
    },
  }
  const candidates = candidatesOf(endpoints, broken, host)
  const picked = [1, 2, 3, 4].map(() => candidates.pick(queryFor(testCall())))
  assert.deepEqual(picked, [...endpoints, endpoints[0]])
  assert.equal(host.events.length, 4)
  const [event] = host.events
  assert.equal(event?.name, 'part-threw')
  assert.deepEqual(event?.event, { service: 'test', part: 'balancer broken', error: new Error('no table') })
})

test('the stand-in for a balancer that throws avoids what was tried while it can', () => {
  const endpoints = testEndpoints(3)
  const broken: Balancer = {
    name: 'broken',
    picker: () => ({
      pick: () => {
        throw new Error('lost')
      },
    }),
  }
  const candidates = candidatesOf(endpoints, broken, testHost())
  const [first, second, third] = endpoints as [Endpoint, Endpoint, Endpoint]
  assert.equal(candidates.pick(queryFor(testCall({ spent: spentAt(first, second) }))), third)
  assert.ok(candidates.pick(queryFor(testCall({ spent: spentAt(first, second, third) }))))
})

test('a picker is made when its tier is first used, and once', () => {
  const made: number[] = []
  const counting: Balancer = {
    name: 'counting',
    picker: (endpoints) => {
      made.push(endpoints.length)
      assert.ok(Object.isFrozen(endpoints))
      return { pick: () => endpoints[0] }
    },
  }
  const directory = new TestDirectory('http://a:1', 'http://b:1', { url: 'http://c:1', priority: 1 })
  const sets = setsOf(directory, counting, testHost())
  for (let i = 0; i < 3; i += 1) sets.of(undefined).pick(queryFor(testCall()))
  assert.deepEqual(made, [2])
})

test('candidates are kept until the version of the endpoints changes', () => {
  const directory = new TestDirectory({ url: 'http://a:1', labels: { v: '1' } }, 'http://b:1')
  const sets = setsOf(directory, inOrder, testHost())
  const everyone = sets.of(undefined)
  const subset = sets.of({ v: '1' })
  assert.equal(sets.of({}), everyone)
  assert.equal(sets.of({ v: '1' }), subset)
  assert.equal(subset.count, 1)
  directory.set('http://b:1', 'http://c:1', 'http://d:1')
  assert.equal(sets.of(undefined).count, 3)
  assert.equal(sets.of({ v: '1' }).count, 0)
})

test('subsets that callers make up do not fill the memory: the oldest is forgotten', () => {
  const sets = setsOf(new TestDirectory('http://a:1'), inOrder, testHost())
  const oldest = sets.of({ id: 'oldest' })
  const second = sets.of({ id: '0' })
  for (let i = 1; i < mostSubsetsKept; i += 1) sets.of({ id: String(i) })
  assert.equal(sets.of({ id: '0' }), second)
  assert.notEqual(sets.of({ id: 'oldest' }), oldest)
})

test('a query stands for one call after the other, and lets go of each', () => {
  const [first, second] = testEndpoints(2) as [Endpoint, Endpoint]
  const query = new TriedQuery()
  const outer = testCall({ spent: spentAt(first) })
  const inner = testCall({ spent: spentAt(second) })
  const { isSpent } = query
  assert.equal(query.standFor(outer), undefined)
  assert.equal(isSpent(first), true)
  const before = query.standFor(inner)
  assert.equal(before, outer)
  assert.equal(isSpent(first), false)
  assert.equal(isSpent(second), true)
  query.standFor(before)
  assert.equal(isSpent(first), true)
  query.standFor(undefined)
  assert.equal(query.call, undefined)
})
