import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FailoverOptions, failoverDefaults } from '../../../src/routing/failover-options.ts'
import { spillLoads, type TierHealth } from '../../../src/routing/spill.ts'

/** A tier of a hundred endpoints. */
const percent = (healthy: number, degraded = 0): TierHealth => ({ total: 100, healthy, degraded })

/** A tier whose health comes out as given, which is to say without overprovisioning. */
function loads(tiers: readonly TierHealth[], options: FailoverOptions = {}) {
  const settings = { ...failoverDefaults, ...options } as Parameters<typeof spillLoads>[1]
  return spillLoads(tiers, settings)
}

const healthyLoads = (tiers: readonly TierHealth[], options?: FailoverOptions) => loads(tiers, options).map(({ healthy }) => healthy)

// Envoy's documentation prints these; where it rounds otherwise (36/36/28, 50/50, 7/93), these are the figures of its source.
const spills: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[100], [100]],
  [
    [72, 72],
    [100, 0],
  ],
  [
    [71, 71],
    [99, 1],
  ],
  [
    [71, 100],
    [99, 1],
  ],
  [
    [50, 100],
    [70, 30],
  ],
  [
    [50, 60],
    [70, 30],
  ],
  [
    [25, 100],
    [35, 65],
  ],
  [
    [5, 65],
    [8, 92],
  ],
  [
    [0, 100],
    [0, 100],
  ],
  [
    [100, 0],
    [100, 0],
  ],
]

for (const [healthy, expected] of spills) {
  test(`tiers of ${healthy.join('/')} % healthy get ${expected.join('/')} of 100 calls`, () => {
    assert.deepEqual(healthyLoads(healthy.map((share) => percent(share))), expected)
  })
}

test('tiers that cannot take everything together share it in proportion, and the rest of rounding goes to the first', () => {
  const noPanic = { panicThreshold: 0 }
  assert.deepEqual(healthyLoads([percent(25), percent(25)], noPanic), [50, 50])
  assert.deepEqual(healthyLoads([percent(25), percent(25), percent(20)], noPanic), [37, 35, 28])
})

test('degraded endpoints get what the healthy ones of all tiers cannot take', () => {
  // With a factor of 1 the shares are the health values of the comment in the source of Envoy: 10/20/10 and 20/10/0.
  const found = loads([percent(10, 20), percent(20, 10), percent(10, 0)], { overprovisioningFactor: 1, panicThreshold: 0 })
  assert.deepEqual(
    found.map(({ healthy }) => healthy),
    [16, 28, 14],
  )
  assert.deepEqual(
    found.map(({ degraded }) => degraded),
    [28, 14, 0],
  )
})

test('degraded endpoints get nothing while the healthy ones of a later tier can take it', () => {
  assert.deepEqual(
    loads([percent(50, 50), percent(100)]).map(({ healthy, degraded }) => [healthy, degraded]),
    [
      [70, 0],
      [30, 0],
    ],
  )
})

test('a tier below the threshold is in panic when the tiers together cannot take everything', () => {
  const panics = (tiers: readonly TierHealth[], options?: FailoverOptions) => loads(tiers, options).map(({ panic }) => panic)
  // The tables of Envoy's documentation on panic.
  assert.deepEqual(panics([percent(72), percent(72)]), [false, false])
  assert.deepEqual(panics([percent(71), percent(71)]), [false, false])
  assert.deepEqual(panics([percent(50), percent(60)]), [false, false])
  assert.deepEqual(panics([percent(25), percent(100)]), [false, false])
  assert.deepEqual(panics([percent(25), percent(25)]), [true, true])
  assert.deepEqual(panics([percent(5), percent(65)]), [true, false])
  assert.deepEqual(panics([percent(49)]), [true])
  assert.deepEqual(panics([percent(50)]), [false])
  assert.deepEqual(panics([percent(30, 20)]), [false])
  assert.deepEqual(panics([percent(49)], { panicThreshold: 0.49 }), [false])
  assert.deepEqual(panics([percent(0)], { panicThreshold: 0 }), [false])
})

test('when all tiers are in panic, calls go by the number of endpoints', () => {
  const tiers = [
    { total: 3, healthy: 0, degraded: 0 },
    { total: 4, healthy: 1, degraded: 0 },
  ]
  assert.deepEqual(loads(tiers), [
    { healthy: 43, degraded: 0, panic: true },
    { healthy: 57, degraded: 0, panic: true },
  ])
})

test('with nobody fit and panic turned off, the first tier gets everything', () => {
  assert.deepEqual(healthyLoads([percent(0), percent(0)], { panicThreshold: 0 }), [100, 0])
})

test('all or nothing: the first tier with a healthy endpoint takes everything', () => {
  const options = { spill: 'all-or-nothing' } as const
  assert.deepEqual(healthyLoads([percent(1), percent(100)], options), [100, 0])
  assert.deepEqual(healthyLoads([percent(0, 50), percent(100)], options), [0, 100])
  assert.deepEqual(
    loads([percent(0), percent(0, 1)], options).map(({ degraded }) => degraded),
    [0, 100],
  )
  assert.deepEqual(loads([percent(0), percent(0)], options), [
    { healthy: 50, degraded: 0, panic: true },
    { healthy: 50, degraded: 0, panic: true },
  ])
})

test('no tiers get nothing', () => {
  assert.deepEqual(loads([]), [])
})
