import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type PrequalOptions, prequal, prequalByReports, prequalDefaults } from '../../../src/balancing/prequal.ts'
import { PrequalPool, reuseBudget } from '../../../src/balancing/prequal-pool.ts'
import { QuantileWindow } from '../../../src/balancing/quantile-window.ts'
import type { ProbeAnswer } from '../../../src/call/load-report.ts'
import { replied } from '../../../src/call/outcome.ts'
import { type Verdict, verdicts } from '../../../src/call/verdict.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { seededRandom } from '../../../src/runtime/seeded-random.ts'
import { testQuery } from '../../../src/testing/test-call.ts'
import { type TestEndpoint, testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'
import { testReply } from '../../../src/testing/test-reply.ts'

const anyone = testQuery()
const nobodyBarred = { isBarred: () => false }

function world(count: number, options?: PrequalOptions) {
  const host = testHost()
  const balancer = prequal(options)(host)
  const endpoints = testEndpoints(count)
  const picker = balancer.picker(endpoints)
  const end = (index: number, verdict: Verdict, headers: Record<string, string> = {}) => {
    const over = balancer.meters?.[0]?.began(endpoints[index] as Endpoint)
    over?.answered?.(verdict, 5, replied(testReply({ headers })))
    over?.(verdict, 5)
  }
  const report = (index: number, rif: number, latencyMs: number, verdict: Verdict = verdicts.success) =>
    end(index, verdict, { 'endpoint-load-metrics': `TEXT named_metrics.rif=${rif},named_metrics.latency_ms=${latencyMs}` })
  const counts = (picks: number, query = anyone) => {
    const found = Array<number>(count).fill(0)
    for (let i = 0; i < picks; i += 1) found[endpoints.indexOf(picker.pick(query) as TestEndpoint)]! += 1
    return found
  }
  return { host, clock: host.clock, balancer, endpoints, picker, report, end, counts }
}

test('the reuse budget is that of the paper: 1.32, 3.39 and 11.76 with 100 endpoints', () => {
  assert.equal(reuseBudget(100, 16, 3, 1).toFixed(2), '1.32')
  assert.equal(reuseBudget(100, 16, 1, 0.25).toFixed(2), '3.39')
  assert.equal(reuseBudget(100, 16, 0.5, 0.25).toFixed(2), '11.76')
  assert.equal(reuseBudget(1_000_000, 16, 16, 0), 1, 'never less than once')
  assert.equal(reuseBudget(10, 16, 3, 1), Number.POSITIVE_INFINITY, 'entries leave faster than they come')
})

test('the defaults are those of the paper; by reports, fewer are looked at by chance', () => {
  const { pool, probes, removals, maxAge, quantile } = prequalDefaults
  assert.deepEqual({ pool, probes, removals, maxAge }, { pool: 16, probes: 3, removals: 1, maxAge: '1s' })
  assert.equal(quantile.toFixed(3), '0.841')
  assert.deepEqual(prequalByReports, { probes: 0.25, removals: 0.25 })
})

function pool(budget = Number.POSITIVE_INFINITY, size = 16, maxAgeMs = 1_000) {
  return new PrequalPool(1_000, size, maxAgeMs, budget, seededRandom('pool'))
}

function admit(some: PrequalPool, index: number, rif: number, latencyMs: number, at: number): void {
  some.admit(Int32Array.of(index), Float64Array.of(rif, latencyMs, at), 1)
}

test('of the cold ones the fastest is chosen, and of the hot ones, if all are, that with least in flight', () => {
  const [a, b, c] = [0, 1, 2] as const
  const some = pool()
  admit(some, a, 9, 1, 0)
  admit(some, b, 3, 20, 0)
  admit(some, c, 4, 10, 0)
  assert.equal(some.choose(5, 0, nobodyBarred), c, 'the fastest of all is hot')
  // Now c has 5 in flight.
  assert.equal(some.choose(4, 0, nobodyBarred), b)
  assert.equal(some.choose(0, 0, nobodyBarred), b, 'all are hot; b has 4')
  assert.equal(some.choose(0, 0, { isBarred: (index) => index === b }), c)
})

test('a choice counts as one more in flight', () => {
  const [a, b] = [0, 1] as const
  const some = pool()
  admit(some, a, 0, 5, 0)
  admit(some, b, 0, 6, 0)
  const order = Array.from({ length: 6 }, () => some.choose(2, 0, nobodyBarred))
  assert.deepEqual(order, [a, a, a, b, b, b])
})

test('an entry leaves when it is used up, too old, or the oldest in a full pool', () => {
  const [a, b, c] = [0, 1, 2] as const
  const usedUp = pool(1)
  admit(usedUp, a, 0, 1, 0)
  admit(usedUp, b, 0, 2, 0)
  admit(usedUp, c, 0, 3, 0)
  assert.deepEqual([usedUp.choose(9, 0, nobodyBarred), usedUp.choose(9, 0, nobodyBarred), usedUp.choose(9, 0, nobodyBarred)], [a, b, -1])
  const old = pool()
  admit(old, a, 0, 1, 0)
  admit(old, b, 0, 2, 500)
  admit(old, c, 0, 3, 500)
  assert.equal(old.choose(9, 1_000, nobodyBarred), a)
  assert.equal(old.choose(9, 1_001, nobodyBarred), b)
  assert.equal(old.count, 2)
  const full = pool(9, 2)
  admit(full, a, 0, 1, 0)
  admit(full, b, 0, 2, 1)
  admit(full, c, 0, 3, 2)
  assert.equal(full.count, 2)
  assert.equal(full.choose(9, 2, nobodyBarred), b)
})

test('a budget with a fraction counts by chance, on average as it is', () => {
  const some = pool(1.32, 1_000)
  for (let index = 0; index < 1_000; index += 1) admit(some, index, 0, 1, 0)
  let uses = 0
  while (some.choose(Number.POSITIVE_INFINITY, 0, nobodyBarred) !== -1) uses += 1
  assert.ok(Math.abs(uses / 1_000 - 1.32) < 0.05, `${uses / 1_000}`)
})

test('the worst and the oldest are taken out in turn', () => {
  const [a, b, c, d] = [0, 1, 2, 3] as const
  const some = pool()
  admit(some, a, 1, 1, 0)
  admit(some, b, 9, 1, 1)
  admit(some, c, 1, 50, 2)
  admit(some, d, 1, 40, 3)
  some.thin(5)
  assert.equal(some.choose(5, 3, { isBarred: (index) => index !== b && index !== a }), -1, 'b was hot')
  some.thin(5)
  some.thin(5)
  // What is left of a (the oldest), c (the slowest) and d.
  assert.equal(some.count, 1)
  admit(some, a, 100, 1, 4)
  assert.equal(some.choose(5, 4, nobodyBarred), d)
})

test('the same news again renews nothing', () => {
  const [a, b] = [0, 1] as const
  const some = pool()
  admit(some, a, 0, 1, 0)
  admit(some, b, 0, 2, 0)
  for (let i = 0; i < 3; i += 1) some.choose(2, 0, nobodyBarred)
  admit(some, a, 0, 1, 0)
  assert.equal(some.choose(2, 0, nobodyBarred), b)
})

test('the quantile of a window is that of a sorted copy', () => {
  const values = fc.array(fc.nat({ max: 5_000 }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 40 }), (all, quantile, size) => {
      const window = new QuantileWindow(size, quantile)
      all.forEach((value, index) => {
        window.add(Float64Array.of(value), 1, 1)
        const last = all.slice(Math.max(0, index + 1 - size), index + 1).map((each) => Math.min(4_095, each))
        last.sort((left, right) => left - right)
        assert.equal(window.value, last[Math.max(1, Math.ceil(quantile * last.length)) - 1])
      })
    }),
  )
})

test('calls go by chance as long as nobody reports', () => {
  const { balancer, counts } = world(4)
  for (const count of counts(4_000)) assert.ok(Math.abs(count - 1_000) < 120, String(count))
  assert.deepEqual(balancer.counts?.(), { reports: 0, randomChoices: 4_000 })
})

test('calls go to whoever reports least latency among those that are not hot', () => {
  const { report, counts } = world(10)
  for (let index = 0; index < 10; index += 1) report(index, index === 0 ? 40 : 2, index === 0 ? 1 : 60 - 5 * index)
  assert.equal(counts(1)[9], 1, 'the first is faster, and has more in flight than nearly all others')
})

test('one that reports high latency is avoided while others are fresh', async () => {
  const { clock, report, counts } = world(10)
  let slow = 0
  for (let round = 0; round < 100; round += 1) {
    for (let index = 0; index < 10; index += 1) report(index, 3, index === 0 ? 500 : 10)
    slow += counts(5)[0] as number
    await clock.advance(1)
  }
  assert.ok(slow <= 5, `${slow} of 500`)
})

test('reports that are older than a second are forgotten', async () => {
  const { clock, balancer, report, counts } = world(3)
  for (let index = 0; index < 3; index += 1) report(index, 1, index === 0 ? 1 : 100)
  counts(5)
  assert.equal(balancer.counts?.().randomChoices, 0)
  await clock.advance(1_001)
  const found = counts(3_000)
  for (const count of found) assert.ok(Math.abs(count - 1_000) < 120, String(found))
})

test('an endpoint that fails fast does not attract calls, whatever it reports', () => {
  const { report, end, counts } = world(10)
  for (let index = 0; index < 10; index += 1) report(index, 10, 50)
  // The sinkhole: idle and fast, since it does nothing.
  for (let i = 0; i < 3; i += 1) report(0, 0, 0.1, verdicts.retryIfIdempotent)
  let hits = 0
  for (let i = 0; i < 200; i += 1) {
    const found = counts(1)
    const chosen = found.indexOf(1)
    if (chosen === 0) hits += 1
    report(chosen, chosen === 0 ? 0 : 10, chosen === 0 ? 0.1 : 50, chosen === 0 ? verdicts.retryIfIdempotent : verdicts.success)
  }
  assert.equal(hits, 0)
  end(1, verdicts.retryIfIdempotent)
  report(1, 0, 0.1)
  const one = counts(60)[1] as number
  assert.ok(one >= 10, 'a single failure is no sinkhole')
})

test('a sinkhole is tried again when its failures have faded', async () => {
  const { clock, report, counts } = world(2)
  for (let i = 0; i < 4; i += 1) report(0, 0, 1, verdicts.retryNever)
  assert.ok((counts(500)[0] as number) < 40)
  await clock.advance(10_000)
  assert.ok((counts(500)[0] as number) > 150)
})

test('without probes, one call in twenty finds out about an endpoint of which nothing is known', () => {
  const { report, counts } = world(50)
  const known = new Set([0, 1, 2, 3, 4])
  for (let round = 0; round < 1_000; round += 1) {
    for (const index of known) report(index, 1, 10)
    known.add(counts(1).indexOf(1))
  }
  assert.ok(known.size > 35, `${known.size} of 50 were found`)
})

test('what this process began since a report counts, whoever learns of the report only then', () => {
  const { balancer, endpoints, report } = world(2, { quantile: 0, probes: 2 })
  report(0, 5, 1)
  report(1, 6, 1)
  endpoints[0]!.inFlight += 10
  const picker = balancer.picker(endpoints)
  // What is looked up for a call counts for the next.
  picker.pick(anyone)
  assert.equal(picker.pick(anyone), endpoints[1])
})

test('without probes, every sixteenth call looks at four', () => {
  const { balancer, endpoints, report } = world(40, { quantile: 0 })
  for (let i = 0; i < 40; i += 1) report(i, 30, 5)
  // They have heard nothing of it.
  const sets = Array.from({ length: 200 }, () => balancer.picker(endpoints))
  for (const each of sets) for (let call = 0; call < 15; call += 1) each.pick(anyone)
  assert.equal(balancer.counts?.().randomChoices, 15 * 200, 'nobody has looked')
  for (const each of sets) each.pick(anyone)
  assert.equal(balancer.counts?.().randomChoices, 16 * 200, 'it is read for the next')
  const chosen = new Set(sets.map((each) => each.pick(anyone)))
  assert.equal(balancer.counts?.().randomChoices, 16 * 200)
  assert.equal(chosen.size > 30, true, 'each has looked at others')
})

test('what an endpoint reports counts for the next call, in every picker that has it', () => {
  const { balancer, endpoints, report } = world(40)
  const tiers = [balancer.picker(endpoints.slice(0, 20)), balancer.picker(endpoints.slice(20)), balancer.picker(endpoints.toReversed())]
  for (const index of [3, 4, 23, 24]) report(index, 1, 50 - index)
  assert.deepEqual(
    tiers.map((tier) => tier.pick(anyone)),
    [endpoints[4], endpoints[24], endpoints[24]],
  )
  assert.equal(balancer.counts?.().randomChoices, 0)
})

test('a picker that is used again is told again, and many that are in use are all told', async () => {
  const { clock, balancer, endpoints, report, picker } = world(20)
  await clock.advance(1_001)
  for (const index of [5, 6]) report(index, 1, index)
  picker.pick(anyone)
  assert.equal(balancer.counts?.().randomChoices, 1, 'it did not hear of them')
  for (const index of [7, 8]) report(index, 1, index)
  assert.equal(picker.pick(anyone), endpoints[7])
  const sets = Array.from({ length: 60 }, () => balancer.picker(endpoints))
  for (const index of [9, 10]) report(index, 1, index)
  for (const each of sets) assert.equal(each.pick(anyone), endpoints[9])
})

test('a report counts once for what is hot, however many pickers there are', () => {
  // With all that was reported of late, or with half of it, the middle one differs.
  const { balancer, endpoints, report } = world(4, { quantile: 0.5, pool: 4 })
  const pickers = Array.from({ length: 40 }, () => balancer.picker(endpoints))
  for (let i = 0; i < 100; i += 1) report(0, 2, 50)
  for (const index of [1, 2, 3]) report(index, 9, index)
  assert.equal(pickers[0]?.pick(anyone), endpoints[0], 'the others are hot')
})

test('with probes, what replies report counts for nothing', async () => {
  const probe = async (endpoint: Endpoint): Promise<ProbeAnswer> => ({ rif: 1, latencyMs: endpoint.hostname.endsWith('.1') ? 7.1 : 7 })
  const { clock, endpoints, picker, report } = world(6, { probe })
  const found = Array<number>(6).fill(0)
  for (let i = 0; i < 600; i += 1) {
    const index = endpoints.indexOf(picker.pick(anyone) as TestEndpoint)
    found[index]! += 1
    await clock.settle()
    report(index, 1, 6)
    await clock.advance(1)
  }
  assert.ok(Math.max(...found) < 300, String(found))
})

test('without probes, one of which nothing is known gets its call soon after it is due', async () => {
  for (const silent of [3, 11, 19]) {
    const { clock, report, counts } = world(20)
    let calls = 0
    let silentCalls = 0
    for (; calls < 2_000; calls += 1) {
      for (let index = 0; index < 20; index += 1) if (index !== silent) report(index, 1, 10)
      silentCalls += counts(1)[silent] as number
      await clock.advance(1)
    }
    // One in twenty, and on average half a turn around twenty endpoints, two a call.
    assert.ok(Math.abs(silentCalls / calls - 1 / 30) < 0.01, `${silentCalls} of ${calls}`)
  }
})

test('what the call has tried is left out', () => {
  const { endpoints, report, counts } = world(4)
  for (let index = 0; index < 4; index += 1) report(index, 1, index)
  assert.deepEqual(counts(50, testQuery(endpoints.slice(0, 3))), [0, 0, 0, 50])
})

test('probes are sent after a choice, and choices go by their answers', async () => {
  const asked: Endpoint[] = []
  const load = (endpoint: Endpoint): ProbeAnswer => ({
    rif: 1,
    latencyMs: endpoint.port === 0 ? 0 : Number(endpoint.hostname.split('.')[3]),
  })
  const { clock, balancer, endpoints, picker } = world(20, {
    probe: async (endpoint) => {
      asked.push(endpoint)
      return load(endpoint)
    },
  })
  picker.pick(anyone)
  assert.equal(asked.length, 0, 'no choice waits for a probe')
  await clock.settle()
  assert.equal(new Set(asked).size, 3)
  let sum = 0
  for (let i = 0; i < 230; i += 1) {
    const chosen = endpoints.indexOf(picker.pick(anyone) as TestEndpoint)
    if (i >= 30) sum += chosen
    await clock.advance(1)
    await clock.settle()
  }
  assert.equal(asked.length, 693)
  // By chance it would be 9.5.
  assert.ok(sum / 200 < 5, `${sum / 200}`)
  const counts = balancer.counts?.() ?? {}
  assert.equal(counts.probesAnswered, 693)
})

test('a fractional number of probes comes out on average', async () => {
  let asked = 0
  const probe = async () => {
    asked += 1
    return { rif: 1, latencyMs: 1 }
  }
  const { clock, picker } = world(20, { probe, probes: 0.5 })
  for (let i = 0; i < 40; i += 1) {
    picker.pick(anyone)
    await clock.settle()
  }
  assert.equal(asked, 20)
})

test('probes are limited in number and time, counted, and ended at the close', async () => {
  const signals: AbortSignal[] = []
  const probe = (_endpoint: Endpoint, signal: AbortSignal) => {
    signals.push(signal)
    return new Promise<ProbeAnswer>(() => {})
  }
  const { clock, balancer, counts } = world(20, { probe, mostProbes: 4, probeTimeout: '50ms' })
  counts(10)
  await clock.settle()
  assert.equal(signals.length, 4)
  assert.deepEqual(
    { ...balancer.counts?.() },
    { reports: 0, randomChoices: 10, probes: 4, probesAnswered: 0, probesFailed: 0, probesSkipped: 26, probesUnderway: 4 },
  )
  await clock.advance(50)
  assert.ok(signals.every((signal) => signal.aborted))
  assert.equal(balancer.counts?.().probesUnderway, 0)
  assert.equal(balancer.counts?.().probesFailed, 4)
  counts(1)
  await clock.settle()
  assert.equal(signals.length, 7)
  balancer.close?.()
  await clock.settle()
  assert.ok(signals.every((signal) => signal.aborted))
  clock.assertIdle()
  counts(1)
  await clock.settle()
  assert.equal(signals.length, 7, 'none after the close')
})

test('a probe that throws, or answers nonsense, is told once and hurts no call', async () => {
  const answers: unknown[] = [{ rif: -1, latencyMs: 0 }, 'busy', undefined]
  const probe = (async () => {
    const answer = answers.pop()
    if (answer === undefined) throw new Error('refused')
    return answer
  }) as unknown as NonNullable<PrequalOptions['probe']>
  const { host, clock, balancer, counts } = world(5, { probe })
  for (let i = 0; i < 5; i += 1) {
    counts(1)
    await clock.settle()
  }
  assert.equal(balancer.counts?.().probesAnswered, 0)
  assert.equal(host.events.filter(({ name }) => name === 'part-threw').length, 1)
})

test('options that cannot be are told', () => {
  assert.throws(() => prequal({ pool: 1 }), /^TypeError: prequal: pool: expected an integer in \[2, 1024\], got 1$/)
  assert.throws(
    () => prequal({ probe: '/load' as never }),
    /prequal: probe: expected a function \(endpoint, signal\) => answer, got "\/load"/,
  )
  assert.throws(() => prequal({ quantile: Number.NaN }), /prequal: quantile: expected a number in \[0, 1\], got NaN/)
})
