import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HealthBoard } from '../../../src/health/health-board.ts'
import { testEndpoint } from '../../../src/testing/test-endpoint.ts'

test('an endpoint of which nothing is noted is healthy', () => {
  const board = new HealthBoard()
  assert.equal(board.stateOf(testEndpoint('http://a:1')), 'healthy')
  assert.equal(board.version, 0)
})

test('the worst finding counts until its judge takes it back', () => {
  const board = new HealthBoard()
  const endpoint = testEndpoint('http://a:1')
  board.note(endpoint, 'check', 'degraded')
  assert.equal(board.stateOf(endpoint), 'degraded')
  board.note(endpoint, 'ejection', 'unhealthy')
  assert.equal(board.stateOf(endpoint), 'unhealthy')
  assert.deepEqual(
    [...board.findingsOf(endpoint)],
    [
      ['check', 'degraded'],
      ['ejection', 'unhealthy'],
    ],
  )
  board.note(endpoint, 'ejection', undefined)
  assert.equal(board.stateOf(endpoint), 'degraded')
  board.note(endpoint, 'check', 'healthy')
  assert.equal(board.stateOf(endpoint), 'healthy')
  assert.deepEqual([...board.findingsOf(endpoint)], [])
})

test('the version changes with a state and not with a finding that changes none', () => {
  const board = new HealthBoard()
  const endpoint = testEndpoint('http://a:1')
  board.note(endpoint, 'ejection', 'unhealthy')
  assert.equal(board.version, 1)
  board.note(endpoint, 'ejection', 'unhealthy')
  board.note(endpoint, 'check', 'unhealthy')
  board.note(endpoint, 'ejection', undefined)
  assert.equal(board.version, 1)
  board.note(endpoint, 'check', undefined)
  assert.equal(board.version, 2)
})

test('two boards of the same endpoint know nothing of each other', () => {
  const [one, other] = [new HealthBoard(), new HealthBoard()]
  const endpoint = testEndpoint('http://a:1')
  one.note(endpoint, 'check', 'unhealthy')
  assert.equal(other.stateOf(endpoint), 'healthy')
  other.note(endpoint, 'check', 'degraded')
  assert.deepEqual([one.stateOf(endpoint), other.stateOf(endpoint)], ['unhealthy', 'degraded'])
  one.note(endpoint, 'check', undefined)
  assert.deepEqual([one.stateOf(endpoint), other.stateOf(endpoint)], ['healthy', 'degraded'])
})
