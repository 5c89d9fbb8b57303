import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cancellation } from '../../../src/call/cancellation.ts'
import { WaitingRoom } from '../../../src/discovery/waiting-room.ts'
import { turnShare } from '../../../src/runtime/turn-share.ts'
import { fakeClock } from '../../../src/testing/index.ts'

/** Promises settle, and time does not move: this is one turn for whoever waits for the next. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

test('those who wait for the first answer go in the order in which they came, so many in a turn of the event loop', async () => {
  const clock = fakeClock()
  const room = new WaitingRoom(clock)
  const gone: number[] = []
  const all = Array.from({ length: 400 }, (_, i) => room.wait(new Cancellation()).then(() => gone.push(i)))
  room.release()
  await settled()
  assert.equal(gone.length, turnShare)
  const late = room.wait(new Cancellation()).then(() => gone.push(-1))
  await clock.advance(0)
  await Promise.all(all)
  assert.deepEqual(
    gone,
    Array.from({ length: 400 }, (_, i) => i),
    'who came after the answer waits for another one',
  )
  room.release()
  await clock.advance(0)
  await late
  clock.assertIdle()
})
