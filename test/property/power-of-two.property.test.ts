import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { peakEwma } from '../../src/balancing/peak-ewma.ts'
import { powerOfTwo } from '../../src/balancing/power-of-two.ts'
import { verdicts } from '../../src/call/verdict.ts'
import type { Endpoint } from '../../src/endpoint/endpoint.ts'
import { seededRandom } from '../../src/runtime/seeded-random.ts'
import { testQuery } from '../../src/testing/test-call.ts'
import { testEndpoints } from '../../src/testing/test-endpoint.ts'
import { testHost } from '../../src/testing/test-host.ts'

const picks = 1_000

test('while at most half of all fail, hardly a choice goes to one that does, whatever was tried', () => {
  const sizes = fc.integer({ min: 4, max: 60 }).chain((count) => fc.record({ count: fc.constant(count), failing: fc.nat(count >> 1) }))
  fc.assert(
    fc.property(sizes, fc.string(), fc.nat(1), ({ count, failing }, seed, tried) => {
      const host = testHost({ random: seededRandom(seed) })
      const balancer = powerOfTwo(peakEwma())(host)
      const endpoints = testEndpoints(count)
      for (const [i, endpoint] of endpoints.entries()) {
        const end = balancer.meters?.[0]?.began(endpoint)
        end?.(i < failing ? verdicts.retryAlways : verdicts.success, 10)
      }
      const picker = balancer.picker(endpoints)
      const spent: readonly Endpoint[] = tried === 1 && failing > 0 ? [endpoints[0] as Endpoint] : []
      let chosen = 0
      for (let i = 0; i < picks; i += 1) {
        const index = endpoints.indexOf(picker.pick(testQuery(spent)) as (typeof endpoints)[number])
        assert.ok(index >= 0)
        assert.ok(!spent.includes(endpoints[index] as Endpoint))
        if (index < failing) chosen += 1
      }
      const odds = balancer.odds?.(endpoints, testQuery(spent)) as readonly number[]
      const share = odds.slice(0, failing).reduce((sum, each) => sum + each, 0)
      // After two pairs in which one fails, and six in which both do, one choice in eight thousand; after pairs in which one was tried, three in a thousand.
      assert.ok(share <= (spent.length > 0 ? 0.003 : 0.00013), `${share}`)
      const expected = picks * share
      assert.ok(chosen <= expected + 5 * Math.sqrt(expected) + 3, `${chosen} of ${picks}`)
    }),
    { numRuns: 60 },
  )
})

test('somebody is chosen also when all fail', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.string(), (count, seed) => {
      const balancer = powerOfTwo(peakEwma())(testHost({ random: seededRandom(seed) }))
      const endpoints = testEndpoints(count)
      for (const endpoint of endpoints) balancer.meters?.[0]?.began(endpoint)(verdicts.retryAlways, 10)
      const picker = balancer.picker(endpoints)
      for (let i = 0; i < 50; i += 1) assert.ok(endpoints.includes(picker.pick(testQuery()) as (typeof endpoints)[number]))
    }),
    { numRuns: 40 },
  )
})

test('the odds that it tells are the shares of what it chooses, whoever fails and whatever was tried', () => {
  const sizes = fc
    .integer({ min: 1, max: 9 })
    .chain((count) => fc.record({ count: fc.constant(count), failing: fc.nat(count), tried: fc.uniqueArray(fc.nat(count - 1)) }))
  fc.assert(
    fc.property(sizes, fc.array(fc.nat(2), { minLength: 9, maxLength: 9 }), fc.string(), ({ count, failing, tried }, busy, seed) => {
      const balancer = powerOfTwo(peakEwma())(testHost({ random: seededRandom(seed) }))
      const endpoints = testEndpoints(count)
      for (const [i, endpoint] of endpoints.entries()) {
        balancer.meters?.[0]?.began(endpoint)(i < failing ? verdicts.retryAlways : verdicts.success, 10)
        endpoint.inFlight = busy[i] as number
      }
      const query = testQuery(tried.map((i) => endpoints[i] as Endpoint))
      const odds = balancer.odds?.(endpoints, query) as readonly number[]
      assert.ok(Math.abs(odds.reduce((sum, chance) => sum + chance, 0) - 1) < 1e-9, String(odds))
      const picker = balancer.picker(endpoints)
      const shares = endpoints.map(() => 0)
      for (let i = 0; i < 10 * picks; i += 1) {
        const at = endpoints.indexOf(picker.pick({ ...query, at: 10_000 }) as (typeof endpoints)[number])
        shares[at] = (shares[at] as number) + 1 / (10 * picks)
      }
      // Five standard deviations.
      for (const [i, chance] of odds.entries()) {
        assert.ok(
          Math.abs((shares[i] as number) - chance) < 0.001 + 5 * Math.sqrt((chance * (1 - chance)) / (10 * picks)),
          `${shares} ${odds}`,
        )
      }
    }),
    { numRuns: 60 },
  )
})
