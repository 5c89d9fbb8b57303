import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { verdicts } from '../../src/call/verdict.ts'
import { mostEjected } from '../../src/health/ejection-record.ts'
import { openEjector } from '../unit/health/test-ejector.ts'

type Step =
  | { readonly kind: 'traffic'; readonly endpoint: number; readonly fails: boolean; readonly times: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'probe'; readonly verdict: 'success' | 'retryNever' | 'ignored' }
  | { readonly kind: 'leave'; readonly endpoint: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('traffic' as const), endpoint: fc.nat(19), fails: fc.boolean(), times: fc.nat(8) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(20_000) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('probe' as const),
      verdict: fc.constantFrom('success' as const, 'retryNever' as const, 'ignored' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), endpoint: fc.nat(19) }) },
)

const options = {
  consecutive5xx: 3,
  successRate: { minAttempts: 5 },
  failureShare: { minAttempts: 3 },
  latency: false,
  interval: 5_000,
  backoff: { base: 4_000, max: 20_000, jitter: 500 },
} as const

test('whatever happens, no more than the share is out, the board agrees with the records, and every ejection ends', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 20 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      fc.array(step, { maxLength: 80 }),
      async (count, maxEjected, steps) => {
        const net = openEjector(count, { ...options, maxEjected })
        let there = [...net.endpoints]
        for (const { ...next } of steps) {
          if (next.kind === 'wait') await net.clock.advance(next.ms)
          else if (next.kind === 'probe') net.probe(verdicts[next.verdict])
          else if (next.kind === 'traffic') {
            const endpoint = net.endpoints[next.endpoint % count]
            if (endpoint !== undefined) (next.fails ? net.fail : net.succeed)(endpoint, next.times)
          } else {
            const leaving = there.filter((_, i) => there.length > 1 && i === next.endpoint)
            there = there.filter((endpoint) => !leaving.includes(endpoint))
            net.leave(leaving)
          }
          const out = there.filter((endpoint) => net.isOut(endpoint))
          assert.ok(out.length <= mostEjected(maxEjected, there.length), `${out.length} of ${there.length} with ${maxEjected}`)
          for (const endpoint of there) assert.equal(net.ejector.stateOf(endpoint) !== undefined, net.isOut(endpoint))
        }
        // Everything is well from now on: each endpoint that is out comes back with its next probe.
        await net.clock.advance(20_500)
        for (let i = 0; i < count; i += 1) net.probe(verdicts.success)
        assert.equal(there.filter((endpoint) => net.isOut(endpoint)).length, 0)
        await net.clock.advance(200_000)
        net.clock.assertIdle()
      },
    ),
    { numRuns: 150 },
  )
})

test('one endpoint may be out at any share, if it is not the only one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 10_000 }), fc.double({ min: 0.0001, max: 1, noNaN: true }), (count, share) => {
      const most = mostEjected(share, count)
      assert.ok(most >= 1 && most <= count && (most === 1 || most <= share * count + 1e-6))
    }),
  )
})
