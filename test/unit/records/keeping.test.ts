import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CallRecords } from '../../../src/records/call-records.ts'
import { FairRing } from '../../../src/records/fair-ring.ts'
import { recordsSettings } from '../../../src/records/records-options.ts'
import { SlowestCalls } from '../../../src/records/slowest-calls.ts'
import { seededRandom } from '../../../src/testing/index.ts'

test('a ring keeps the latest things', () => {
  const ring = new FairRing<number>(3)
  for (const item of [1, 2, 3, 4, 5]) ring.add('a', item)
  assert.deepEqual([...ring.all()], [3, 4, 5])
  assert.equal(ring.size, 3)
})

test('an owner of very many things never pushes out the few of another', () => {
  const ring = new FairRing<string>(4)
  ring.add('quiet', 'q1')
  for (let i = 0; i < 100; i += 1) ring.add('loud', `l${i}`)
  assert.deepEqual([...ring.all()], ['q1', 'l97', 'l98', 'l99'])
  ring.add('quiet', 'q2')
  ring.add('quiet', 'q3')
  ring.add('quiet', 'q4')
  assert.equal([...ring.all()].filter((item) => item.startsWith('l')).length, 2)
})

test('with more owners than room, the one who was added first gives way', () => {
  const ring = new FairRing<string>(2)
  for (const owner of ['a', 'b', 'c']) ring.add(owner, owner)
  assert.deepEqual([...ring.all()], ['b', 'c'])
})

test('a ring of no room keeps nothing', () => {
  const ring = new FairRing<number>(0)
  ring.add('a', 1)
  assert.equal(ring.size, 0)
})

test('the slowest calls of a stretch are kept, and those of the one before', () => {
  const slowest = new SlowestCalls<number>(2, 1_000)
  const see = (at: number, tookMs: number) => {
    if (slowest.wants(at, tookMs)) slowest.add(tookMs, tookMs)
  }
  for (const tookMs of [5, 9, 3, 7]) see(0, tookMs)
  assert.deepEqual(slowest.all(), [9, 7])
  see(1_000, 1)
  assert.deepEqual(slowest.all(), [1, 9, 7])
  see(2_000, 2)
  assert.deepEqual(slowest.all(), [2, 1])
})

test('after a stretch without calls, what was before is forgotten', () => {
  const slowest = new SlowestCalls<number>(2, 1_000)
  assert.equal(slowest.wants(0, 5), true)
  slowest.add(5, 5)
  assert.equal(slowest.wants(10_000, 1), true)
  assert.deepEqual(slowest.all(), [])
})

test('with no room for slow calls, none is a candidate', () => {
  const slowest = new SlowestCalls<number>(0, 1_000)
  assert.equal(slowest.wants(0, 5_000), false)
  assert.equal(slowest.wants(9_999, 5_000), false)
})

test('a service has so many records a second, however many of its calls fail', () => {
  const records = new CallRecords(recordsSettings({ perSecond: 3 }), seededRandom(1)).of('orders')
  const taken = (now: number) => Array.from({ length: 10 }, () => records.takesFailed(now)).filter(Boolean).length
  assert.deepEqual([taken(0), taken(999), taken(1_000)], [3, 0, 3])
})

test('a sample is a share of the failed calls', () => {
  const records = new CallRecords(recordsSettings({ sample: 0.25, perSecond: 1e9 }), seededRandom(1)).of('orders')
  const taken = Array.from({ length: 4_000 }, () => records.takesFailed(0)).filter(Boolean).length
  assert.ok(taken > 900 && taken < 1_100, `${taken}`)
})

test('of endlessly many services only so many are remembered', () => {
  const records = new CallRecords(recordsSettings({}), seededRandom(1))
  const first = records.of('service 0')
  for (let i = 1; i <= 1_024; i += 1) records.of(`service ${i}`)
  assert.notEqual(records.of('service 0'), first)
})
