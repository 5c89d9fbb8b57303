import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TurnCalendar } from '../../../src/balancing/turn-calendar.ts'
import { seededRandom } from '../../../src/runtime/seeded-random.ts'

const size = 1_000

const random = seededRandom('turns')

function firstTurns(wait = 1): Float64Array {
  return Float64Array.from({ length: size }, () => random.next() * wait)
}

/** So many turns; whoever had one waits for once to three times as long as it is said. */
function go(calendar: TurnCalendar, turns: number, wait: number): void {
  for (let turn = 0; turn < turns; turn += 1) calendar.postponeFirst(wait * (1 + 2 * random.next()))
}

test('a calendar of turns has all but a few in buckets again after all waits have become longer', () => {
  const calendar = new TurnCalendar(firstTurns(), size)
  for (const wait of [1, 20, 500, 1e6]) {
    go(calendar, 6 * size, wait)
    assert.ok(calendar.inBuckets >= 0.99 * size, `waits of ${wait}: ${calendar.inBuckets} of ${size}`)
  }
})

test('a calendar of turns has more and more in buckets after all waits have become shorter, and nearly all when the longest is over', () => {
  const calendar = new TurnCalendar(firstTurns(1e6), size)
  go(calendar, 4 * size, 1e6)
  for (const wait of [1e5, 1e4, 1e3]) {
    for (const least of [0.7, 0.99]) {
      go(calendar, 8 * size, wait)
      assert.ok(calendar.inBuckets >= least * size, `waits of ${wait}: ${calendar.inBuckets} of ${size}`)
    }
  }
})

test('a calendar of turns finds its pace, whatever it was told', () => {
  for (const pace of [1e-300, 1, size, 1e9, Number.MAX_VALUE]) {
    const calendar = new TurnCalendar(firstTurns(), pace)
    go(calendar, 6 * size, 1)
    assert.equal(calendar.inBuckets, size, `told ${pace}`)
  }
})

test('a calendar of turns keeps those out of its buckets who are due far beyond the others', () => {
  const calendar = new TurnCalendar(firstTurns(), size)
  for (let turn = 0; turn < 10 * size; turn += 1) calendar.postponeFirst(calendar.first < 10 ? 1e6 : 1)
  assert.equal(calendar.inBuckets, size - 10)
})

test('a calendar of turns holds few in buckets when all are due at the same time, so that no turn takes long', () => {
  const calendar = new TurnCalendar(new Float64Array(size).fill(0.5), size)
  assert.ok(calendar.inBuckets < size / 5, `${calendar.inBuckets}`)
  const seen = new Set<number>()
  for (let turn = 0; turn < size; turn += 1) {
    seen.add(calendar.first)
    calendar.postponeFirst(1)
  }
  assert.equal(seen.size, size)
})

test('a calendar of turns goes on when nobody has a turn before the end of time', () => {
  const calendar = new TurnCalendar(firstTurns(), size)
  for (let turn = 0; turn < 2 * size; turn += 1) calendar.postponeFirst(Number.POSITIVE_INFINITY)
  assert.equal(calendar.inBuckets, 0)
  assert.ok(calendar.first >= 0 && calendar.first < size)
})
