import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { MeterEnd } from '../../src/balancing/load-meter.ts'
import { peakEwma } from '../../src/balancing/peak-ewma.ts'
import { type Verdict, verdicts } from '../../src/call/verdict.ts'
import { fakeClock } from '../../src/testing/fake-clock.ts'
import { testEndpoints } from '../../src/testing/test-endpoint.ts'
import { testHost } from '../../src/testing/test-host.ts'

const verdict: fc.Arbitrary<Verdict> = fc.oneof(
  fc.constantFrom(...Object.values(verdicts)),
  fc.record({ kind: fc.constant('failure' as const), retry: fc.constant('always' as const), notBeforeMs: fc.double() }),
)

type Step =
  | { readonly does: 'begin'; readonly at: number }
  | { readonly does: 'answer' | 'end'; readonly which: number; readonly verdict: Verdict }
  | { readonly does: 'wait'; readonly ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ does: fc.constant('begin' as const), at: fc.nat(2) }),
  fc.record({ does: fc.constantFrom('answer' as const, 'end' as const), which: fc.nat(20), verdict }),
  fc.record({
    does: fc.constant('wait' as const),
    ms: fc.oneof(fc.double({ min: 0, max: 50, noNaN: true }), fc.constantFrom(3_000, 86_400_000)),
  }),
)

interface Underway {
  readonly at: number
  readonly startedAt: number
  readonly end: MeterEnd
  latencyMs: number | undefined
}

test('whatever happens, loads are finite, not negative, fade while nobody waits, and every attempt is let go', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const clock = fakeClock({ origins: false, turns: 0 })
      const meter = peakEwma()(testHost({ clock }))
      const endpoints = testEndpoints(3)
      const underway: Underway[] = []
      const answer = (attempt: Underway, judged: Verdict): void => {
        if (attempt.latencyMs !== undefined) return
        attempt.latencyMs = clock.now() - attempt.startedAt
        attempt.end.answered?.(judged, attempt.latencyMs)
      }
      const end = (attempt: Underway, judged: Verdict): void => {
        answer(attempt, judged)
        underway.splice(underway.indexOf(attempt), 1)
        endpoints[attempt.at]!.inFlight -= 1
        attempt.end(judged, attempt.latencyMs as number)
      }
      const loads = (): number[] => endpoints.map((endpoint) => meter.load(endpoint))
      for (const taken of steps) {
        const attempt = 'which' in taken ? underway[taken.which % Math.max(1, underway.length)] : undefined
        if (taken.does === 'begin') {
          const before = meter.load(endpoints[taken.at]!)
          endpoints[taken.at]!.inFlight += 1
          underway.push({ at: taken.at, startedAt: clock.now(), end: meter.began(endpoints[taken.at]!), latencyMs: undefined })
          assert.ok(meter.load(endpoints[taken.at]!) >= before)
        } else if (taken.does === 'wait') {
          const before = loads()
          // A day with an attempt in flight is 86,400 looks at the loop.
          if (underway.length === 0 || taken.ms < 10_000) await clock.advance(taken.ms)
          loads().forEach((load, at) => {
            if (underway.every((each) => each.at !== at || each.latencyMs !== undefined)) assert.ok(load <= before[at]!)
          })
        } else if (attempt !== undefined && taken.does === 'answer') answer(attempt, taken.verdict)
        else if (attempt !== undefined) end(attempt, taken.verdict)
        for (const load of loads()) assert.ok(Number.isFinite(load) && load >= 0, String(load))
      }
      for (const attempt of [...underway]) end(attempt, verdicts.success)
      clock.assertIdle()
      // Nothing is in flight any more: each load is a latency by itself, of at most the longest penalty or the longest wait.
      for (const load of loads()) assert.ok(load <= Math.max(300_000, 60 * 3_000), String(load))
    }),
    { numRuns: 150 },
  )
})
