import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SplitRampOptions } from '../../../../src/routing/split-options.ts'
import { splitSettings } from '../../../../src/routing/split-options.ts'
import { SplitRamp } from '../../../../src/routing/split-ramp.ts'
import { fakeClock } from '../../../../src/testing/index.ts'

function rampOf(options: Omit<SplitRampOptions, 'to'>) {
  const clock = fakeClock()
  const heard: number[] = []
  const settings = splitSettings({ by: 'version', weights: { v1: 1 }, ramp: { to: { v2: 1 }, ...options } }).ramp
  const ramp: SplitRamp = new SplitRamp(settings, clock, () => heard.push(ramp.progress))
  return { clock, ramp, heard }
}

const steps = [
  { after: '10m', share: 0.1 },
  { after: '20m', share: 0.5 },
  { after: '30m', share: 1 },
] as const

test('a ramp goes from step to step, each after the one before', async () => {
  const { clock, ramp, heard } = rampOf({ steps })
  ramp.start()
  assert.equal(ramp.progress, 0)
  assert.equal(ramp.nextInMs, 600_000)
  await clock.advance(600_000)
  assert.equal(ramp.progress, 0.1)
  assert.equal(ramp.nextInMs, 1_200_000)
  await clock.advance(1_199_999)
  assert.equal(ramp.progress, 0.1)
  await clock.advance(1)
  assert.equal(ramp.progress, 0.5)
  await clock.advance(3_600_000)
  assert.equal(ramp.progress, 1)
  assert.equal(ramp.hasNext, false)
  assert.equal(ramp.nextInMs, undefined)
  assert.deepEqual(heard, [0.1, 0.5, 1])
})

test('a gradual ramp takes a hundred steps, along its curve', async () => {
  const { clock, ramp, heard } = rampOf({ over: '100s', curve: 2 })
  ramp.start()
  await clock.advance(10_000)
  assert.ok(Math.abs(ramp.progress - 0.01) < 1e-12)
  await clock.advance(40_000)
  assert.ok(Math.abs(ramp.progress - 0.25) < 1e-12)
  await clock.advance(50_000)
  assert.equal(ramp.progress, 1)
  assert.equal(heard.length, 100)
})

test('a ramp that was stopped goes on from where it was', async () => {
  const { clock, ramp } = rampOf({ steps })
  ramp.start()
  await clock.advance(600_000 + 400_000)
  ramp.stop()
  assert.equal(ramp.nextInMs, undefined)
  await clock.advance(10_000_000)
  assert.equal(ramp.progress, 0.1)
  ramp.resume()
  ramp.resume()
  assert.equal(ramp.nextInMs, 800_000)
  await clock.advance(800_000)
  assert.equal(ramp.progress, 0.5)
  ramp.stop()
})

test('a ramp that began before this process did is at once where it should be', async () => {
  const clock = fakeClock()
  const wallTime = () => clock.wallTime()
  const begun = rampOf({ steps, startAt: wallTime() - 700_000 })
  begun.ramp.start()
  assert.equal(begun.ramp.progress, 0.1)
  assert.equal(begun.ramp.nextInMs, 1_100_000)
  begun.ramp.stop()
  const later = rampOf({ steps, startAt: new Date(wallTime() + 60_000).toISOString() })
  later.ramp.start()
  assert.equal(later.ramp.nextInMs, 660_000)
  later.ramp.stop()
})

test('a step of months is waited for in pieces that a timer of the host can wait', async () => {
  const { clock, ramp } = rampOf({ steps: [{ after: `${24 * 60}h`, share: 1 }] })
  ramp.start()
  await clock.advance(60 * 24 * 3_600_000 - 1)
  assert.equal(ramp.progress, 0)
  await clock.advance(1)
  assert.equal(ramp.progress, 1)
})

test('no ramp is no ramp', () => {
  const ramp = new SplitRamp(undefined, fakeClock(), () => assert.fail())
  ramp.start()
  assert.equal(ramp.progress, 0)
  assert.equal(ramp.hasNext, false)
  ramp.stop()
})
