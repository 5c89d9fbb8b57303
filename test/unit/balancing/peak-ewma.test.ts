import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LoadMeter, MeterEnd } from '../../../src/balancing/load-meter.ts'
import { type PeakEwmaOptions, peakEwma, peakEwmaDefaults } from '../../../src/balancing/peak-ewma.ts'
import { type Verdict, verdicts } from '../../../src/call/verdict.ts'
import type { Clock } from '../../../src/runtime/clock.ts'
import { samePart } from '../../../src/runtime/part.ts'
import { type FakeClock, fakeClock } from '../../../src/testing/fake-clock.ts'
import { type TestEndpoint, testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'
import { BlockableClock } from './blockable-clock.ts'

/** A meter with endpoints, and attempts that take time on its clock. */
class Stand<C extends Clock> {
  readonly clock: C
  readonly meter: LoadMeter
  readonly endpoints: readonly TestEndpoint[]

  constructor(clock: C, options?: PeakEwmaOptions) {
    this.clock = clock
    this.meter = peakEwma(options)(testHost<C>({ clock }))
    this.endpoints = testEndpoints(3)
  }

  get a(): TestEndpoint {
    return this.endpoints[0] as TestEndpoint
  }

  get b(): TestEndpoint {
    return this.endpoints[1] as TestEndpoint
  }

  begin(endpoint = this.a): Underway {
    endpoint.inFlight += 1
    return new Underway(this.clock, endpoint, this.meter.began(endpoint))
  }

  load(endpoint = this.a): number {
    return this.meter.load(endpoint)
  }
}

class Underway {
  readonly #clock: Clock
  readonly #endpoint: TestEndpoint
  readonly #end: MeterEnd
  readonly #startedAt: number
  #latencyMs: number | undefined

  constructor(clock: Clock, endpoint: TestEndpoint, end: MeterEnd) {
    this.#clock = clock
    this.#endpoint = endpoint
    this.#end = end
    this.#startedAt = clock.now()
  }

  answer(verdict: Verdict = verdicts.success): this {
    this.#latencyMs = this.#clock.now() - this.#startedAt
    this.#end.answered?.(verdict, this.#latencyMs)
    return this
  }

  end(verdict: Verdict = verdicts.success): void {
    if (this.#latencyMs === undefined) this.answer(verdict)
    this.#endpoint.inFlight -= 1
    this.#end(verdict, this.#latencyMs as number)
  }
}

function world(options?: PeakEwmaOptions): Stand<FakeClock> {
  return new Stand(fakeClock({ origins: false, turns: 0 }), options)
}

/** An attempt that takes a while, from beginning to end. */
async function attempt(stand: Stand<FakeClock>, ms: number, verdict: Verdict = verdicts.success, endpoint = stand.a): Promise<void> {
  const underway = stand.begin(endpoint)
  await stand.clock.advance(ms)
  underway.end(verdict)
}

function assertClose(found: number, expected: number, tolerance = 1e-6): void {
  assert.ok(Math.abs(found - expected) <= tolerance, `${found} instead of ${expected}`)
}

test('an endpoint that was never measured has no load while it is idle, and then the seed, times what is in flight and one more', () => {
  const stand = world()
  assert.equal(stand.load(), 0)
  const first = stand.begin()
  assert.equal(stand.load(), 60)
  assert.equal(stand.load(stand.b), 0)
  first.end(verdicts.ignored)
  assert.equal(stand.load(), 0, 'the caller left: nothing was found out')
})

test('the first measurement takes the place of the seed, also when it is shorter', async () => {
  const stand = world()
  await attempt(stand, 4)
  assertClose(stand.load(), 4)
})

test('a longer latency counts at once and in full, a shorter one by the time that went by', async () => {
  const stand = world()
  await attempt(stand, 10)
  await attempt(stand, 200)
  assertClose(stand.load(), 200)
  await stand.clock.advance(1_000)
  await attempt(stand, 10)
  const kept = Math.exp(-1_010 / 10_000)
  assertClose(stand.load(), 200 * kept + 10 * (1 - kept))
})

test('a measurement fades as time goes by, and reading it changes nothing', async () => {
  const stand = world()
  await attempt(stand, 200)
  await stand.clock.advance(10_000)
  for (let i = 0; i < 5; i += 1) assertClose(stand.load(), 200 / Math.E)
  await stand.clock.advance(10_000)
  assertClose(stand.load(), 200 / Math.E ** 2)
})

test('the seed fades too, while the first call is waited for', async () => {
  const stand = world({ seed: '1h' })
  const first = stand.begin()
  await stand.clock.advance(10_000)
  assertClose(stand.load(), (2 * 3_600_000) / Math.E)
  first.end()
})

test('below a millisecond only what is in flight makes a difference', async () => {
  const stand = world()
  await attempt(stand, 0.01, verdicts.success, stand.a)
  await attempt(stand, 0.4, verdicts.success, stand.b)
  assert.equal(stand.load(stand.a), stand.load(stand.b))
  stand.begin(stand.a)
  assert.ok(stand.load(stand.a) > stand.load(stand.b))
})

test('a failure counts as the penalty however fast it came, and fades like any latency', async () => {
  const stand = world()
  await attempt(stand, 1, verdicts.retryNever)
  assertClose(stand.load(), 5_000)
  await stand.clock.advance(10_000)
  assertClose(stand.load(), 5_000 / Math.E)
})

test('a failure never counts for less than what was known, or than the time that it took', async () => {
  const stand = world()
  await attempt(stand, 20_000)
  await attempt(stand, 1, verdicts.retryNever)
  assertClose(stand.load(), 20_000 * Math.exp(-1 / 10_000))
  await attempt(stand, 60_000, verdicts.retryIfIdempotent)
  assertClose(stand.load(), 60_000)
})

test('an endpoint that asks to be left alone is, up to five minutes', async () => {
  for (const [notBeforeMs, expected] of [
    [1_000, 5_000],
    [60_000, 60_000],
    [86_400_000, 300_000],
    [Number.NaN, 5_000],
    [-1, 5_000],
    [Number.POSITIVE_INFINITY, 300_000],
  ] as const) {
    const stand = world()
    await attempt(stand, 1, { kind: 'failure', retry: 'always', notBeforeMs })
    assertClose(stand.load(), expected)
  }
})

test('what is ignored counts for nothing, however long it took', async () => {
  const stand = world()
  await attempt(stand, 10)
  await attempt(stand, 500, verdicts.ignored)
  assertClose(stand.load(), 10 * Math.exp(-500 / 10_000))
})

test('the latency ends with the head, what is in flight with the body', async () => {
  const stand = world()
  const streaming = stand.begin()
  await stand.clock.advance(20)
  streaming.answer()
  assertClose(stand.load(), 40)
  await stand.clock.advance(3_600_000)
  // An hour of body: nobody waits for a head, so nothing says that the endpoint is slow.
  assert.equal(stand.load(), 2)
  streaming.end()
  assert.equal(stand.load(), 1)
})

test('a body that fails after a good head is a failure, counted once', async () => {
  const stand = world()
  const broken = stand.begin()
  await stand.clock.advance(20)
  broken.answer()
  broken.end(verdicts.retryNever)
  assertClose(stand.load(), 5_000)
  const failed = stand.begin(stand.b)
  failed.answer(verdicts.retryNever)
  await stand.clock.advance(10_000)
  failed.end(verdicts.retryNever)
  assertClose(stand.load(stand.b), 5_000 / Math.E)
})

test('a caller that leaves a body takes nothing back of what was measured', async () => {
  const stand = world()
  const left = stand.begin()
  await stand.clock.advance(20)
  left.answer()
  left.end(verdicts.ignored)
  assertClose(stand.load(), 20)
})

test('an endpoint that stands still is seen before its first answer', async () => {
  const stand = world()
  for (const endpoint of [stand.a, stand.b]) await attempt(stand, 10, verdicts.success, endpoint)
  const stalled = stand.begin()
  await stand.clock.advance(500)
  assertClose(stand.load(), 500 * 2)
  assert.ok(stand.load(stand.b) < 10)
  // It answers after all: the peak stays.
  stalled.end()
  assertClose(stand.load(), 500)
})

test('what waits counts as long as the middle one has waited, if that is longer than usual', async () => {
  const stand = world()
  await attempt(stand, 50)
  const slow: Underway[] = []
  for (const ms of [10, 20, 480]) {
    slow.push(stand.begin())
    await stand.clock.advance(ms)
  }
  // They have waited for 510, 500 and 480 ms.
  assertClose(stand.load(), 500 * 4)
  slow.pop()?.end(verdicts.ignored)
  // Of two, the younger one: one is not more than half.
  assertClose(stand.load(), 500 * 3)
  slow.pop()?.end(verdicts.ignored)
  assertClose(stand.load(), 510 * 2)
})

test('a few that have waited for long do not outvote many that have not', async () => {
  const stand = world()
  await attempt(stand, 50)
  const all = [stand.begin(), stand.begin(), stand.begin(), stand.begin()]
  await stand.clock.advance(40)
  for (let i = 0; i < 5; i += 1) all.push(stand.begin())
  await stand.clock.advance(40)
  assertClose(stand.load(), 50 * Math.exp(-80 / 10_000) * 10)
  for (const each of all) each.end(verdicts.ignored)
})

test('another attempt at an endpoint that stands still does not make it look better', async () => {
  const stand = world()
  await attempt(stand, 50)
  stand.begin()
  await stand.clock.advance(3_000)
  assertClose(stand.load(), 3_000 * 2)
  stand.begin()
  assertClose(stand.load(), 3_000 * 3)
})

test('an idle endpoint that was slow long ago is tried again, once in a hundred attempts at most', async () => {
  const stand = world()
  await attempt(stand, 40, verdicts.success, stand.endpoints[2])
  await attempt(stand, 2_000, verdicts.success, stand.a)
  const others = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1) await attempt(stand, 40, verdicts.success, stand.b)
  }
  await others(97)
  // Time enough, but too few attempts.
  assert.ok(stand.load() > 1_000)
  await others(1)
  assert.equal(stand.load(), 0)
  const probe = stand.begin()
  assert.ok(stand.load() > 1_000, 'there is one probe at a time')
  assert.ok(stand.load(stand.endpoints[2]) > 0, 'and the next one has to wait, wherever it goes')
  await stand.clock.advance(5)
  probe.end()
  assertClose(stand.load(), 5)
  await others(99)
  assert.equal(stand.load(stand.endpoints[2]), 0)
})

test('what was measured lately needs no probe', async () => {
  const stand = world()
  for (let i = 0; i < 1_000; i += 1) await attempt(stand, 10, verdicts.success, stand.b)
  await stand.clock.advance(2_999)
  assert.ok(stand.load(stand.b) > 0)
  await stand.clock.advance(1)
  assert.equal(stand.load(stand.b), 0)
})

test('what failed is left alone for as long as a failure counts, and is back at once when it answers the probe', async () => {
  const stand = world()
  for (let i = 0; i < 150; i += 1) await attempt(stand, 10, verdicts.success, stand.b)
  await attempt(stand, 10, verdicts.retryNever, stand.a)
  await stand.clock.advance(4_999)
  assert.ok(stand.load(stand.a) > 1_000)
  await stand.clock.advance(1)
  assert.equal(stand.load(stand.a), 0)
  await attempt(stand, 10, verdicts.success, stand.a)
  assertClose(stand.load(stand.a), 10)
})

test('answers to stray calls do not keep an endpoint that failed from coming back', async () => {
  const stand = world()
  await attempt(stand, 10, verdicts.retryNever, stand.a)
  for (let second = 0; second < 4; second += 1) {
    for (let i = 0; i < 19; i += 1) await attempt(stand, 50, verdicts.success, stand.b)
    await attempt(stand, 10, verdicts.success, stand.a)
  }
  assert.ok(stand.load(stand.a) > 1_000, 'what it did lately weighs more than an answer now and then')
  for (let i = 0; i < 40; i += 1) await attempt(stand, 50, verdicts.success, stand.b)
  assert.equal(stand.load(stand.a), 0, 'it is tried again when its patience is over, not a while after its last answer')
  await attempt(stand, 10, verdicts.success, stand.a)
  assertClose(stand.load(stand.a), 10)
})

test('an answer counts alone when the patience of an endpoint that failed is over, also if nobody asked for a probe', async () => {
  const stand = world({ forceProbe: Number.POSITIVE_INFINITY })
  await attempt(stand, 10, verdicts.retryNever, stand.a)
  await stand.clock.advance(4_980)
  await attempt(stand, 10, verdicts.success, stand.a)
  assert.ok(stand.load(stand.a) > 1_000)
  await attempt(stand, 10, verdicts.success, stand.a)
  assertClose(stand.load(stand.a), 10)
})

test('an endpoint that asked for more patience is left alone for as long as it asked', async () => {
  const stand = world()
  for (let i = 0; i < 150; i += 1) await attempt(stand, 10, verdicts.success, stand.b)
  await attempt(stand, 10, { kind: 'failure', retry: 'never', notBeforeMs: 20_000 }, stand.a)
  await stand.clock.advance(19_999)
  assert.ok(stand.load(stand.a) > 1_000)
  await stand.clock.advance(1)
  assert.equal(stand.load(stand.a), 0)
})

test('an endpoint that is readmitted counts as it did before it failed, until it is measured', async () => {
  const stand = world()
  await attempt(stand, 40, verdicts.success, stand.a)
  for (let i = 0; i < 5; i += 1) await attempt(stand, 1, verdicts.retryNever, stand.a)
  assert.ok(stand.load(stand.a) > 4_000)
  stand.meter.readmitted?.(stand.a)
  const back = stand.load(stand.a)
  assert.ok(back > 39 && back <= 40, `${back}`)
  await attempt(stand, 12, verdicts.success, stand.a)
  assertClose(stand.load(stand.a), 12)
})

test('an endpoint that never failed is readmitted without a change', async () => {
  const stand = world()
  await attempt(stand, 40, verdicts.success, stand.a)
  const before = stand.load(stand.a)
  stand.meter.readmitted?.(stand.a)
  assert.equal(stand.load(stand.a), before)
})

test('probes can be turned off', async () => {
  const stand = world({ forceProbe: Number.POSITIVE_INFINITY })
  await attempt(stand, 2_000, verdicts.success, stand.a)
  for (let i = 0; i < 500; i += 1) await attempt(stand, 40, verdicts.success, stand.b)
  assert.ok(stand.load() > 1)
})

test('time that this process itself was late by counts for no endpoint', () => {
  const stand = new Stand(new BlockableClock())
  const first = stand.begin()
  stand.clock.block(4)
  stand.clock.runDue()
  first.end()
  assertClose(stand.load(), 4)
  const blocked = stand.begin()
  stand.clock.block(510)
  // Without the subtraction it would be 510 ms, seen in flight and measured.
  assert.ok(stand.load() <= 2 * 20, String(stand.load()))
  blocked.end()
  assert.ok(stand.load() <= 20, String(stand.load()))
})

test('when everything has ended nothing is scheduled', async () => {
  const stand = world()
  const two = [stand.begin(stand.a), stand.begin(stand.b)]
  await stand.clock.advance(100_000)
  for (const each of two) each.end()
  stand.clock.assertIdle()
})

test('ends are used again, so that metering allocates nothing', async () => {
  const { meter, a, b } = world()
  const first = meter.began(a)
  const second = meter.began(b)
  assert.notEqual(first, second)
  first.answered?.(verdicts.success, 5)
  first(verdicts.success, 5)
  assert.equal(meter.began(b), first)
})

test('options that are out of range are refused by name', () => {
  assert.throws(() => peakEwma({ decay: 0 }), /^TypeError: peakEwma: decay: expected a duration such as .*, in \(0, Infinity\), got 0$/)
  assert.throws(() => peakEwma({ seed: Number.POSITIVE_INFINITY }), /peakEwma: seed: expected/)
  assert.throws(() => peakEwma({ penalty: '5 s' as never }), /peakEwma: penalty: expected .* got "5 s"/)
  assert.throws(() => peakEwma({ tau: '1s' } as never), /peakEwma: expected only the options decay, seed, penalty, forceProbe, got "tau"/)
})

test('its defaults are named, and it prints what it was made with', () => {
  assert.deepEqual(peakEwmaDefaults, { decay: '10s', seed: '30ms', penalty: '5s', forceProbe: '3s' })
  assert.ok(samePart(peakEwma(), peakEwma({ decay: undefined, seed: 30 })))
  assert.equal(
    JSON.stringify(peakEwma({ seed: '1s' })),
    '{"kind":"peak-ewma","decayMs":10000,"seedMs":1000,"penaltyMs":5000,"forceProbeMs":3000}',
  )
})
