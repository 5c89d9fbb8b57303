import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DeadlineQueue, type Due } from '../../../../src/policies/timeout/deadline-queue.ts'
import { fakeClock } from '../../../../src/testing/fake-clock.ts'

function waiting(deadline: number, due: () => void): Due {
  return { deadline, before: undefined, after: undefined, queued: false, due, announce: () => {} }
}

test('those that wait share one timer, and fall due in order and on time', async () => {
  const clock = fakeClock()
  const queue = new DeadlineQueue(clock)
  const fell: [number, number][] = []
  const begun = clock.now()
  for (const limit of [10, 10, 25, 40]) {
    const due = waiting(begun + limit, () => fell.push([limit, clock.now() - begun]))
    assert.equal(queue.add(due, limit), true)
  }
  assert.equal(clock.pending, 1)
  await clock.advance(100)
  assert.deepEqual(fell, [
    [10, 10],
    [10, 10],
    [25, 25],
    [40, 40],
  ])
  clock.assertIdle()
})

test('one that would fall due before the last one, or never, is not taken', () => {
  const clock = fakeClock()
  const queue = new DeadlineQueue(clock)
  const last = waiting(clock.now() + 20, () => {})
  queue.add(last, 20)
  assert.equal(
    queue.add(
      waiting(clock.now() + 19, () => {}),
      19,
    ),
    false,
  )
  assert.equal(
    queue.add(
      waiting(Number.POSITIVE_INFINITY, () => {}),
      Number.POSITIVE_INFINITY,
    ),
    false,
  )
  queue.remove(last)
  clock.assertIdle()
})

test('one that throws does not keep the others from falling due', async () => {
  const clock = fakeClock()
  const queue = new DeadlineQueue(clock)
  let fell = 0
  queue.add(
    waiting(clock.now() + 10, () => {
      throw new Error('mistake')
    }),
    10,
  )
  queue.add(
    waiting(clock.now() + 10, () => {
      fell += 1
    }),
    10,
  )
  await assert.rejects(clock.advance(10), /mistake/)
  await clock.advance(1)
  assert.equal(fell, 1)
  clock.assertIdle()
})

test('whatever comes and leaves, each falls due once and on time unless it left, and no timer is left', async () => {
  const step = fc.record({
    afterMs: fc.integer({ min: 0, max: 20 }),
    limitMs: fc.integer({ min: 1, max: 60 }),
    leavesAfterMs: fc.integer({ min: 0, max: 80 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const clock = fakeClock()
      const queue = new DeadlineQueue(clock)
      const told: { due: Due; fell: number[]; left: boolean }[] = []
      for (const { afterMs, limitMs, leavesAfterMs } of steps) {
        await clock.advance(afterMs)
        const one = { fell: [] as number[], left: false, due: waiting(clock.now() + limitMs, () => one.fell.push(clock.now())) }
        if (!queue.add(one.due, limitMs)) continue
        told.push(one)
        clock.schedule(leavesAfterMs, () => {
          one.left = one.due.queued
          queue.remove(one.due)
        })
      }
      await clock.advance(200)
      for (const { due, fell, left } of told) assert.deepEqual(fell, left ? [] : [due.deadline])
      clock.assertIdle()
    }),
    { numRuns: 200 },
  )
})
