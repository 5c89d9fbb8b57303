import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Endpoint, EndpointSpec, ReportedHealth } from '../../../src/endpoint/endpoint.ts'
import { HealthBoard } from '../../../src/health/health-board.ts'
import { noteReportedHealth } from '../../../src/health/reported-health.ts'
import { tiersOf } from '../../../src/routing/priority.ts'
import { planRouting } from '../../../src/routing/routing-plan.ts'
import { routingDefaults } from '../../../src/routing/routing-settings.ts'
import { testEndpoints } from '../../../src/testing/index.ts'

/** What each group of endpoints gets, of 100. */
function loadsOf(healths: readonly ReportedHealth[], describe?: (index: number) => Omit<EndpointSpec, 'url'>): Record<string, number> {
  const endpoints = testEndpoints(healths.length, (i) => ({ ...describe?.(i), health: healths[i] }))
  const board = new HealthBoard()
  noteReportedHealth(board, endpoints)
  const { groups } = planRouting(tiersOf(endpoints), board, routingDefaults)
  return Object.fromEntries(groups.map(({ name, load }) => [name, load]))
}

const firstFour = (index: number) => ({ priority: index < 4 ? 0 : 1 })

test('a tier is not short of an endpoint that is draining, and is of one that is unhealthy', () => {
  assert.deepEqual(loadsOf(['healthy', 'healthy', 'draining', 'draining', 'healthy'], firstFour), { '0.0 healthy': 100, '1.0 healthy': 0 })
  assert.deepEqual(loadsOf(['healthy', 'healthy', 'unhealthy', 'unhealthy', 'healthy'], firstFour), {
    '0.0 healthy': 70,
    '1.0 healthy': 30,
  })
})

test('a tier of which all drain gives way to the next, and is used in panic when there is none', () => {
  assert.deepEqual(loadsOf(['draining', 'draining', 'draining', 'draining', 'healthy'], firstFour), { '1.0 healthy': 100 })
  assert.deepEqual(loadsOf(['draining', 'draining']), { '0.0 all': 100 })
})

test('panic uses the ill ones and none that is leaving, as long as anybody else is there, in whichever tier', () => {
  const endpoints = testEndpoints(6, (i) => ({ priority: i < 4 ? 0 : 1 }))
  const board = new HealthBoard()
  const planned = () => planRouting(tiersOf(endpoints), board, routingDefaults).groups.map((group) => [group.endpoints, group.load])
  const [a, b, c, d, e, f] = endpoints as [Endpoint, Endpoint, Endpoint, Endpoint, Endpoint, Endpoint]
  for (const ill of [b, c, d, e, f]) board.note(ill, 'ejection', 'unhealthy')
  const { version } = board
  board.note(d, 'announced', 'unhealthy')
  assert.notEqual(board.version, version, 'it is as ill as before, and yet counts differently')
  assert.deepEqual(planned(), [
    [[a, b, c], 60],
    [[e, f], 40],
  ])
  for (const gone of [a, b, c]) board.note(gone, 'announced', 'unhealthy')
  assert.deepEqual(planned(), [[[e, f], 100]])
  for (const gone of [e, f]) board.note(gone, 'drained', 'unhealthy')
  assert.deepEqual(
    planned().map(([those]) => those),
    [
      [a, b, c, d],
      [e, f],
    ],
  )
})
