import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Verdict, verdicts } from '../../../src/call/verdict.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { MeshError } from '../../../src/errors/mesh-error.ts'
import { type CircuitOptions, circuitSettings } from '../../../src/health/circuit-options.ts'
import { Circuits } from '../../../src/health/circuits.ts'
import { HealthBoard } from '../../../src/health/health-board.ts'
import { ProbeDesk } from '../../../src/health/probe-desk.ts'
import { testCall } from '../../../src/testing/test-call.ts'
import { testEndpoint } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'
import { testReply } from '../../../src/testing/test-reply.ts'

const outcome = { ok: true, reply: testReply() } as const
const broken = new MeshError('CONNECTION_LOST', 'cut', { service: 'test', sent: true })

function world(options: CircuitOptions = {}) {
  const host = testHost()
  const board = new HealthBoard()
  const probes = new ProbeDesk(board, host.clock)
  const circuits = new Circuits({ host, random: host.random, board, probes })
  circuits.configure(circuitSettings({ jitter: 0, consecutiveFailures: 2, openFor: '1s', ...options }))
  const endpoint = testEndpoint('http://a:1')
  const run = (marks: string, at: Endpoint = endpoint) => {
    for (const mark of marks) circuits.answered(at, mark === 'x' ? verdicts.retryNever : verdicts.success, 0, outcome)
  }
  const probe = async (verdict: Verdict) => {
    const taken = probes.take(testCall(), () => true, false)
    taken?.ended(verdict)
    await host.clock.settle()
    return taken
  }
  return { host, clock: host.clock, board, probes, circuits, endpoint, run, probe, names: () => host.events.map(({ name }) => name) }
}

test('an open circuit keeps its endpoint out until a probe passed', async () => {
  const { clock, board, probes, endpoint, run, probe, host } = world()
  run('x')
  assert.equal(board.stateOf(endpoint), 'healthy')
  run('x')
  assert.equal(board.stateOf(endpoint), 'unhealthy')
  assert.equal(probes.waiting, 0)
  await clock.advance(1_000)
  assert.deepEqual([board.stateOf(endpoint), probes.waiting], ['unhealthy', 1])
  await probe(verdicts.retryNever)
  assert.deepEqual([board.stateOf(endpoint), probes.waiting], ['unhealthy', 0])
  await clock.advance(2_000)
  await probe(verdicts.success)
  assert.deepEqual([board.stateOf(endpoint), probes.waiting], ['healthy', 0])
  clock.assertIdle()
  const told = { service: 'test', endpoint: endpoint.address, enforced: true }
  assert.deepEqual(host.events, [
    { name: 'circuit-opened', event: { ...told, reason: 'consecutive-failures', openForMs: 1_000 } },
    { name: 'circuit-half-open', event: told },
    { name: 'circuit-opened', event: { ...told, reason: 'probe-failed', openForMs: 2_000 } },
    { name: 'circuit-half-open', event: told },
    { name: 'circuit-closed', event: told },
  ])
})

test('what comes of attempts that panic sends to an open endpoint changes nothing', async () => {
  const { board, endpoint, run, clock, circuits } = world()
  run('xx')
  run('......')
  await clock.advance(1_000)
  run('......xx')
  await clock.settle()
  assert.equal(board.stateOf(endpoint), 'unhealthy')
  assert.equal(circuits.snapshot(endpoint)?.state, 'half-open')
})

test('endpoints have circuits of their own, from their first failure on', () => {
  const { board, endpoint, run, circuits } = world()
  const other = testEndpoint('http://b:1')
  run('....', other)
  run('xx')
  assert.deepEqual([board.stateOf(endpoint), board.stateOf(other), circuits.count], ['unhealthy', 'healthy', 1])
  run('.', other)
  assert.equal(circuits.count, 1)
})

test('a slow reply gives an endpoint a circuit as a failure does', () => {
  const { circuits, endpoint, board } = world({ slowCall: '1s', minimumCalls: 2 })
  circuits.answered(endpoint, verdicts.success, 1_000, outcome)
  assert.equal(circuits.count, 0)
  circuits.answered(endpoint, verdicts.success, 1_001, outcome)
  circuits.answered(endpoint, verdicts.success, 1_001, outcome)
  assert.equal(board.stateOf(endpoint), 'unhealthy')
})

test('observed only, an endpoint is never kept out, and what would have been is counted', async () => {
  const { circuits, endpoint, board, probes, run, clock, host } = world({ enforce: 0 })
  run('xx')
  assert.equal(board.stateOf(endpoint), 'healthy')
  await clock.advance(1_000)
  assert.equal(probes.waiting, 0)
  run('x')
  await clock.settle()
  assert.equal(circuits.snapshot(endpoint)?.unenforced, 2)
  await clock.advance(2_000)
  run('.')
  await clock.settle()
  assert.deepEqual([circuits.snapshot(endpoint)?.state, board.version], ['closed', 0])
  assert.ok(host.events.length === 5 && host.events.every(({ event }) => 'enforced' in event && !event.enforced))
})

test('a body that breaks counts against the endpoint, and once only', () => {
  const { circuits, endpoint, board, clock } = world()
  const one = (spoiled: MeshError | undefined) => {
    circuits.answered(endpoint, verdicts.success, 0, outcome)
    circuits.bodyOver(endpoint, spoiled === undefined ? verdicts.success : verdicts.retryIfIdempotent, spoiled, clock.now())
  }
  one(broken)
  assert.deepEqual([circuits.snapshot(endpoint)?.calls, circuits.snapshot(endpoint)?.failures], [1, 1])
  one(broken)
  assert.equal(board.stateOf(endpoint), 'unhealthy')
})

test('a forced circuit outlives new settings, and is let go from outside', async () => {
  const { circuits, endpoint, board, clock } = world()
  circuits.force(endpoint, 'open')
  assert.equal(board.stateOf(endpoint), 'unhealthy')
  await clock.advance(1_000_000)
  circuits.configure(undefined)
  assert.equal(board.stateOf(endpoint), 'unhealthy')
  circuits.force(endpoint, undefined)
  assert.deepEqual([board.stateOf(endpoint), circuits.count], ['healthy', 0])
  clock.assertIdle()
})

test('letting go of a circuit that was not forced leaves it as it is', () => {
  const { circuits, endpoint, board, run } = world()
  run('xx')
  circuits.force(endpoint, undefined)
  assert.equal(board.stateOf(endpoint), 'unhealthy')
})

test('new settings begin anew, and none at all ends everything', async () => {
  const { circuits, endpoint, board, probes, run, clock, probe } = world()
  run('xx')
  await clock.advance(1_000)
  circuits.configure(circuitSettings({ consecutiveFailures: 1 }))
  assert.deepEqual([board.stateOf(endpoint), probes.waiting, circuits.count], ['healthy', 0, 0])
  assert.equal(await probe(verdicts.success), undefined)
  run('x')
  assert.equal(board.stateOf(endpoint), 'unhealthy')
  circuits.configure(undefined)
  run('xxxxx')
  assert.deepEqual([board.stateOf(endpoint), circuits.count], ['healthy', 0])
  clock.assertIdle()
})
