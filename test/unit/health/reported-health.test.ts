import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HealthBoard } from '../../../src/health/health-board.ts'
import { noteReportedHealth } from '../../../src/health/reported-health.ts'
import { testEndpoint } from '../../../src/testing/index.ts'

test('what discovery says is noted under its name, and taken back when it says otherwise', () => {
  const board = new HealthBoard()
  const endpoint = testEndpoint('a')
  const states = (['healthy', 'degraded', 'draining', 'unhealthy', 'healthy'] as const).map((health) => {
    endpoint.health = health
    noteReportedHealth(board, [endpoint])
    return [board.stateOf(endpoint), board.findingsOf(endpoint).get('discovery')]
  })
  assert.deepEqual(states, [
    ['healthy', undefined],
    ['degraded', 'degraded'],
    ['unhealthy', 'unhealthy'],
    ['unhealthy', 'unhealthy'],
    ['healthy', undefined],
  ])
})

test('what other judges found of an endpoint stays', () => {
  const board = new HealthBoard()
  const endpoint = testEndpoint('a')
  board.note(endpoint, 'ejection', 'unhealthy')
  noteReportedHealth(board, [endpoint])
  assert.equal(board.stateOf(endpoint), 'unhealthy')
})
