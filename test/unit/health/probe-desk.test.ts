import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SpentAttempt } from '../../../src/call/call.ts'
import { repeatable } from '../../../src/call/call-options.ts'
import { type Verdict, verdicts } from '../../../src/call/verdict.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { HealthBoard } from '../../../src/health/health-board.ts'
import { ProbeDesk } from '../../../src/health/probe-desk.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { testCall } from '../../../src/testing/test-call.ts'
import { testEndpoint } from '../../../src/testing/test-endpoint.ts'

const anywhere = () => true

function world() {
  const clock = fakeClock()
  const board = new HealthBoard()
  const desk = new ProbeDesk(board, clock)
  const judge = (name: string) => {
    const told: { endpoint: Endpoint; verdict: Verdict }[] = []
    return { name, told, probed: (endpoint: Endpoint, verdict: Verdict) => void told.push({ endpoint, verdict }) }
  }
  /** An endpoint that a judge keeps out and wants to see probed. */
  const kept = (by: ReturnType<typeof judge>, url = 'http://a:1') => {
    const endpoint = testEndpoint(url)
    board.note(endpoint, by.name, 'unhealthy')
    desk.ask(endpoint, by, 5_000)
    return endpoint
  }
  return { clock, board, desk, judge, kept }
}

test('exactly one call takes the probe, and its verdict is told once', () => {
  const { desk, judge, kept, clock } = world()
  const circuit = judge('circuit')
  const endpoint = kept(circuit)
  assert.equal(desk.waiting, 1)
  const probe = desk.take(testCall(), anywhere, false)
  assert.equal(probe?.endpoint, endpoint)
  assert.equal(desk.waiting, 0)
  assert.equal(desk.take(testCall(), anywhere, false), undefined)
  assert.equal(desk.isUnderway(endpoint), true)
  probe?.ended(verdicts.success)
  probe?.ended(verdicts.retryNever)
  assert.deepEqual(circuit.told, [{ endpoint, verdict: verdicts.success }])
  assert.equal(desk.isUnderway(endpoint), false)
  clock.assertIdle()
})

test('a probe that nobody is to blame for leaves it to the next call', () => {
  const { desk, judge, kept } = world()
  const circuit = judge('circuit')
  const endpoint = kept(circuit)
  desk.take(testCall(), anywhere, false)?.ended(verdicts.ignored)
  assert.equal(circuit.told.length, 0)
  const second = desk.take(testCall(), anywhere, false)
  assert.equal(second?.endpoint, endpoint)
  second?.ended(verdicts.retryNever)
  assert.equal(circuit.told.length, 1)
})

test('a probe that never ends is a failure when its time is over, and what comes of it later is not heard', async () => {
  const { desk, judge, kept, clock } = world()
  const circuit = judge('circuit')
  kept(circuit)
  const probe = desk.take(testCall(), anywhere, false)
  await clock.advance(4_999)
  assert.equal(circuit.told.length, 0)
  await clock.advance(1)
  assert.equal(circuit.told[0]?.verdict.kind, 'failure')
  probe?.ended(verdicts.success)
  assert.equal(circuit.told.length, 1)
  assert.equal(desk.waiting, 0)
})

test('a call that may be repeated is preferred, and after a second any call will do', async () => {
  const { desk, judge, kept, clock } = world()
  kept(judge('circuit'))
  const once = testCall({ method: 'POST', idempotent: false })
  const told = testCall()
  told.context.set(repeatable, false)
  assert.equal(desk.take(once, anywhere, false), undefined)
  assert.equal(desk.take(told, anywhere, false), undefined)
  await clock.advance(1_000)
  assert.notEqual(desk.take(once, anywhere, false), undefined)
})

test('an attempt that repeats another one is no probe, unless there is nowhere else to go', () => {
  const { desk, judge, kept } = world()
  kept(judge('circuit'))
  const call = testCall()
  const spent = {
    endpoint: testEndpoint('http://b:1'),
    verdict: verdicts.retryNever,
    result: 500,
    latencyMs: 1,
    sent: true,
    untriedLeft: true,
    startedAt: 0,
  }
  ;(call.spent as SpentAttempt[]).push(spent)
  assert.equal(desk.take(call, anywhere, false), undefined)
  assert.notEqual(desk.take(call, anywhere, true), undefined)
})

test('a call that has nowhere else to go probes at once, whatever it is', () => {
  const { desk, judge, kept } = world()
  kept(judge('circuit'))
  assert.notEqual(desk.take(testCall({ method: 'POST', idempotent: false }), anywhere, true), undefined)
})

test('an endpoint that cannot serve the call is left for another call, and does not stand in front of others', () => {
  const { desk, judge, kept } = world()
  const circuit = judge('circuit')
  const first = Array.from({ length: 20 }, (_, i) => kept(circuit, `http://first-${i}:1`))
  const wanted = kept(circuit, 'http://wanted:1')
  const accepts = (endpoint: Endpoint) => endpoint === wanted
  const taken = [1, 2, 3].map(() => desk.take(testCall(), accepts, false)?.endpoint)
  assert.deepEqual(taken.filter(Boolean), [wanted])
  assert.equal(desk.waiting, first.length)
})

test('an endpoint that another judge keeps out waits until that one asks too, and one attempt serves both', () => {
  const { desk, board, judge, kept } = world()
  const [circuit, ejection] = [judge('circuit'), judge('ejection')]
  const endpoint = kept(circuit)
  board.note(endpoint, 'ejection', 'unhealthy')
  assert.equal(desk.take(testCall(), anywhere, false), undefined)
  desk.ask(endpoint, ejection, 5_000)
  desk.take(testCall(), anywhere, false)?.ended(verdicts.success)
  assert.deepEqual([circuit.told.length, ejection.told.length], [1, 1])
  assert.equal(desk.take(testCall(), anywhere, false), undefined)
})

test('a judge that asks while another one probes gets a probe of its own, afterwards', () => {
  const { desk, judge, kept } = world()
  const [circuit, ejection] = [judge('circuit'), judge('ejection')]
  const endpoint = kept(circuit)
  const first = desk.take(testCall(), anywhere, false)
  desk.ask(endpoint, ejection, 5_000)
  assert.equal(desk.take(testCall(), anywhere, false), undefined)
  first?.ended(verdicts.retryNever)
  assert.equal(ejection.told.length, 0)
  // The circuit keeps the endpoint out still.
  assert.equal(desk.take(testCall(), anywhere, false), undefined)
  desk.ask(endpoint, circuit, 5_000)
  desk.take(testCall(), anywhere, false)?.ended(verdicts.success)
  assert.deepEqual([circuit.told.length, ejection.told.length], [2, 1])
})

test('a judge that withdraws, and an endpoint that is gone, are told of nobody any more', () => {
  const { desk, judge, kept, clock } = world()
  const circuit = judge('circuit')
  const endpoint = kept(circuit)
  const probe = desk.take(testCall(), anywhere, false)
  desk.withdraw(endpoint, circuit)
  probe?.ended(verdicts.ignored)
  assert.equal(desk.waiting, 0)
  const gone = kept(circuit, 'http://gone:1')
  const late = desk.take(testCall(), anywhere, false)
  desk.forget(gone)
  late?.ended(verdicts.success)
  kept(circuit, 'http://last:1')
  desk.take(testCall(), anywhere, false)
  desk.close()
  assert.equal(circuit.told.length, 0)
  clock.assertIdle()
})
