import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TurnCalendar } from '../../src/balancing/turn-calendar.ts'
import { TurnQueue } from '../../src/balancing/turn-queue.ts'

/** Waits as they are; such as cannot be told from nothing, or that never end; and many of the very same. */
const wait = fc.oneof(
  { weight: 4, arbitrary: fc.double({ min: 1e-3, max: 10, noNaN: true }) },
  { weight: 2, arbitrary: fc.constantFrom(1, 2, 1 / 3) },
  { weight: 2, arbitrary: fc.double({ min: 1e-300, max: 1e300, noNaN: true }) },
  { weight: 1, arbitrary: fc.constant(Number.POSITIVE_INFINITY) },
)

const firstTurn = fc.oneof(
  { weight: 8, arbitrary: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }) },
  { weight: 2, arbitrary: fc.constantFrom(0, 0.5, 4, 1e9) },
  { weight: 1, arbitrary: fc.double({ min: 0, noNaN: true }) },
)

/** A time in which waits are of a few kinds: calm for a while, and another pace then. */
const phase = fc.record({ turns: fc.nat(600), waits: fc.array(wait, { minLength: 1, maxLength: 6 }) })
const phases = fc.array(phase, { minLength: 1, maxLength: 8 })
const firstTurns = fc.oneof(
  fc.array(firstTurn, { minLength: 1, maxLength: 250 }),
  fc.array(fc.constant(0.25), { minLength: 60, maxLength: 300 }),
)
const pace = fc.oneof(fc.constant(1), fc.double({ min: 1e-3, max: 1e6, noNaN: true }), fc.double({ min: Number.MIN_VALUE, noNaN: true }))

/** When somebody is due, earliest first: the plainest of all queues. */
class SortedTurns {
  readonly #due: number[]

  constructor(due: readonly number[]) {
    this.#due = [...due].sort((a, b) => a - b)
  }

  get firstDueAt(): number {
    return this.#due[0] as number
  }

  postponeFirst(by: number): void {
    const due = (this.#due.shift() as number) + by
    const after = this.#due.findIndex((other) => other > due)
    this.#due.splice(after < 0 ? this.#due.length : after, 0, due)
  }
}

/** Who has the turns, one after the other; each time it is checked that nobody is due before. */
function turns(
  queue: TurnQueue | TurnCalendar,
  first: readonly number[],
  waiting: readonly { turns: number; waits: readonly number[] }[],
): number[] {
  const due = [...first]
  const sorted = new SortedTurns(first)
  const seen: number[] = []
  for (const { turns, waits } of waiting) {
    for (let turn = 0; turn < turns; turn += 1) {
      const index = queue.first
      assert.equal(due[index], sorted.firstDueAt, `turn ${seen.length}`)
      seen.push(index)
      const by = waits[(turn + index) % waits.length] as number
      due[index] = (due[index] as number) + by
      queue.postponeFirst(by)
      sorted.postponeFirst(by)
    }
  }
  return seen
}

test('a queue of turns has the order of a sorted list, whatever the waits are', () => {
  fc.assert(
    fc.property(firstTurns, phases, (first, waiting) => {
      turns(new TurnQueue(Float64Array.from(first)), first, waiting)
    }),
  )
})

test('a calendar of turns has the order of a sorted list, whatever the waits are, and at whatever pace it begins', () => {
  fc.assert(
    fc.property(firstTurns, pace, phases, (first, beginning, waiting) => {
      turns(new TurnCalendar(Float64Array.from(first), beginning), first, waiting)
    }),
    { numRuns: 400 },
  )
})

test('a calendar gives the turns to the same ones as a heap, where no two are due at the same time', () => {
  const uneven = fc.uniqueArray(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1, maxLength: 250 })
  fc.assert(
    fc.property(uneven, fc.double({ min: 0.01, max: 100, noNaN: true }), phases, (first, beginning, waiting) => {
      const calm = waiting.map(({ turns: count, waits }) => ({
        turns: count,
        waits: waits.map((by) => Math.PI * Math.min(20, Math.max(0.01, by))),
      }))
      const due = [...first]
      const heap = new TurnQueue(Float64Array.from(first))
      const calendar = new TurnCalendar(Float64Array.from(first), beginning)
      for (const { turns: count, waits } of calm) {
        for (let turn = 0; turn < count; turn += 1) {
          const index = heap.first
          const isAlone = due.indexOf(due[index] as number) === due.lastIndexOf(due[index] as number)
          // From a tie on both orders are right.
          if (!isAlone) return
          assert.equal(calendar.first, index)
          const by = waits[(turn + index) % waits.length] as number
          due[index] = (due[index] as number) + by
          heap.postponeFirst(by)
          calendar.postponeFirst(by)
        }
      }
    }),
  )
})

test('who was taken out of a queue of turns has none, until it is put in again', () => {
  const change = fc.oneof(fc.constant(undefined), fc.double({ min: 0, max: 10, noNaN: true }))
  fc.assert(
    fc.property(fc.nat(40), fc.array(change, { maxLength: 200 }), (size, changes) => {
      const due = new Float64Array(64)
      const queue = new TurnQueue(new Float64Array(64), 0)
      const inside = new Set<number>()
      const add = (at: number): void => {
        const index = due.findIndex((_, other) => !inside.has(other))
        if (index < 0) return
        due[index] = at
        inside.add(index)
        queue.add(index, due)
      }
      for (let i = 0; i < size; i += 1) add((i * 7) % 11)
      for (const at of changes) {
        if (at !== undefined) add(at)
        else if (inside.size > 0) {
          assert.equal(due[queue.first], Math.min(...[...inside].map((index) => due[index] as number)))
          assert.equal(queue.firstDueAt, due[queue.first])
          inside.delete(queue.first)
          queue.removeFirst()
        }
        assert.equal(queue.size, inside.size)
      }
    }),
  )
})
