import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Balancer } from '../../../src/balancing/balancer.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { HealthBoard } from '../../../src/health/health-board.ts'
import type { Candidates } from '../../../src/routing/candidates.ts'
import { distanceFrom } from '../../../src/routing/distance.ts'
import { type LocalityOptions, type LocalitySettings, localityDefaults } from '../../../src/routing/locality-options.ts'
import { TriedQuery } from '../../../src/routing/tried-query.ts'
import { testCall } from '../../../src/testing/test-call.ts'
import { testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'
import { candidatesOf, setsOf } from './test-candidates.ts'
import { TestDirectory } from './test-directory.ts'

const inTurn: Balancer = {
  name: 'in-turn',
  picker: (endpoints) => {
    let turn = 0
    return { pick: () => endpoints[turn++ % endpoints.length] }
  },
}

const settingsOf = (options: LocalityOptions): LocalitySettings => ({ ...localityDefaults, ...options }) as LocalitySettings

const queryFor = (call = testCall()) => {
  const query = new TriedQuery()
  query.standFor(call)
  return query
}

/** How many of 10,000 calls go to each place, in percent. */
function sharesOf(candidates: Candidates, nameOf = ({ locality }: Endpoint) => locality.zone): Record<string, number> {
  const counts: Record<string, number> = {}
  const query = queryFor()
  for (let i = 0; i < 10_000; i += 1) {
    const name = nameOf(candidates.pick(query) as Endpoint)
    counts[name] = (counts[name] ?? 0) + 0.01
  }
  return counts
}

function near(actual: number | undefined, expected: number): void {
  // Three standard deviations of 10,000 draws at 50 %.
  assert.ok(Math.abs((actual ?? 0) - expected) <= 1.5, `expected about ${expected}, got ${actual}`)
}

/** Endpoints in zones: `{ a: 3, b: 5 }`. */
function inZones(counts: Readonly<Record<string, number>>, region = '') {
  const zones = Object.entries(counts).flatMap(([zone, count]) => Array.from({ length: count }, () => zone))
  return testEndpoints(zones.length, (i) => ({ region, zone: zones[i] as string }))
}

function illIn(endpoints: readonly Endpoint[], zone: string, count: number, state: 'unhealthy' | 'degraded' = 'unhealthy'): HealthBoard {
  const health = new HealthBoard()
  for (const endpoint of endpoints.filter(({ locality }) => locality.zone === zone).slice(0, count)) health.note(endpoint, 'test', state)
  return health
}

test('weighted: a place with half of its endpoints ill gets 1.4 times half of its weight', () => {
  const endpoints = inZones({ x: 4, y: 4 })
  const locality = settingsOf({ mode: 'weighted', weights: { x: 1, y: 2 } })
  const shares = sharesOf(candidatesOf(endpoints, inTurn, testHost(), { settings: { locality }, health: illIn(endpoints, 'x', 2) }))
  near(shares.x, 26)
  near(shares.y, 74)
})

test('weighted: places are found by region and zone, zone, or region', () => {
  const endpoints = testEndpoints(
    4,
    (i) =>
      [
        { region: 'eu', zone: 'a' },
        { region: 'eu', zone: 'b' },
        { region: 'us', zone: 'c' },
        { region: 'us', zone: 'd' },
      ][i] as object,
  )
  const locality = settingsOf({ mode: 'weighted', weights: { 'eu/a': 50, b: 30, us: 10 } })
  const shares = sharesOf(candidatesOf(endpoints, inTurn, testHost(), { settings: { locality } }))
  for (const [zone, share] of Object.entries({ a: 50, b: 30, c: 10, d: 10 })) near(shares[zone], share)
})

test('weighted: a place that is not named serves only calls that have tried the others', () => {
  const endpoints = inZones({ x: 1, y: 1 })
  const candidates = candidatesOf(endpoints, inTurn, testHost(), {
    settings: { locality: settingsOf({ mode: 'weighted', weights: { x: 1 } }) },
  })
  assert.deepEqual(Object.keys(sharesOf(candidates)), ['x'])
  const call = testCall()
  ;(call.underway as unknown[]).push({ endpoint: endpoints[0], startedAt: 0 })
  assert.equal(candidates.pick(queryFor(call)), endpoints[1])
})

test('weighted: when nobody in a place with a weight is fit, all that are fit share the calls', () => {
  const endpoints = inZones({ x: 2, y: 8 })
  const locality = settingsOf({ mode: 'weighted', weights: { x: 1 } })
  const health = illIn(endpoints, 'x', 2)
  assert.deepEqual(Object.keys(sharesOf(candidatesOf(endpoints, inTurn, testHost(), { settings: { locality }, health }))), ['y'])
})

test('zone-aware: calls stay in the zone while it has its part of the endpoints', () => {
  const locality = settingsOf({ zone: 'a' })
  assert.deepEqual(Object.keys(sharesOf(candidatesOf(inZones({ a: 4, b: 4 }), inTurn, testHost(), { settings: { locality } }))), ['a'])
})

test('zone-aware: a zone with too few endpoints sends away what they have no room for, by the shares of clients', () => {
  const locality = settingsOf({ zone: 'a', clients: { a: 40, b: 40, c: 20 } })
  const shares = sharesOf(candidatesOf(inZones({ a: 25, b: 50, c: 25 }), inTurn, testHost(), { settings: { locality } }))
  near(shares.a, 62.5)
  near(shares.b, 25)
  near(shares.c, 12.5)
})

test('zone-aware: clients in zones without endpoints count', () => {
  const locality = settingsOf({ zone: 'a', clients: { a: 1, b: 1, z: 2 } })
  // A quarter of the clients, half of the endpoints: everything stays.
  assert.deepEqual(Object.keys(sharesOf(candidatesOf(inZones({ a: 4, b: 4 }), inTurn, testHost(), { settings: { locality } }))), ['a'])
  const abroad = settingsOf({ zone: 'z', clients: { a: 1, b: 1, z: 2 } })
  const shares = sharesOf(candidatesOf(inZones({ a: 4, b: 4 }), inTurn, testHost(), { settings: { locality: abroad } }))
  near(shares.a, 50)
})

test('zone-aware: only healthy endpoints count, and a small set has no zones', () => {
  const locality = settingsOf({ zone: 'a' })
  const endpoints = inZones({ a: 4, b: 4 })
  const half = sharesOf(candidatesOf(endpoints, inTurn, testHost(), { settings: { locality }, health: illIn(endpoints, 'a', 2) }))
  // 33 % of the healthy endpoints, 50 % of the clients: two thirds stay.
  near(half.a, 66.7)
  const small = sharesOf(candidatesOf(endpoints, inTurn, testHost(), { settings: { locality }, health: illIn(endpoints, 'a', 3) }))
  near(small.a, 20)
})

test('zone-aware: a zone can be forced to keep everything while it has enough endpoints', () => {
  const endpoints = inZones({ a: 2, b: 8 })
  const shares = (forceLocalZone: number) =>
    sharesOf(candidatesOf(endpoints, inTurn, testHost(), { settings: { locality: settingsOf({ zone: 'a', forceLocalZone }) } }))
  assert.deepEqual(Object.keys(shares(2)), ['a'])
  assert.ok((shares(3).b ?? 0) > 0)
})

test('zone-aware: in panic zones do not count', () => {
  const endpoints = inZones({ a: 5, b: 15 })
  const health = illIn(endpoints, 'b', 11)
  const locality = settingsOf({ zone: 'a', forceLocalZone: 1 })
  near(sharesOf(candidatesOf(endpoints, inTurn, testHost(), { settings: { locality }, health })).a, 25)
})

test('zone-aware: only the first tier is divided', () => {
  const endpoints = testEndpoints(16, (i) => ({ priority: i < 8 ? 0 : 1, zone: i % 2 ? 'a' : 'b' }))
  const health = new HealthBoard()
  for (const endpoint of endpoints.slice(0, 8)) health.note(endpoint, 'test', 'unhealthy')
  near(sharesOf(candidatesOf(endpoints, inTurn, testHost(), { settings: { locality: settingsOf({ zone: 'a' }) }, health })).a, 50)
})

test('failover: the zone takes everything, then the region, then others, each as far as the one before cannot', () => {
  const endpoints = [...inZones({ a: 4, b: 4 }, 'eu'), ...inZones({ c: 4 }, 'us')]
  const locality = settingsOf({ mode: 'failover', region: 'eu', zone: 'a' })
  const shares = (health?: HealthBoard) =>
    sharesOf(candidatesOf(endpoints, inTurn, testHost(), { settings: { locality }, ...(health && { health }) }))
  assert.deepEqual(Object.keys(shares()), ['a'])
  const half = shares(illIn(endpoints, 'a', 2))
  near(half.a, 70)
  near(half.b, 30)
  assert.deepEqual(Object.keys(shares(illIn(endpoints, 'a', 4))), ['b'])
})

test('failover: a region that is named steps in before all others', () => {
  const distance = distanceFrom(settingsOf({ mode: 'failover', region: 'eu', zone: 'a', failover: { eu: 'us' } }))
  const places = [
    ['eu', 'a', 0],
    ['eu', 'b', 1],
    ['us', 'a', 2],
    ['asia', 'a', 3],
    ['', '', 3],
  ] as const
  for (const [region, zone, expected] of places) {
    const [endpoint] = testEndpoints(1, () => ({ region, zone }))
    assert.equal(distance?.(endpoint as Endpoint), expected, `${region}/${zone}`)
  }
})

test('failover: an endpoint is the nearer the more labels it has in common, from the first one on', () => {
  const own = settingsOf({
    mode: 'failover',
    region: 'eu',
    zone: 'a',
    labels: { network: 'n1' },
    failoverPriority: ['network', 'region', 'zone', 'version=v1'],
  })
  const distance = distanceFrom(own)
  const rows = [
    [{ network: 'n1', version: 'v1' }, 'eu', 'a', 0],
    [{ network: 'n1', version: 'v2' }, 'eu', 'a', 1],
    [{ network: 'n1', version: 'v1' }, 'eu', 'b', 2],
    [{ network: 'n1' }, 'us', 'a', 3],
    [{ network: 'n2', version: 'v1' }, 'eu', 'a', 4],
  ] as const
  for (const [labels, region, zone, expected] of rows) {
    const [endpoint] = testEndpoints(1, () => ({ labels, region, zone }))
    assert.equal(distance?.(endpoint as Endpoint), expected)
  }
})

test('priorities come before distance', () => {
  const endpoints = testEndpoints(2, (i) => ({ priority: i, zone: i === 0 ? 'far' : 'a' }))
  const locality = settingsOf({ mode: 'failover', zone: 'a' })
  assert.equal(candidatesOf(endpoints, inTurn, testHost(), { settings: { locality } }).pick(queryFor()), endpoints[0])
})

test('strict: nobody outside of the zone is a candidate, whatever happens inside; without a zone it is the region', () => {
  const directory = new TestDirectory(
    { url: 'http://a:1', region: 'eu', zone: 'a' },
    { url: 'http://b:1', region: 'eu', zone: 'b' },
    { url: 'http://c:1', region: 'us', zone: 'a' },
  )
  const setOf = (options: LocalityOptions) =>
    setsOf(directory, inTurn, testHost(), { settings: { locality: settingsOf({ mode: 'strict', ...options }) } }).of(undefined)
  assert.equal(setOf({ region: 'eu', zone: 'a' }).count, 1)
  assert.equal(setOf({ zone: 'a' }).count, 2)
  assert.equal(setOf({ region: 'eu' }).count, 2)
  assert.equal(setOf({ region: 'asia' }).count, 0)
})

test('places are divided within a subset', () => {
  const specs = Array.from({ length: 24 }, (_, i) => ({
    url: `http://10.0.0.${i}:80`,
    zone: i % 4 === 0 ? 'a' : 'b',
    labels: { version: i < 12 ? 'v1' : 'v2' },
  }))
  const sets = setsOf(new TestDirectory(...specs), inTurn, testHost(), { settings: { locality: settingsOf({ zone: 'a' }) } })
  const shares = sharesOf(sets.of({ version: 'v1' }), ({ labels, locality }) => `${labels.version} ${locality.zone}`)
  assert.deepEqual(Object.keys(shares).toSorted(), ['v1 a', 'v1 b'])
  near(shares['v1 a'], 50)
})
