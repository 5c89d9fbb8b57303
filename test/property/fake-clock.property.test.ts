import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Timer } from '../../src/runtime/clock.ts'
import { fakeClock } from '../../src/testing/fake-clock.ts'

type Step =
  | { readonly do: 'schedule'; readonly delayMs: number; readonly background: boolean; readonly again: number | undefined }
  | { readonly do: 'cancel'; readonly which: number }
  | { readonly do: 'advance'; readonly ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('schedule' as const),
      delayMs: fc.nat(20),
      background: fc.boolean(),
      again: fc.option(fc.nat(10), { nil: undefined }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat(200) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.nat(30) }) },
)

/** A clock that sorts its list each time. */
class ModelClock {
  now = 0
  tasks: { dueAt: number; id: number; background: boolean; again: number | undefined }[] = []
  readonly ran: string[] = []
  #next = 0

  schedule(delayMs: number, background: boolean, again: number | undefined): number {
    const id = this.#next
    this.#next += 1
    this.tasks.push({ dueAt: this.now + delayMs, id, background, again })
    return id
  }

  advance(ms: number): void {
    const until = this.now + ms
    for (;;) {
      const [first] = this.tasks.toSorted((a, b) => a.dueAt - b.dueAt || a.id - b.id)
      if (first === undefined || first.dueAt > until) break
      this.tasks = this.tasks.filter((task) => task !== first)
      this.now = first.dueAt
      this.ran.push(`${first.id} at ${this.now}`)
      if (first.again !== undefined) this.schedule(first.again, false, undefined)
    }
    this.now = until
  }
}

test('the clock runs what a sorted list would run, in its order and at its times', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 250 }), async (steps) => {
      const clock = fakeClock({ now: 0, turns: 0, origins: false })
      const model = new ModelClock()
      const ran: string[] = []
      const timers: Timer[] = []
      const schedule = (delayMs: number, background: boolean, again: number | undefined): void => {
        const id = timers.length
        const run = () => {
          ran.push(`${id} at ${clock.now()}`)
          if (again !== undefined) schedule(again, false, undefined)
        }
        timers.push(clock.schedule(delayMs, run, { background }))
      }
      for (const each of steps) {
        if (each.do === 'schedule') {
          schedule(each.delayMs, each.background, each.again)
          model.schedule(each.delayMs, each.background, each.again)
        } else if (each.do === 'cancel') {
          timers[each.which]?.cancel()
          model.tasks = model.tasks.filter(({ id }) => id !== each.which)
        } else {
          await clock.advance(each.ms)
          model.advance(each.ms)
        }
        assert.deepEqual(ran, model.ran)
        assert.equal(clock.now(), model.now)
        assert.equal(clock.pending, model.tasks.length)
        assert.equal(clock.pendingForeground, model.tasks.filter(({ background }) => !background).length)
      }
    }),
    { numRuns: 150 },
  )
})
