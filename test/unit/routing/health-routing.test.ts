import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Balancer } from '../../../src/balancing/balancer.ts'
import { maglev } from '../../../src/balancing/maglev.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { HealthBoard } from '../../../src/health/health-board.ts'
import { mostFaults } from '../../../src/routing/balancer-watch.ts'
import type { Candidates } from '../../../src/routing/candidates.ts'
import { failoverDefaults } from '../../../src/routing/failover-options.ts'
import { TriedQuery } from '../../../src/routing/tried-query.ts'
import { testCall } from '../../../src/testing/test-call.ts'
import { testEndpoint, testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'
import { candidatesOf, setsOf } from './test-candidates.ts'
import { TestDirectory } from './test-directory.ts'

const inTurn: Balancer = {
  name: 'in-turn',
  picker: (endpoints) => {
    let turn = 0
    return { pick: ({ isSpent }) => endpoints.find((endpoint) => !isSpent(endpoint)) && endpoints[turn++ % endpoints.length] }
  },
}

const queryFor = (call = testCall()) => {
  const query = new TriedQuery()
  query.standFor(call)
  return query
}

function countsOf(candidates: Candidates, calls = 10_000): Map<Endpoint | undefined, number> {
  const counts = new Map<Endpoint | undefined, number>()
  const query = queryFor()
  for (let i = 0; i < calls; i += 1) {
    const endpoint = candidates.pick(query)
    counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1)
  }
  return counts
}

function boardOf(unhealthy: readonly Endpoint[], degraded: readonly Endpoint[] = []): HealthBoard {
  const health = new HealthBoard()
  for (const endpoint of unhealthy) health.note(endpoint, 'test', 'unhealthy')
  for (const endpoint of degraded) health.note(endpoint, 'test', 'degraded')
  return health
}

test('unhealthy endpoints get nothing while enough others are fit', () => {
  const endpoints = testEndpoints(4)
  const counts = countsOf(candidatesOf(endpoints, inTurn, testHost(), { health: boardOf(endpoints.slice(0, 2)) }))
  assert.deepEqual(new Set(counts.keys()), new Set(endpoints.slice(2)))
})

test('below the threshold all endpoints are used, ill ones too', () => {
  const endpoints = testEndpoints(4)
  const counts = countsOf(candidatesOf(endpoints, inTurn, testHost(), { health: boardOf(endpoints.slice(0, 3)) }))
  assert.deepEqual(new Set(counts.keys()), new Set(endpoints))
})

test('a second tier gets what an ill first one cannot take', () => {
  const endpoints = testEndpoints(20, (i) => ({ priority: i < 10 ? 0 : 1 }))
  const counts = countsOf(candidatesOf(endpoints, inTurn, testHost(), { health: boardOf(endpoints.slice(0, 5)) }))
  const second = [...counts].reduce((sum, [endpoint, count]) => sum + (endpoint?.priority === 1 ? count : 0), 0)
  // Three standard deviations around 30 %.
  assert.ok(Math.abs(second - 3_000) < 140, String(second))
  assert.ok(endpoints.slice(0, 5).every((endpoint) => !counts.has(endpoint)))
})

test('degraded endpoints get what the healthy ones cannot take', () => {
  const endpoints = testEndpoints(10)
  const counts = countsOf(candidatesOf(endpoints, inTurn, testHost(), { health: boardOf([], endpoints.slice(0, 5)) }))
  const degraded = endpoints.slice(0, 5).reduce((sum, endpoint) => sum + (counts.get(endpoint) ?? 0), 0)
  assert.ok(Math.abs(degraded - 3_000) < 140, String(degraded))
})

test('a repeated call tries healthy endpoints, then those of later tiers, then degraded ones, and never unhealthy ones', () => {
  const endpoints = testEndpoints(5, (i) => ({ priority: i < 4 ? 0 : 1 }))
  const [one, two, ill, weak, later] = endpoints as [Endpoint, Endpoint, Endpoint, Endpoint, Endpoint]
  const candidates = candidatesOf(endpoints, inTurn, testHost(), { health: boardOf([ill], [weak]) })
  const call = testCall()
  const tried: (Endpoint | undefined)[] = []
  for (let i = 0; i < 4; i += 1) {
    assert.ok(candidates.hasUntried(queryFor(call)))
    const endpoint = candidates.pick(queryFor(call))
    tried.push(endpoint)
    ;(call.underway as unknown[]).push({ endpoint, startedAt: 0 })
  }
  assert.equal(candidates.hasUntried(queryFor(call)), false)
  assert.deepEqual(new Set(tried), new Set([one, two, later, weak]))
  assert.equal(tried[3], weak)
})

test('with failTrafficOnPanic a call that comes to a tier in panic gets nobody', () => {
  const endpoints = testEndpoints(4)
  const failover = { ...failoverDefaults, failTrafficOnPanic: true }
  const candidates = candidatesOf(endpoints, inTurn, testHost(), { health: boardOf(endpoints.slice(0, 3)), settings: { failover } })
  assert.deepEqual([...countsOf(candidates, 100).keys()], [undefined])
  assert.equal(candidates.refuses, true)
})

test('with panic turned off and nobody fit, there is nobody; a single fit one in a later tier is found', () => {
  const endpoints = testEndpoints(202, (i) => ({ priority: i < 2 ? 0 : 1 }))
  const settings = { failover: { ...failoverDefaults, panicThreshold: 0 } }
  assert.equal(candidatesOf(endpoints, inTurn, testHost(), { health: boardOf(endpoints), settings }).pick(queryFor()), undefined)
  const last = endpoints[201] as Endpoint
  const oneLeft = boardOf(endpoints.slice(0, 201))
  assert.equal(candidatesOf(endpoints, inTurn, testHost(), { health: oneLeft, settings }).pick(queryFor()), last)
})

test('a change of health makes pickers only for the groups that it changes', () => {
  const made: number[] = []
  const counting: Balancer = {
    name: 'counting',
    picker: (endpoints) => {
      made.push(endpoints.length)
      return inTurn.picker(endpoints)
    },
  }
  const specs = Array.from({ length: 20 }, (_, i) => ({ url: `http://10.0.0.${i}:80`, priority: i < 8 ? 0 : 1 }))
  const directory = new TestDirectory(...specs)
  const health = boardOf(directory.endpoints.slice(0, 4))
  const sets = setsOf(directory, counting, testHost(), { health })
  const callAll = () => countsOf(sets.of(undefined), 100)
  callAll()
  assert.deepEqual(made.splice(0).toSorted(), [12, 4])
  health.note(directory.endpoints[0] as Endpoint, 'test', undefined)
  callAll()
  assert.deepEqual(made.splice(0), [5])
  directory.set(...specs.slice(0, 19))
  callAll()
  assert.deepEqual(made.splice(0), [11])
  directory.set(...specs.slice(0, 18), { url: 'http://10.0.0.18:80', priority: 1, weight: 2 })
  callAll()
  assert.deepEqual(made.splice(0), [11])
})

test('what is left of a subset is worked out again when health changes', () => {
  const directory = new TestDirectory({ url: 'http://a:1', labels: { v: '1' } }, { url: 'http://b:1', labels: { v: '1' } }, 'http://c:1')
  const [a, b] = directory.endpoints as [Endpoint, Endpoint]
  const health = new HealthBoard()
  const sets = setsOf(directory, inTurn, testHost(), { health })
  assert.equal(countsOf(sets.of({ v: '1' }), 10).size, 2)
  health.note(a, 'test', 'unhealthy')
  assert.deepEqual([...countsOf(sets.of({ v: '1' }), 10).keys()], [b])
})

test('a balancer that hashes keeps a key in its tier, and keys are spread by the loads of the tiers', () => {
  const host = testHost()
  const endpoints = testEndpoints(20, (i) => ({ priority: i < 10 ? 0 : 1 }))
  const balancer = maglev({ hashOn: { header: 'x-user' } })(host)
  const candidates = candidatesOf(endpoints, balancer, host, { health: boardOf(endpoints.slice(0, 5)) })
  let second = 0
  for (let user = 0; user < 5_000; user += 1) {
    const call = testCall({ headers: ['x-user', `user ${user}`] })
    const picked = candidates.pick(queryFor(call))
    assert.equal(candidates.pick(queryFor(call)), picked)
    if (picked?.priority === 1) second += 1
  }
  assert.ok(Math.abs(second / 5_000 - 0.3) < 0.02, String(second))
})

test('a picker that answers with something foreign, or throws, is stood in for, counted, and given up after a number of faults', () => {
  const answers: unknown[] = [testEndpoint('http://10.9.9.9:1'), 'http://10.0.0.1:8080', 5, Promise.reject(new Error('late'))]
  for (const answer of answers) {
    let asked = 0
    const host = testHost()
    const faults = { faults: 0, bypasses: 0 }
    const endpoints = testEndpoints(3)
    const broken = {
      name: 'broken',
      picker: () => ({
        pick: () => {
          asked += 1
          return answer
        },
      }),
    } as unknown as Balancer
    const candidates = candidatesOf(endpoints, broken, host, { faults })
    const counts = countsOf(candidates, 30)
    assert.deepEqual(
      [...counts],
      endpoints.map((endpoint) => [endpoint, 10]),
    )
    assert.equal(asked, mostFaults)
    assert.deepEqual(faults, { faults: mostFaults, bypasses: 1 })
    assert.deepEqual(host.events.at(-1), { name: 'balancer-bypassed', event: { service: 'test', balancer: 'broken', faults: mostFaults } })
  }
})

test('a picker that is right in between is not given up', () => {
  let asked = 0
  const faults = { faults: 0, bypasses: 0 }
  const moody: Balancer = {
    name: 'moody',
    picker: (endpoints) => ({
      pick: () => {
        asked += 1
        if (asked % mostFaults !== 0) throw new Error('no')
        return endpoints[0]
      },
    }),
  }
  countsOf(candidatesOf(testEndpoints(2), moody, testHost(), { faults }), 100)
  assert.equal(asked, 100)
  assert.deepEqual(faults, { faults: 90, bypasses: 0 })
})

test('a hash that throws costs the call its affinity and not its life', () => {
  const host = testHost()
  const faults = { faults: 0, bypasses: 0 }
  const endpoints = testEndpoints(4, (i) => ({ priority: i < 2 ? 0 : 1 }))
  const clumsy: Balancer = {
    ...inTurn,
    hash: () => {
      throw new Error('no key')
    },
  }
  const candidates = candidatesOf(endpoints, clumsy, host, { faults, health: boardOf(endpoints.slice(0, 1)) })
  assert.equal(countsOf(candidates, 100).has(undefined), false)
  assert.equal(faults.faults, 100)
})

test('a hash that is no number does not send every call to one tier', () => {
  const endpoints = testEndpoints(4, (i) => ({ priority: i < 2 ? 0 : 1 }))
  for (const hash of [Number.NaN, Number.POSITIVE_INFINITY, '7', Promise.resolve(7)]) {
    const faults = { faults: 0, bypasses: 0 }
    const candidates = candidatesOf(endpoints, { ...inTurn, hash: () => hash as never }, testHost(), {
      faults,
      health: boardOf(endpoints.slice(0, 1)),
    })
    const counts = countsOf(candidates, 200)
    assert.equal(faults.faults, 200)
    assert.ok(endpoints.slice(1, 2).every((endpoint) => (counts.get(endpoint) ?? 0) > 0))
    assert.ok(endpoints.slice(2).every((endpoint) => (counts.get(endpoint) ?? 0) > 0))
  }
})
