import assert from 'node:assert/strict'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { test } from 'node:test'
import { LiveFeed } from '../../../src/admin/live-feed.ts'
import { fakeClock } from '../../../src/testing/index.ts'

/** A response over a wire that takes what is written, or not until it is told to. */
function responseOver(open: boolean): { response: ServerResponse; bytes: () => number; open: () => void } {
  let taken = 0
  let go = open
  let held: (() => void) | undefined
  const wire = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      const take = (): void => {
        taken += chunk.length
        done()
      }
      if (go) take()
      else held = take
    },
  })
  const response = new ServerResponse(new IncomingMessage(new Socket()))
  response.assignSocket(wire as Socket)
  const openIt = (): void => {
    go = true
    held?.()
  }
  return { response, bytes: () => taken, open: openIt }
}

function openFeed(size = 40_000) {
  const clock = fakeClock()
  const made = { frames: 0 }
  const frame = (): string => {
    made.frames += 1
    return 'x'.repeat(size)
  }
  return { clock, made, feed: new LiveFeed({ frame, clock, intervalMs: 1_000, most: 3 }) }
}

test('nothing is made while nobody looks, and one frame a tick however many do', async () => {
  const { clock, made, feed } = openFeed()
  await clock.advance(60_000)
  assert.equal(made.frames, 0)
  const viewers = [responseOver(true), responseOver(true), responseOver(true)]
  for (const { response } of viewers) assert.equal(feed.join(response), true)
  assert.equal(feed.join(responseOver(true).response), false, 'a fourth is one too many')
  assert.equal(made.frames, 1, 'those who come together see the same')
  await clock.advance(10_000)
  assert.equal(made.frames, 11)
  for (const { response } of viewers) response.destroy()
  await clock.settle()
  assert.equal(feed.viewers, 0)
  await clock.advance(60_000)
  assert.equal(made.frames, 11)
})

test('a viewer that takes nothing has one frame waiting, goes on when it takes it, and is let go after half a minute', async () => {
  const { clock, feed } = openFeed()
  const slow = responseOver(false)
  feed.join(slow.response)
  await clock.advance(20_000)
  assert.ok(slow.response.writableLength < 60_000, `${slow.response.writableLength} bytes wait`)
  slow.open()
  await clock.advance(3_000)
  assert.ok(slow.bytes() > 120_000, 'the frames after that came')
  const stuck = responseOver(false)
  feed.join(stuck.response)
  await clock.advance(29_000)
  assert.equal(stuck.response.destroyed, false)
  await clock.advance(3_000)
  assert.equal(stuck.response.destroyed, true)
  assert.equal(feed.viewers, 1)
  feed.close()
})

test('a frame that nobody can take is not made', async () => {
  const { clock, made, feed } = openFeed()
  const slow = responseOver(false)
  feed.join(slow.response)
  await clock.advance(10_000)
  assert.equal(made.frames, 1)
  slow.open()
  await clock.advance(2_000)
  assert.equal(made.frames, 3)
  feed.close()
})

test('between frames that come seldom, a comment says every four seconds that it is still there', async () => {
  const clock = fakeClock()
  const feed = new LiveFeed({ frame: () => 'x'.repeat(100), clock, intervalMs: 10_000, most: 3 })
  const { response, bytes } = responseOver(true)
  feed.join(response)
  await clock.settle()
  const frame = bytes()
  const sizes: number[] = []
  for (let at = 0; at < 20; at += 2) {
    const before = bytes()
    await clock.advance(2_000)
    sizes.push(bytes() - before)
  }
  const steps = sizes.map((size) => (size === 0 ? '-' : size < 50 ? 'comment' : 'frame'))
  assert.ok(frame > 0)
  assert.deepEqual(steps, ['-', 'comment', '-', 'comment', 'frame', '-', 'comment', '-', 'comment', 'frame'])
  feed.close()
})

test('close() ends those who keep up, cuts off those who do not, and lets nobody in', async () => {
  const { clock, feed } = openFeed()
  const [quick, slow] = [responseOver(true), responseOver(false)]
  feed.join(quick.response)
  feed.join(slow.response)
  await clock.settle()
  feed.close()
  assert.deepEqual([quick.response.writableEnded, slow.response.destroyed, feed.viewers], [true, true, 0])
  assert.equal(feed.join(responseOver(true).response), false)
  clock.assertIdle()
})

test('frames that take long to make come seldom: one part in twenty of the time is the most', async () => {
  const clock = fakeClock()
  let frames = 0
  let skew = 0
  const slow = { ...clock, now: () => clock.now() + skew, schedule: clock.schedule.bind(clock) }
  const frame = (): string => {
    frames += 1
    skew += 200
    return 'x'
  }
  const feed = new LiveFeed({ frame, clock: slow, intervalMs: 1_000, most: 3 })
  feed.join(responseOver(true).response)
  await clock.advance(20_000)
  assert.equal(frames, 1 + 5)
  feed.close()
})
