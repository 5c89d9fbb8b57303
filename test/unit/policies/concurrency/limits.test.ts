import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aimdDefaults, aimdLimit } from '../../../../src/policies/concurrency/aimd-limit.ts'
import type { ConcurrencyLimit } from '../../../../src/policies/concurrency/concurrency-limit.ts'
import { gradientDefaults, gradientLimit, nextGradientLimit } from '../../../../src/policies/concurrency/gradient-limit.ts'
import { vegasDefaults, vegasLimit } from '../../../../src/policies/concurrency/vegas-limit.ts'
import { testHost } from '../../../../src/testing/test-host.ts'

function tell(limit: ConcurrencyLimit, latencyMs: number, change: { inFlight?: number; overloaded?: boolean; now?: number } = {}): number {
  limit.ended?.({ latencyMs, inFlight: limit.limit, overloaded: false, now: 0, ...change })
  return limit.limit
}

test('the defaults of the limits are these', () => {
  assert.deepEqual(aimdDefaults, { initial: 20, min: 20, max: 200, backoff: 0.9, timeout: '5s' })
  assert.deepEqual(vegasDefaults, { initial: 20, max: 1_000, smoothing: 1, probeMultiplier: 30 })
  assert.deepEqual(gradientDefaults, {
    interval: '100ms',
    percentile: 0.5,
    buffer: 0.25,
    min: 3,
    max: 1_000,
    quietSamples: 50,
    quietEvery: '1m',
    jitter: 0.15,
  })
})

test('from a limit of 100, the gradient goes to these limits in one step', () => {
  assert.deepEqual(
    [0.5, 1, 1.25, 2, 0.1, 9].map((ratio) => nextGradientLimit(100, ratio)),
    [57, 110, 136, 214, 57, 214],
  )
})

for (const [ratio, fixedPoint] of [
  [1.38, 100],
  [1.29, 1_000],
  [1.53, 25],
] as const) {
  test(`the gradient rests at ${fixedPoint} when answers take ${ratio} times as long as without load`, () => {
    // A limit that rests where latency / latency without load = ratio at that limit: latency grows in proportion to the limit.
    let limit = 10
    for (let i = 0; i < 500; i += 1) limit = nextGradientLimit(limit, (1.25 / ratio) * (fixedPoint / limit))
    assert.ok(Math.abs(limit / fixedPoint - 1) < 0.05, `${limit}`)
  })
}

test('the gradient measures the latency without load first, with the smallest limit, and again later', () => {
  const limit = gradientLimit({ min: 3, quietSamples: 5, jitter: 0, quietEvery: '1s' })(testHost())
  const host = testHost()
  const begun = host.clock.now()
  assert.equal(limit.limit, 3)
  for (let i = 1; i <= 5; i += 1) tell(limit, 10, { now: begun + i * 20 })
  const after = begun + 100
  assert.equal(limit.limit, 3)
  // Without load, each interval makes it greater by a quarter and its root.
  const grown: number[] = []
  for (let i = 1; i <= 4; i += 1) grown.push(tell(limit, 10, { now: after + i * 100 }))
  assert.deepEqual(grown, [5, 8, 13, 20])
  // Twice as slow and slower: the steepest way down is a half, and the root of it.
  assert.equal(tell(limit, 40, { now: after + 500 }), 13)
  // A refusal is quick, and counts as slow all the same.
  assert.equal(tell(limit, 1, { now: after + 600, overloaded: true }), 9)
  tell(limit, 12.5, { now: after + 1_000 })
  assert.equal(limit.limit, 3)
  // A call that began before does not count.
  tell(limit, 500, { now: after + 1_010 })
  for (let i = 1; i <= 4; i += 1) tell(limit, 20, { now: after + 1_020 + i * 20 })
  assert.equal(limit.limit, 3)
  tell(limit, 20, { now: after + 1_120 })
  assert.equal(limit.limit, 12)
})

test('five intervals in a row at the smallest limit make the gradient measure again', () => {
  const host = testHost()
  const limit = gradientLimit({ min: 3, quietSamples: 1, jitter: 0, quietEvery: '1h' })(host)
  let now = host.clock.now() + 10
  tell(limit, 10, { now })
  for (let i = 0; i < 5; i += 1) {
    now += 100
    assert.equal(tell(limit, 200, { now }), 3)
  }
  now += 200
  tell(limit, 200, { now })
  // Now 200 ms are what is normal.
  now += 100
  assert.equal(tell(limit, 200, { now }), 5)
})

test('Vegas keeps between 3 and 6 times the logarithm of its limit in the queue', () => {
  // The server works on 100 calls at once, each for 10 ms; whatever is beyond waits.
  const limit = vegasLimit({ probeMultiplier: 1e9 })(testHost())
  tell(limit, 10)
  for (let i = 0; i < 2_000; i += 1) tell(limit, (10 * Math.max(limit.limit, 100)) / 100)
  const queued = limit.limit - 100
  assert.ok(queued >= 3 * 2 && queued <= 6 * 2, `${queued} in the queue`)
})

test('Vegas steps back at a sign of overload, and stays when half of it is not in use', () => {
  const limit = vegasLimit({ initial: 150 })(testHost())
  tell(limit, 10)
  assert.equal(tell(limit, 10, { overloaded: true }), 148)
  assert.equal(tell(limit, 10, { inFlight: 73 }), 148)
  assert.equal(tell(limit, 10, { inFlight: 74 }), 160)
})

test('Vegas measures the latency without load anew after 15 to 30 times its limit of answers', () => {
  const limit = vegasLimit({ initial: 1, max: 1 })(testHost())
  tell(limit, 10)
  for (let i = 0; i < 30; i += 1) tell(limit, 100)
  const wide = vegasLimit({ initial: 100, max: 100 })(testHost())
  tell(wide, 10)
  for (let i = 0; i < 20; i += 1) tell(wide, 1_000)
  assert.equal(wide.limit < 100, true)
  assert.equal(limit.limit, 1)
})

test('AIMD grows by one where it is used, and shrinks by a tenth', () => {
  const limit = aimdLimit()(testHost())
  assert.equal(tell(limit, 10, { inFlight: 9 }), 20)
  assert.equal(tell(limit, 10, { inFlight: 10 }), 21)
  for (let i = 0; i < 500; i += 1) tell(limit, 10)
  assert.equal(limit.limit, 200)
  assert.equal(tell(limit, 10, { overloaded: true }), 180)
  assert.equal(tell(limit, 5_001), 162)
  for (let i = 0; i < 100; i += 1) tell(limit, 10, { overloaded: true })
  assert.equal(limit.limit, 20)
})

test('options that make no sense are refused by name', () => {
  const wrong: readonly (readonly [() => unknown, string])[] = [
    [() => aimdLimit({ initial: 5 }), 'aimdLimit: initial: expected an integer in [20, 200], got 5'],
    [() => aimdLimit({ min: 300 }), 'aimdLimit: min: expected an integer of at most max (200), got 300'],
    [() => aimdLimit({ backoff: 1 }), 'aimdLimit: backoff: expected a number in [0.1, 0.99], got 1'],
    [() => vegasLimit({ max: 0 }), 'vegasLimit: max: expected an integer in [1, 1000000], got 0'],
    [() => vegasLimit({ smoothing: 0 }), 'vegasLimit: smoothing: expected a number in [0.01, 1], got 0'],
    [() => gradientLimit({ percentile: 50 }), 'gradientLimit: percentile: expected a number in [0, 1], got 50'],
    [() => gradientLimit({ buffer: -1 }), 'gradientLimit: buffer: expected a number in [0, Infinity), got -1'],
    [
      () => gradientLimit({ minimum: 3 } as never),
      `gradientLimit: expected only the options ${Object.keys(gradientDefaults).join(', ')}, got "minimum"`,
    ],
  ]
  for (const [make, message] of wrong) assert.throws(make, { name: 'TypeError', message })
})
