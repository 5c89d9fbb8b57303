import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { inFlight } from '../../src/balancing/in-flight.ts'
import type { LoadMeter } from '../../src/balancing/load-meter.ts'
import { peakEwma } from '../../src/balancing/peak-ewma.ts'
import { powerOfTwo } from '../../src/balancing/power-of-two.ts'
import { type Verdict, verdicts } from '../../src/call/verdict.ts'
import type { Part } from '../../src/runtime/host.ts'
import { seededRandom } from '../../src/runtime/seeded-random.ts'
import { fakeClock } from '../../src/testing/fake-clock.ts'
import { testQuery } from '../../src/testing/test-call.ts'
import { type TestEndpoint, testEndpoints } from '../../src/testing/test-endpoint.ts'
import { testHost } from '../../src/testing/test-host.ts'

const endpointCount = 5

/** What an attempt at an endpoint meets, by the time since the beginning. */
type Behaviour = (index: number, timeMs: number) => { readonly latencyMs: number; readonly verdict: Verdict }

/**
 * Sends 200 calls a second by a Poisson process, in virtual time.
 *
 * @returns the share of calls that each endpoint got between two times.
 */
async function shares(meter: Part<LoadMeter>, behaviour: Behaviour, fromMs: number, toMs: number): Promise<number[]> {
  const clock = fakeClock({ origins: false, turns: 0 })
  const root = seededRandom('traffic')
  const draws = root.fork('arrivals')
  const endpoints = testEndpoints(endpointCount)
  const balancer = powerOfTwo(meter)(testHost({ clock, random: root.fork('host') }))
  const picker = balancer.picker(endpoints)
  const query = testQuery()
  const counts = endpoints.map(() => 0)
  const began = clock.now()
  for (let now = 0; now < toMs; ) {
    const chosen = picker.pick(query) as TestEndpoint
    const index = endpoints.indexOf(chosen)
    if (now >= fromMs) counts[index]! += 1
    chosen.inFlight += 1
    const ends = (balancer.meters ?? []).map((each) => each.began(chosen))
    const { latencyMs, verdict } = behaviour(index, now)
    clock.schedule(latencyMs, () => {
      chosen.inFlight -= 1
      for (const end of ends) {
        end.answered?.(verdict, latencyMs)
        end(verdict, latencyMs)
      }
    })
    now += -Math.log(1 - draws.next()) * 5
    await clock.advanceTo(began + now)
  }
  const total = counts.reduce((sum, count) => sum + count)
  return counts.map((count) => count / total)
}

function report(t: TestContext, found: readonly number[]): void {
  t.diagnostic(`shares: ${found.map((share) => share.toFixed(4)).join(' ')}`)
}

const good = { latencyMs: 20, verdict: verdicts.success }

test('an endpoint that fails fast gets next to nothing, where it would be the favourite by what is in flight', async (t) => {
  const failsFast: Behaviour = (index) => (index === 0 ? { latencyMs: 1, verdict: verdicts.retryNever } : good)
  const aware = await shares(peakEwma(), failsFast, 0, 60_000)
  report(t, aware)
  assert.ok(aware[0]! < 0.005, String(aware[0]))
  const blind = await shares(inFlight(), failsFast, 0, 60_000)
  report(t, blind)
  assert.ok(blind[0]! > 0.25, String(blind[0]))
})

test('an endpoint that failed for a while is back in two minutes', async (t) => {
  const recovers: Behaviour = (index, timeMs) => (index === 0 && timeMs < 10_000 ? { latencyMs: 1, verdict: verdicts.retryNever } : good)
  const found = await shares(peakEwma(), recovers, 120_000, 180_000)
  report(t, found)
  assert.ok(found[0]! > 0.16, String(found[0]))
})

test('an endpoint that stands still gets next to nothing before it has answered once', async (t) => {
  const hangs: Behaviour = (index) => (index === 0 ? { latencyMs: 1e9, verdict: verdicts.success } : good)
  const found = await shares(peakEwma(), hangs, 1_000, 20_000)
  report(t, found)
  assert.ok(found[0]! < 0.002, String(found[0]))
})

test('a slow endpoint gets little, and its fair share soon after it has recovered', async (t) => {
  const slow: Behaviour = (index, timeMs) => (index === 0 && timeMs < 20_000 ? { latencyMs: 2_000, verdict: verdicts.success } : good)
  const during = await shares(peakEwma(), slow, 5_000, 20_000)
  report(t, during)
  assert.ok(during[0]! < 0.02, String(during[0]))
  const after = await shares(peakEwma(), slow, 60_000, 90_000)
  report(t, after)
  assert.ok(after[0]! > 0.16, String(after[0]))
})

test('equal endpoints get equal shares', async (t) => {
  const found = await shares(peakEwma(), () => good, 0, 60_000)
  report(t, found)
  for (const share of found) assert.ok(Math.abs(share - 0.2) < 0.02, String(share))
})
