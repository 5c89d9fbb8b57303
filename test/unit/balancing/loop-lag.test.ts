import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LoopLag, loopLagOf } from '../../../src/balancing/loop-lag.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { BlockableClock } from './blockable-clock.ts'

test('a process that is on time has no lag', async () => {
  const clock = fakeClock()
  const lag = new LoopLag(clock)
  const mark = lag.began(clock.now())
  for (let i = 0; i < 20; i += 1) {
    await clock.advance(137)
    assert.equal(lag.since(mark, clock.now()), 0)
  }
  lag.ended()
  clock.assertIdle()
})

test('nothing is scheduled unless an attempt is in flight', async () => {
  const clock = fakeClock()
  const lag = new LoopLag(clock)
  clock.assertIdle()
  lag.began(clock.now())
  lag.began(clock.now())
  assert.equal(clock.pending, 1)
  assert.equal(clock.pendingForeground, 0)
  lag.ended()
  assert.equal(clock.pending, 1)
  lag.ended()
  clock.assertIdle()
})

test('time in which the loop is blocked is lag, also before the timer that saw it has run', () => {
  const clock = new BlockableClock()
  const lag = new LoopLag(clock)
  const mark = lag.began(clock.now())
  clock.block(510)
  const early = lag.since(mark, clock.now())
  assert.ok(early >= 490 && early <= 500, String(early))
  clock.runDue()
  assert.equal(lag.since(mark, clock.now()), early)
})

test('lag from before an attempt is not its own', () => {
  const clock = new BlockableClock()
  const lag = new LoopLag(clock)
  lag.began(clock.now())
  clock.block(510)
  const late = lag.began(clock.now())
  assert.equal(lag.since(late, clock.now()), 0)
  clock.runDue()
  assert.equal(lag.since(late, clock.now()), 0)
})

test('an attempt that is stuck costs a timer a second, and a new one brings the fine measure back', () => {
  const clock = new BlockableClock()
  const lag = new LoopLag(clock)
  lag.began(clock.now())
  for (let i = 0; i < 3_600; i += 1) {
    clock.block(clock.nextDueIn)
    clock.runDue()
  }
  assert.equal(clock.nextDueIn, 1_000)
  lag.began(clock.now())
  assert.equal(clock.nextDueIn, 10)
})

test('parts on one clock share one lag, and with it one timer', () => {
  const clock = fakeClock()
  assert.equal(loopLagOf(clock), loopLagOf(clock))
  assert.notEqual(loopLagOf(clock), loopLagOf(fakeClock()))
})
