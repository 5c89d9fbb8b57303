import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { roundRobin } from '../../src/balancing/round-robin.ts'
import type { Endpoint } from '../../src/endpoint/endpoint.ts'
import { HealthBoard, type HealthState } from '../../src/health/health-board.ts'
import { type FailoverSettings, failoverDefaults } from '../../src/routing/failover-options.ts'
import { type LocalitySettings, localityDefaults } from '../../src/routing/locality-options.ts'
import { tiersOf } from '../../src/routing/priority.ts'
import { planRouting } from '../../src/routing/routing-plan.ts'
import { spillLoads, type TierHealth } from '../../src/routing/spill.ts'
import { TriedQuery } from '../../src/routing/tried-query.ts'
import { zoneShares } from '../../src/routing/zone-shares.ts'
import { testCall } from '../../src/testing/test-call.ts'
import { testEndpoints } from '../../src/testing/test-endpoint.ts'
import { testHost } from '../../src/testing/test-host.ts'
import { candidatesOf } from '../unit/routing/test-candidates.ts'

const tier: fc.Arbitrary<TierHealth> = fc
  .tuple(fc.nat(20), fc.nat(20), fc.nat(20))
  .map(([healthy, degraded, ill]) => ({ total: healthy + degraded + ill, healthy, degraded }))

const failover: fc.Arbitrary<FailoverSettings> = fc.record({
  spill: fc.constantFrom('proportional', 'all-or-nothing'),
  overprovisioningFactor: fc.constantFrom(1, 1.4, 2, 100),
  panicThreshold: fc.constantFrom(0, 0.3, 0.5, 1),
  failTrafficOnPanic: fc.boolean(),
})

test('loads are whole numbers of at least 0 and sum to 100', () => {
  fc.assert(
    fc.property(fc.array(tier, { minLength: 1, maxLength: 5 }), failover, (tiers, settings) => {
      const loads = spillLoads(tiers, settings).flatMap(({ healthy, degraded }) => [healthy, degraded])
      assert.ok(loads.every((load) => Number.isInteger(load) && load >= 0))
      assert.equal(
        loads.reduce((sum, load) => sum + load),
        100,
      )
    }),
  )
})

test('a tier in which one more endpoint is healthy gets no less, but for rounding', () => {
  const settings = { ...failoverDefaults, panicThreshold: 0 }
  fc.assert(
    fc.property(fc.array(tier, { minLength: 1, maxLength: 5 }), fc.nat(4), (tiers, index) => {
      const at = index % tiers.length
      const before = tiers[at] as TierHealth
      fc.pre(before.healthy + before.degraded < before.total)
      const better = tiers.with(at, { ...before, healthy: before.healthy + 1 })
      const load = (of: readonly TierHealth[]) => spillLoads(of, settings)[at]?.healthy as number
      // What rounding leaves over, less than one for each load, goes to the first tier and may come from there. With nobody fit at all, so does everything.
      fc.pre(tiers.some(({ healthy, degraded }) => healthy + degraded > 0))
      assert.ok(load(better) >= load(tiers) - 2 * tiers.length)
    }),
  )
})

test('shares of zones are at least 0, and the own zone never gets more than everything', () => {
  const zone = fc.record({ endpoints: fc.nat(100), clients: fc.nat(100) })
  fc.assert(
    fc.property(fc.array(zone, { minLength: 1, maxLength: 6 }), fc.nat(5), (zones, index) => {
      const own = index % zones.length
      const weights = zoneShares(own, zones)
      if (weights === undefined) return
      assert.equal(weights.length, zones.length)
      assert.ok(weights.every((weight) => weight >= 0 && Number.isFinite(weight)))
      assert.ok(weights.some((weight) => weight > 0))
    }),
  )
})

const locality: fc.Arbitrary<LocalitySettings | undefined> = fc.constantFrom(
  undefined,
  { ...localityDefaults, zone: 'a' },
  { ...localityDefaults, zone: 'a', forceLocalZone: 1 },
  { ...localityDefaults, mode: 'weighted', weights: { a: 3, b: 1 } },
  { ...localityDefaults, mode: 'failover', zone: 'b' },
)

interface Spec {
  readonly priority: number
  readonly zone: string
  readonly state: HealthState
}

const specs: fc.Arbitrary<readonly Spec[]> = fc.array(
  fc.record({
    priority: fc.nat(2),
    zone: fc.constantFrom('a', 'b', 'c'),
    state: fc.constantFrom<HealthState>('healthy', 'healthy', 'degraded', 'unhealthy'),
  }),
  { minLength: 1, maxLength: 20 },
)

function worldOf(given: readonly Spec[]): { readonly endpoints: readonly Endpoint[]; readonly health: HealthBoard } {
  const endpoints = testEndpoints(given.length, (i) => ({ priority: given[i]?.priority, zone: given[i]?.zone }))
  const health = new HealthBoard()
  for (const [i, endpoint] of endpoints.entries()) health.note(endpoint, 'test', given[i]?.state)
  return { endpoints, health }
}

test('the loads of groups sum to 100, as long as there is anybody whom a load belongs to', () => {
  fc.assert(
    fc.property(specs, failover, locality, (given, settings, own) => {
      const { endpoints, health } = worldOf(given)
      const plan = planRouting(tiersOf(endpoints), health, { failover: settings, locality: own, subsetFallback: 'none' })
      const sum = plan.groups.reduce((total, { load }) => total + load, 0)
      const someFit = plan.tiers.some(
        ({ healthy, degraded, load }) => load.panic || (healthy + degraded > 0 && load.healthy + load.degraded > 0),
      )
      if (someFit) assert.ok(Math.abs(sum - 100) < 1e-9, String(sum))
      assert.ok(plan.groups.every(({ load }) => load >= 0))
    }),
  )
})

test('a pick is of an endpoint that is fit, unless its tier is in panic, and untried while there is an untried one', () => {
  fc.assert(
    fc.property(specs, failover, locality, fc.nat(25), (given, settings, own, attempts) => {
      const { endpoints, health } = worldOf(given)
      const host = testHost()
      const candidates = candidatesOf(endpoints, roundRobin()(host), host, {
        health,
        settings: { failover: { ...settings, failTrafficOnPanic: false }, locality: own },
      })
      const call = testCall()
      const query = new TriedQuery()
      query.standFor(call)
      for (let i = 0; i < attempts; i += 1) {
        const untried = candidates.hasUntried(query)
        const picked = candidates.pick(query)
        if (picked === undefined) {
          assert.equal(candidates.count, 0)
          return
        }
        assert.ok(endpoints.includes(picked as (typeof endpoints)[number]))
        if (untried) assert.equal(query.isSpent(picked), false)
        const panics = candidates.tiers.some(({ load }) => load.panic)
        if (!panics) assert.notEqual(health.stateOf(picked), 'unhealthy')
        ;(call.underway as unknown[]).push({ endpoint: picked, startedAt: 0 })
      }
    }),
  )
})
