import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fakeClock } from '../../../src/testing/index.ts'
import type { EndedSpan } from '../../../src/tracing/ended-span.ts'
import { TraceKeeper, type TraceKeeperSettings } from '../../../src/tracing/trace-keeper.ts'
import { endedSpan } from './test-spans.ts'

const rules: TraceKeeperSettings = { failed: true, repeated: true, slowMs: 1_000, holdForMs: 30_000, maxSpans: 100 }

function keeperOf(change: Partial<TraceKeeperSettings> = {}) {
  const clock = fakeClock()
  const out: EndedSpan[] = []
  const keeper = new TraceKeeper({ ...rules, ...change }, { onEnd: (span) => out.push(span) }, clock)
  return { clock, keeper, out, names: () => out.map(({ name }) => name) }
}

/** A whole trace: the root begins first and ends last. */
function run(keeper: TraceKeeper, root: EndedSpan, ...children: readonly EndedSpan[]): void {
  keeper.onStart(root)
  for (const child of children) {
    keeper.onStart(child)
    keeper.onEnd(child)
  }
  keeper.onEnd(root)
}

test('a trace without anything worth telling is held until its root is over, and dropped', () => {
  const { keeper, out } = keeperOf()
  const [root, child] = [endedSpan('a', 'root'), endedSpan('a', 'GET', { kind: 2 })]
  keeper.onStart(root)
  keeper.onStart(child)
  keeper.onEnd(child)
  assert.deepEqual(keeper.counts, { held: 1, heldSpans: 1, kept: 0, dropped: 0, cutShort: 0 })
  keeper.onEnd(root)
  assert.deepEqual(keeper.counts, { held: 0, heldSpans: 0, kept: 0, dropped: 1, cutShort: 0 })
  assert.deepEqual(out, [])
})

test('a sampled trace passes through at once', () => {
  const { keeper, names } = keeperOf()
  run(keeper, endedSpan('a', 'root', { sampled: true }), endedSpan('a', 'GET', { sampled: true }))
  assert.deepEqual(names(), ['GET', 'root'])
  assert.deepEqual(keeper.counts, { held: 0, heldSpans: 0, kept: 0, dropped: 0, cutShort: 0 })
})

const reasons: Readonly<Record<string, Parameters<typeof endedSpan>[2]>> = {
  'an attempt that its judge calls a failure': { kind: 2, attributes: { 'proxyless.verdict': 'failure' } },
  'a span with an error': { failed: true },
  'a repeated attempt': { kind: 2, attributes: { 'proxyless.attempt': 2, 'proxyless.verdict': 'success' } },
  'a call of several attempts': { attributes: { 'proxyless.attempts': 2 } },
  'a slow attempt': { kind: 2, ms: 1_000 },
  'a slow call': { ms: 1_500, attributes: { 'proxyless.service': 'orders' } },
  'a slow request': { kind: 1, ms: 1_500 },
}
for (const [reason, change] of Object.entries(reasons)) {
  test(`${reason} keeps its trace, with what was before and what comes after it`, () => {
    const { keeper, out, names } = keeperOf()
    run(keeper, endedSpan('a', 'root'), endedSpan('a', 'before'), endedSpan('a', 'reason', change), endedSpan('a', 'after'))
    assert.deepEqual(names(), ['before', 'reason', 'after', 'root'])
    assert.ok(
      out.every((span) => span.spanContext().traceFlags === 1),
      'exporters leave out what is not sampled',
    )
    assert.deepEqual(keeper.counts, { held: 0, heldSpans: 0, kept: 1, dropped: 0, cutShort: 0 })
  })
}

const ordinary: Readonly<Record<string, Parameters<typeof endedSpan>[2]>> = {
  'a 404 that its judge calls a success': { kind: 2, failed: true, attributes: { 'proxyless.verdict': 'success' } },
  'a first attempt': { kind: 2, attributes: { 'proxyless.attempts': 1 } },
  'a span of the program that lasts': { ms: 60_000 },
  'an attempt just below the limit': { kind: 2, ms: 999.9 },
}
for (const [what, change] of Object.entries(ordinary)) {
  test(`${what} keeps no trace`, () => {
    const { keeper, out } = keeperOf()
    run(keeper, endedSpan('a', 'root'), endedSpan('a', 'ordinary', change))
    assert.deepEqual(out, [])
  })
}

test('rules that are switched off keep nothing', () => {
  const { keeper, out } = keeperOf({ failed: false, repeated: false, slowMs: Number.POSITIVE_INFINITY })
  run(keeper, endedSpan('a', 'root'), ...Object.entries(reasons).map(([name, change]) => endedSpan('a', name, change)))
  assert.deepEqual(out, [])
})

test('a trace is known to be kept before it is over, so that its later spans are sampled', () => {
  const { keeper } = keeperOf()
  const root = endedSpan('a', 'root')
  keeper.onStart(root)
  assert.equal(keeper.isKept(root.spanContext().traceId), false)
  const failed = endedSpan('a', 'GET', { failed: true })
  keeper.onStart(failed)
  keeper.onEnd(failed)
  assert.equal(keeper.isKept(root.spanContext().traceId), true)
})

test('traces do not keep each other', () => {
  const { keeper, names } = keeperOf()
  const [good, bad] = [endedSpan('a', 'good'), endedSpan('b', 'bad', { failed: true })]
  keeper.onStart(good)
  keeper.onStart(bad)
  keeper.onEnd(bad)
  keeper.onEnd(good)
  assert.deepEqual(names(), ['bad'])
})

test('a trace that takes too long is let go and counted, by a timer that keeps no process', async () => {
  const { keeper, clock, names } = keeperOf()
  const [root, other] = [endedSpan('a', 'root'), endedSpan('b', 'other')]
  keeper.onStart(root)
  await clock.advance(20_000)
  keeper.onStart(other)
  await clock.advance(10_000)
  assert.deepEqual(keeper.counts, { held: 1, heldSpans: 0, kept: 0, dropped: 0, cutShort: 1 })
  await clock.advance(20_000)
  assert.equal(keeper.counts.cutShort, 2)
  // What ends later speaks for itself.
  keeper.onEnd(root)
  keeper.onEnd(endedSpan('b', 'late', { failed: true }))
  assert.deepEqual(names(), ['late'])
})

test('when too much is held, the oldest trace gives way', () => {
  const { keeper, names } = keeperOf({ maxSpans: 4 })
  for (const trace of ['a', 'b', 'c']) {
    keeper.onStart(endedSpan(trace, 'root'))
    const child = endedSpan(trace, 'GET')
    keeper.onStart(child)
    keeper.onEnd(child)
  }
  assert.deepEqual(keeper.counts, { held: 2, heldSpans: 2, kept: 0, dropped: 0, cutShort: 1 })
  keeper.onEnd(endedSpan('a', 'root a', { failed: true }))
  keeper.onEnd(endedSpan('b', 'root b', { failed: true }))
  assert.deepEqual(names(), ['root a', 'GET', 'root b'])
})

test('stopping lets go of what is held, and of the timer', async () => {
  const { keeper, clock, out } = keeperOf()
  keeper.onStart(endedSpan('a', 'root'))
  await keeper.shutdown()
  await clock.advance(60_000)
  assert.deepEqual(keeper.counts, { held: 0, heldSpans: 0, kept: 0, dropped: 0, cutShort: 1 })
  assert.deepEqual(out, [])
})

test('whatever begins and ends, in any order: nothing comes out twice, the counts add up, and no more is held than is allowed', () => {
  const step = fc.record({ trace: fc.integer({ min: 0, max: 5 }), ends: fc.boolean(), failed: fc.boolean(), sampled: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 12 }), (steps, maxSpans) => {
      const { keeper, out } = keeperOf({ maxSpans })
      const open = new Map<number, EndedSpan[]>()
      for (const { trace, ends, failed, sampled } of steps) {
        const spans = open.get(trace) ?? []
        open.set(trace, spans)
        if (ends) {
          const span = spans.pop()
          if (span !== undefined) keeper.onEnd(span)
        } else {
          const span = endedSpan(String(trace), 'x', { failed, sampled })
          spans.push(span)
          keeper.onStart(span)
        }
        assert.ok(keeper.counts.held + keeper.counts.heldSpans <= maxSpans)
      }
      const ids = out.map((span) => span.spanContext().spanId)
      assert.equal(new Set(ids).size, ids.length)
      for (const spans of open.values()) for (const span of spans.toReversed()) keeper.onEnd(span)
      assert.ok(keeper.counts.held >= 0 && keeper.counts.heldSpans >= 0)
      if (keeper.counts.held === 0) assert.equal(keeper.counts.heldSpans, 0)
    }),
  )
})
