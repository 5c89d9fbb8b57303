import assert from 'node:assert/strict'
import { test } from 'node:test'
import { replied } from '../../../src/call/outcome.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { AnnouncedHealth } from '../../../src/health/announced-health.ts'
import { announced, HealthBoard } from '../../../src/health/health-board.ts'
import { serverDrainingDefaults } from '../../../src/health/server-draining-options.ts'
import { ConfigError, fixed, mesh } from '../../../src/index.ts'
import { Router } from '../../../src/routing/router.ts'
import { scriptedTransport } from '../../../src/testing/scripted-transport.ts'
import { testCall } from '../../../src/testing/test-call.ts'
import { testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'
import { testReply } from '../../../src/testing/test-reply.ts'
import { TestDirectory } from '../routing/test-directory.ts'

const draining = { 'x-envoy-immediate-health-check-fail': 'true' }
const degraded = { 'x-envoy-degraded': '' }

function world(holdMs = 30_000) {
  const host = testHost()
  const board = new HealthBoard()
  const judge = new AnnouncedHealth(board, host.clock)
  const hear = judge.listener(holdMs)
  const [a, b] = testEndpoints(2) as unknown as [Endpoint, Endpoint]
  const says = (endpoint: Endpoint, headers: Record<string, string>) => hear(endpoint, testReply({ headers }))
  return { clock: host.clock, board, judge, a, b, says }
}

test('an endpoint that says it drains is out at once, for the hold, and one timer serves all', async () => {
  const { clock, board, a, b, says } = world()
  says(a, draining)
  assert.deepEqual([board.stateOf(a), board.stateOf(b)], ['unhealthy', 'healthy'])
  await clock.advance(10_000)
  says(b, draining)
  assert.equal(clock.pending, 1)
  assert.equal(clock.pendingForeground, 0)
  await clock.advance(20_000)
  assert.deepEqual([board.stateOf(a), board.stateOf(b)], ['healthy', 'unhealthy'])
  await clock.advance(10_000)
  assert.equal(board.stateOf(b), 'healthy')
  clock.assertIdle()
})

test('an endpoint that says so again is out for longer; one that does not say it, in a reply to what it took before, is not back', async () => {
  const { clock, board, a, says } = world()
  says(a, draining)
  await clock.advance(20_000)
  says(a, draining)
  says(a, {})
  says(a, degraded)
  await clock.advance(20_000)
  assert.equal(board.stateOf(a), 'unhealthy')
  await clock.advance(10_000)
  assert.equal(board.stateOf(a), 'healthy')
})

test('an endpoint that is degraded is so until it answers without saying it, or the hold is over', async () => {
  const { clock, board, a, b, says } = world()
  says(a, degraded)
  says(b, degraded)
  assert.deepEqual([board.stateOf(a), board.stateOf(b)], ['degraded', 'degraded'])
  says(a, {})
  assert.equal(board.stateOf(a), 'healthy')
  await clock.advance(30_000)
  assert.equal(board.stateOf(b), 'healthy')
})

test('a check that passes takes the finding back', () => {
  const { board, a, says } = world()
  says(a, draining)
  board.note(a, announced, undefined)
  assert.equal(board.stateOf(a), 'healthy')
  says(a, draining)
  assert.equal(board.stateOf(a), 'unhealthy')
})

test('nothing is left behind, and nothing heard, after the end', () => {
  const { clock, board, judge, a, b, says } = world()
  says(a, draining)
  judge.close()
  says(b, draining)
  assert.equal(board.stateOf(b), 'healthy')
  clock.assertIdle()
})

test('routing hands on every reply, whatever its status', async () => {
  const host = testHost()
  const directory = new TestDirectory('http://10.0.0.1:80')
  const health = new HealthBoard()
  const heard = new AnnouncedHealth(health, host.clock).listener(1_000)
  const balancer = { name: 'first', picker: (endpoints: readonly Endpoint[]) => ({ pick: () => endpoints[0] }) }
  const send = async () => replied(testReply({ status: 503, headers: draining }))
  const router = new Router({ host, directory, health, heard, balancer, classify: host.classify, send })
  await router.send(testCall())
  assert.equal(health.stateOf(directory.endpoints[0] as Endpoint), 'unhealthy')
})

test('a service heeds its servers unless it says otherwise, or is bare', async () => {
  const transport = scriptedTransport(() => ({}))
  const endpoints = fixed(['http://10.0.0.1:80'])
  const net = mesh({ transport })
    .service('plain', (s) => s.resolve(endpoints))
    .service('patient', (s) => s.resolve(endpoints).serverDraining({ hold: '2m' }))
    .service('deaf', (s) => s.resolve(endpoints).serverDraining(false))
    .service('bare', (s) => s.resolve(endpoints).bare())
    .build()
  const said = Object.entries(net.plan.services).map(([name, { serverDraining }]) => [name, serverDraining])
  assert.deepEqual(said, [
    ['plain', { hold: 30_000 }],
    ['patient', { hold: 120_000 }],
    ['deaf', false],
    ['bare', false],
  ])
  assert.equal(serverDrainingDefaults.hold, '30s')
  await net.close()
})

test('a hold that cannot be is told with its place', () => {
  assert.throws(
    () =>
      mesh()
        .service('orders', (s) => s.resolve(fixed(['http://10.0.0.1:80'])).serverDraining({ hold: -1 }))
        .build(),
    (error) => ConfigError.is(error) && /services\.orders\.serverDraining\.hold: expected a duration .* got -1/.test(error.message),
  )
})
