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
      // After two pairs in which one fails, and six in which both do: at most one choice in seven thousand.
      assert.ok(chosen <= 5, `${chosen} of ${picks}`)
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
