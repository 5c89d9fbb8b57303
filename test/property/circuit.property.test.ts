import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { verdicts } from '../../src/call/verdict.ts'
import { Circuit } from '../../src/health/circuit.ts'
import { type CircuitOptions, circuitSettings } from '../../src/health/circuit-options.ts'
import { CircuitWindow } from '../../src/health/circuit-window.ts'
import { Circuits } from '../../src/health/circuits.ts'
import { HealthBoard } from '../../src/health/health-board.ts'
import type { Probe } from '../../src/health/probe.ts'
import { ProbeDesk } from '../../src/health/probe-desk.ts'
import { fakeClock } from '../../src/testing/fake-clock.ts'
import { testCall } from '../../src/testing/test-call.ts'
import { testEndpoint } from '../../src/testing/test-endpoint.ts'
import { testHost } from '../../src/testing/test-host.ts'
import { testReply } from '../../src/testing/test-reply.ts'

const outcome = { ok: true, reply: testReply() } as const

interface Ended {
  readonly afterMs: number
  readonly failed: boolean
  readonly slow: boolean
}

const ended = fc.record<Ended>({
  afterMs: fc.oneof({ weight: 6, arbitrary: fc.nat({ max: 1_500 }) }, fc.nat({ max: 15_000 })),
  failed: fc.boolean(),
  slow: fc.boolean(),
})

test('the window counts exactly what ended within its last ten slices, whatever the schedule', () => {
  fc.assert(
    fc.property(fc.array(ended, { maxLength: 60, size: 'max' }), fc.integer({ min: -50_000, max: 50_000 }), (schedule, begin) => {
      const window = new CircuitWindow(10_000)
      const all: (Ended & { slice: number })[] = []
      let at = begin
      for (const each of schedule) {
        at += each.afterMs
        window.count(at, each.failed, each.slow)
        all.push({ ...each, slice: Math.floor(at / 1_000) })
        const within = all.filter(({ slice }) => slice > Math.floor(at / 1_000) - 10)
        assert.deepEqual(
          [window.calls, window.failures, window.slow],
          [within.length, within.filter(({ failed }) => failed).length, within.filter(({ slow }) => slow).length],
        )
      }
    }),
  )
})

test('a closed circuit opens at the very call at which a model of its rules does', () => {
  const share = fc.oneof(fc.constantFrom(0.25, 0.5, 0.75, 1), fc.double({ min: 0.1, max: 1, noNaN: true }))
  const options = fc.record({
    failureShare: share,
    minimumCalls: fc.integer({ min: 1, max: 8 }),
    consecutiveFailures: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constant(false as const)),
    slowShare: share,
  })
  fc.assert(
    fc.property(options, fc.array(ended, { maxLength: 40, size: 'max' }), (given: CircuitOptions, schedule) => {
      const host = testHost()
      let now = 10_000
      const clock = { ...host.clock, now: () => now, wallTime: () => now, schedule: () => ({ cancel: () => {} }) }
      const settings = circuitSettings({ ...given, slowCall: '1s' })
      const circuit = new Circuit({ settings, clock, draw: () => 0, changed: () => {}, unseen: 0 })
      const all: (Ended & { slice: number })[] = []
      let inRow = 0
      for (const each of schedule) {
        now += each.afterMs
        // Begun at the same moment: what is slow is said, not waited for.
        circuit.count(each.failed, each.slow ? 1_001 : 0, now, now)
        all.push({ ...each, slice: Math.floor(now / 1_000) })
        inRow = each.failed ? inRow + 1 : 0
        const within = all.filter(({ slice }) => slice > Math.floor(now / 1_000) - 10)
        const count = (test: (entry: Ended) => boolean) => within.filter(test).length
        const enough = within.length >= settings.minimumCalls
        const opens =
          inRow >= settings.consecutiveFailures ||
          (enough && count(({ failed }) => failed) >= settings.failureShare * within.length) ||
          (enough && count(({ slow }) => slow) >= settings.slowShare * within.length)
        assert.equal(circuit.state, opens ? 'open' : 'closed')
        if (opens) return
      }
    }),
  )
})

type Step =
  | { readonly kind: 'attempt'; readonly endpoint: number; readonly failed: boolean }
  | { readonly kind: 'call'; readonly idempotent: boolean }
  | { readonly kind: 'end'; readonly probe: number; readonly verdict: 'success' | 'retryNever' | 'ignored' }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'force'; readonly endpoint: number; readonly to: 'open' | 'closed' | undefined }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('attempt' as const), endpoint: fc.nat({ max: 2 }), failed: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('call' as const), idempotent: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      probe: fc.nat(),
      verdict: fc.constantFrom('success' as const, 'retryNever' as const, 'ignored' as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat({ max: 3_000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('force' as const),
      endpoint: fc.nat({ max: 2 }),
      to: fc.constantFrom('open' as const, 'closed' as const, undefined),
    }),
  },
)

test('whatever happens, an endpoint has one probe at most, is kept out unless its circuit is closed, and closes by a probe that passed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const clock = fakeClock({ turns: 1, origins: false })
      const host = testHost({ clock })
      const board = new HealthBoard()
      const probes = new ProbeDesk(board, clock)
      const circuits = new Circuits({ host, random: host.random, board, probes })
      circuits.configure(circuitSettings({ consecutiveFailures: 2, openFor: '1s', probeTimeout: '2s' }))
      const endpoints = ['a', 'b', 'c'].map((name) => testEndpoint(`http://${name}:1`))
      const open: { probe: Probe; until: number }[] = []
      const passed = new Set<string>()
      const forced = new Set<string>()
      let heard = 0
      for (const each of steps) {
        if (each.kind === 'attempt') {
          const endpoint = endpoints[each.endpoint] as (typeof endpoints)[number]
          circuits.answered(endpoint, each.failed ? verdicts.retryNever : verdicts.success, 0, outcome)
        } else if (each.kind === 'call') {
          const probe = probes.take(testCall({ idempotent: each.idempotent }), () => true, false)
          if (probe !== undefined) {
            const now = clock.now()
            assert.ok(!open.some((other) => other.probe.endpoint === probe.endpoint && other.until > now), 'a second probe')
            assert.equal(circuits.snapshot(probe.endpoint)?.state, 'half-open')
            open.push({ probe, until: now + 2_000 })
          }
        } else if (each.kind === 'end' && open.length > 0) {
          const [{ probe, until }] = open.splice(each.probe % open.length, 1) as [(typeof open)[number]]
          if (each.verdict === 'success' && until > clock.now()) passed.add(probe.endpoint.address)
          probe.ended(verdicts[each.verdict])
          await clock.settle()
        } else if (each.kind === 'pass') await clock.advance(each.ms)
        else if (each.kind === 'force') {
          const endpoint = endpoints[each.endpoint] as (typeof endpoints)[number]
          circuits.force(endpoint, each.to)
          forced.add(endpoint.address)
          // Its probe, if there was one, is nobody's any more.
          for (let i = open.length - 1; i >= 0; i -= 1)
            if (open[i]?.probe.endpoint === endpoint) open[i] = { ...(open[i] as (typeof open)[number]), until: 0 }
        }
        for (const { name, event } of host.events.slice(heard)) {
          if (name !== 'circuit-closed' || event.endpoint === undefined) continue
          assert.ok(passed.delete(event.endpoint) || forced.has(event.endpoint), 'closed without a probe')
        }
        heard = host.events.length
        for (const endpoint of endpoints) {
          const closed = (circuits.snapshot(endpoint)?.state ?? 'closed') === 'closed'
          assert.equal(board.stateOf(endpoint), closed ? 'healthy' : 'unhealthy')
        }
      }
      circuits.close()
      probes.close()
      clock.assertIdle()
    }),
    { numRuns: 150 },
  )
})
