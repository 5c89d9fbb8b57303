import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type OtelContext, otelApi } from '../../../src/telemetry/otel-api.ts'
import { activeContext, remoteSpan, withSpan } from '../../../src/telemetry/trace-context.ts'
import { seededRandom } from '../../../src/testing/index.ts'
import { TraceSampler } from '../../../src/tracing/trace-sampler.ts'

assert.equal(otelApi(), undefined)
const empty: OtelContext = activeContext({} as never)
const nobody = { isKept: () => false }

function randomIds(count: number): string[] {
  const random = seededRandom('ids')
  const digit = () => Math.floor(random.next() * 16).toString(16)
  return Array.from({ length: count }, () => Array.from({ length: 32 }, digit).join(''))
}

function childOf(traceFlags: number): OtelContext {
  return withSpan(empty, remoteSpan({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags, isRemote: true }))
}

test('a share of traces is chosen, and the same ones by everybody', () => {
  const ids = randomIds(10_000)
  const [one, other] = [new TraceSampler(0.1, nobody), new TraceSampler(0.1, nobody)]
  const chosen = ids.filter((id) => one.shouldSample(empty, id).decision === 2)
  assert.ok(Math.abs(chosen.length - 1_000) < 120, `${chosen.length} of 10000`)
  assert.deepEqual(
    ids.filter((id) => other.shouldSample(empty, id).decision === 2),
    chosen,
  )
  const more = new TraceSampler(0.5, nobody)
  assert.ok(chosen.every((id) => more.shouldSample(empty, id).decision === 2))
})

test('all and none are exact', () => {
  const ids = [...randomIds(100), '0'.repeat(31).concat('1'), 'f'.repeat(32)]
  assert.ok(ids.every((id) => new TraceSampler(1).shouldSample(empty, id).decision === 2))
  assert.ok(ids.every((id) => new TraceSampler(0).shouldSample(empty, id).decision === 0))
})

test('what has a parent does as its parent does', () => {
  assert.equal(new TraceSampler(0, nobody).shouldSample(childOf(1), 'f'.repeat(32)).decision, 2)
  assert.equal(new TraceSampler(0).shouldSample(childOf(1), 'f'.repeat(32)).decision, 2)
  assert.equal(new TraceSampler(1).shouldSample(childOf(0), 'f'.repeat(32)).decision, 0)
  assert.equal(new TraceSampler(1, nobody).shouldSample(childOf(0), 'f'.repeat(32)).decision, 1)
})

test('with a keeper, what is not chosen is recorded, and what is kept is sampled from then on', () => {
  const kept = new Set<string>()
  const sampler = new TraceSampler(0, { isKept: (id) => kept.has(id) })
  const id = 'c'.repeat(32)
  assert.equal(sampler.shouldSample(empty, id).decision, 1)
  kept.add(id)
  assert.equal(sampler.shouldSample(childOf(0), id).decision, 2)
})
