import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verdicts } from '../../../src/call/verdict.ts'
import type { EjectionRule } from '../../../src/health/ejection-rule.ts'
import { openEjector, plainly } from './test-ejector.ts'

test('five replies in a row that are failures eject an endpoint, four do not', () => {
  const net = openEjector(3)
  net.fail(net.at(0), 4)
  assert.equal(net.isOut(net.at(0)), false)
  net.fail(net.at(0))
  assert.equal(net.isOut(net.at(0)), true)
  assert.deepEqual(net.told('endpoint-ejected'), [
    { service: 'test', endpoint: net.at(0).address, rule: 'consecutive-5xx', forMs: 30_000, times: 1, enforced: true },
  ])
})

test('a success between failures begins the row anew', () => {
  const net = openEjector(3)
  net.fail(net.at(0), 4)
  net.succeed(net.at(0))
  net.fail(net.at(0), 4)
  assert.equal(net.isOut(net.at(0)), false)
})

test("what is nobody's fault neither counts nor breaks the row", () => {
  const net = openEjector(3)
  net.break(net.at(0), 4)
  net.break(net.at(0), 20, 'ABORTED', verdicts.ignored)
  assert.equal(net.isOut(net.at(0)), false)
  net.break(net.at(0))
  assert.equal(net.isOut(net.at(0)), true)
})

test('a queue that is full in this process is not held against the endpoint', () => {
  const net = openEjector(3)
  for (const code of ['QUEUE_FULL', 'QUEUE_TIMEOUT', 'INTERNAL', 'CLOSED', 'REPLY_TOO_LARGE'] as const) net.break(net.at(0), 20, code)
  assert.equal(net.isOut(net.at(0)), false)
})

test('a timeout counts as a failure to answer', () => {
  const net = openEjector(3)
  net.break(net.at(0), 5, 'ATTEMPT_TIMEOUT', verdicts.retryIfIdempotent)
  assert.equal(net.told('endpoint-ejected')[0]?.rule, 'consecutive-local-failures')
})

test('an endpoint that answers at once and breaks off every body is ejected', () => {
  const net = openEjector(3)
  for (let i = 0; i < 5; i += 1) net.breakBody(net.at(0))
  assert.equal(net.told('endpoint-ejected')[0]?.rule, 'consecutive-local-failures')
})

test('gateway errors have a row of their own, which another failure breaks', () => {
  const net = openEjector(3, { ...plainly, consecutive5xx: false, consecutiveGatewayErrors: 3 })
  net.fail(net.at(0), 2, 503)
  net.fail(net.at(0), 1, 500)
  net.fail(net.at(0), 2, 502)
  assert.equal(net.isOut(net.at(0)), false)
  net.fail(net.at(0), 1, 504)
  assert.equal(net.told('endpoint-ejected')[0]?.rule, 'consecutive-gateway-errors')
})

test('an endpoint that is out comes back after exactly one attempt that succeeds', async () => {
  const net = openEjector(3)
  net.fail(net.at(0), 5)
  await net.clock.advance(29_999)
  assert.equal(net.probe(verdicts.success), undefined)
  await net.clock.advance(1)
  const probe = net.probes.take({ ...net.host, spent: [], underway: [], context: { get: () => true } } as never, () => true, true)
  assert.equal(probe?.endpoint, net.at(0))
  assert.equal(net.probe(verdicts.success), undefined, 'a second attempt while the first is under way')
  assert.equal(net.isOut(net.at(0)), true)
  probe?.ended(verdicts.success)
  assert.equal(net.isOut(net.at(0)), false)
  assert.deepEqual(net.told('endpoint-readmitted'), [{ service: 'test', endpoint: net.at(0).address, afterMs: 30_000, by: 'probe' }])
})

test('an ejection lasts 30, 60, 90 and so on to 300 seconds while every probe fails', async () => {
  const net = openEjector(3)
  net.fail(net.at(0), 5)
  const lengths: unknown[] = []
  for (let i = 1; i <= 12; i += 1) {
    const { forMs } = net.told('endpoint-ejected').at(-1) as { forMs: number }
    lengths.push(forMs / 1_000)
    await net.clock.advance(forMs)
    assert.equal(net.probe(verdicts.retryNever), net.at(0))
  }
  assert.deepEqual(lengths, [30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300])
})

test('each whole interval in which an endpoint stays in forgives a step: 100 s after the longest ejection', async () => {
  const net = openEjector(3)
  net.fail(net.at(0), 5)
  for (let i = 1; i <= 10; i += 1) {
    await net.clock.advance(i * 30_000)
    net.probe(i === 10 ? verdicts.success : verdicts.retryNever)
  }
  await net.clock.advance(90_000)
  net.fail(net.at(0), 5)
  assert.equal(net.told('endpoint-ejected').at(-1)?.forMs, 60_000)
  await net.clock.advance(60_000)
  net.probe(verdicts.success)
  await net.clock.advance(30_000)
  net.fail(net.at(0), 5)
  assert.equal(net.told('endpoint-ejected').at(-1)?.forMs, 30_000)
})

test('a random part of the jitter is added to each ejection', () => {
  const net = openEjector(3, { ...plainly, backoff: { base: 1_000, jitter: 500 } })
  net.fail(net.at(0), 5)
  const { forMs } = net.told('endpoint-ejected')[0] as { forMs: number }
  assert.ok(forMs > 1_000 && forMs < 1_500, String(forMs))
})

test("a probe that is nobody's fault decides nothing: the next one does", async () => {
  const net = openEjector(3)
  net.fail(net.at(0), 5)
  await net.clock.advance(30_000)
  assert.equal(net.probe(verdicts.ignored), net.at(0))
  assert.equal(net.isOut(net.at(0)), true)
  assert.equal(net.probe(verdicts.success), net.at(0))
  assert.equal(net.isOut(net.at(0)), false)
})

test('a probe that never ends counts as a failure after its time limit', async () => {
  const net = openEjector(3, { ...plainly, probeTimeout: '2s' })
  net.fail(net.at(0), 5)
  await net.clock.advance(30_000)
  net.probes.take({ spent: [], underway: [], context: { get: () => true } } as never, () => true, true)
  await net.clock.advance(2_000)
  assert.equal(net.told('endpoint-ejected').at(-1)?.forMs, 60_000)
})

test('after it came back, an endpoint must fail as often as before to be ejected again', async () => {
  const net = openEjector(3)
  net.fail(net.at(0), 5)
  await net.clock.advance(30_000)
  net.probe(verdicts.success)
  await net.clock.advance(20)
  net.fail(net.at(0), 4)
  assert.equal(net.isOut(net.at(0)), false)
  net.fail(net.at(0))
  assert.equal(net.isOut(net.at(0)), true)
})

test('attempts that began before an endpoint came back are not held against it', async () => {
  const net = openEjector(3)
  net.fail(net.at(0), 5)
  await net.clock.advance(30_000)
  net.probe(verdicts.success)
  await net.clock.advance(5)
  net.fail(net.at(0), 20)
  assert.equal(net.isOut(net.at(0)), false)
})

test('at most half of the endpoints are out, and what is beyond is counted', () => {
  const net = openEjector(5)
  for (const endpoint of net.endpoints) net.fail(endpoint, 5)
  assert.equal(net.out(), 2)
  assert.deepEqual(net.ejector.counts, { carriedOut: 2, notEnforced: 0, overLimit: 3 })
})

test('one endpoint may always be out, but never the only one', () => {
  const two = openEjector(2, { ...plainly, maxEjected: 0.1 })
  for (const endpoint of two.endpoints) two.fail(endpoint, 5)
  assert.equal(two.out(), 1)
  const one = openEjector(1)
  one.fail(one.at(0), 50)
  assert.equal(one.out(), 0)
})

test('an endpoint that another judge keeps out is not ejected as well', () => {
  const net = openEjector(4)
  net.board.note(net.at(0), 'circuit', 'unhealthy')
  net.fail(net.at(0), 50)
  assert.equal(net.ejector.stateOf(net.at(0)), undefined)
  net.board.note(net.at(0), 'circuit', undefined)
  net.fail(net.at(0))
  assert.equal(net.ejector.stateOf(net.at(0))?.rule, 'consecutive-5xx')
})

test('with enforce 0 nothing is ejected, and everything is told and counted', () => {
  const net = openEjector(4, { ...plainly, enforce: 0 })
  net.fail(net.at(0), 15)
  assert.equal(net.out(), 0)
  assert.deepEqual(net.ejector.counts, { carriedOut: 0, notEnforced: 3, overLimit: 0 })
  assert.deepEqual(
    net.told('endpoint-ejected').map(({ enforced }) => enforced),
    [false, false, false],
  )
})

test('with enforce 0.3 about a third of the ejections are carried out', () => {
  const net = openEjector(1_000, { ...plainly, enforce: 0.3, maxEjected: 1 })
  for (const endpoint of net.endpoints) net.fail(endpoint, 5)
  assert.ok(Math.abs(net.out() - 300) < 60, `${net.out()} of 1,000`)
})

test('an endpoint that leaves is forgotten, and its attempts that end later eject nobody', async () => {
  const net = openEjector(4)
  const [gone] = net.endpoints
  assert.ok(gone !== undefined)
  net.fail(gone, 5)
  net.leave([gone])
  net.fail(gone, 50)
  assert.equal(net.ejector.stateOf(gone), undefined)
  await net.clock.advance(60_000)
  assert.equal(net.probe(verdicts.success), undefined)
  net.clock.assertIdle()
})

test('when others leave and too many of the rest are out, those that have been out longest come back', () => {
  const net = openEjector(8)
  for (let i = 0; i < 4; i += 1) net.fail(net.at(i), 5)
  net.leave([net.at(6), net.at(7)])
  assert.deepEqual(
    net.endpoints.slice(0, 4).map((endpoint) => net.isOut(endpoint)),
    [false, true, true, true],
  )
  assert.equal(net.told('endpoint-readmitted')[0]?.by, 'limit')
})

test('somebody outside can eject an endpoint and let it back in', async () => {
  const net = openEjector(2, plainly)
  net.ejector.eject(net.at(0), Number.POSITIVE_INFINITY)
  assert.deepEqual(net.ejector.stateOf(net.at(0)), { rule: 'by-hand', forMs: Number.POSITIVE_INFINITY, times: 0 })
  await net.clock.advance(1_000_000)
  assert.equal(net.isOut(net.at(0)), true)
  net.ejector.readmit(net.at(0))
  assert.equal(net.isOut(net.at(0)), false)
  net.ejector.eject(net.at(0), 1_000)
  await net.clock.advance(1_000)
  assert.equal(net.isOut(net.at(0)), false)
})

test('other settings keep endpoints out, and none let them back in', () => {
  const net = openEjector(4)
  net.fail(net.at(0), 5)
  net.use({ ...plainly, consecutive5xx: 2 })
  assert.equal(net.isOut(net.at(0)), true)
  net.fail(net.at(1), 2)
  assert.equal(net.isOut(net.at(1)), true)
  net.use(false)
  assert.equal(net.out(), 0)
  net.fail(net.at(2), 50)
  assert.equal(net.out(), 0)
})

test('a rule of a user is asked, and may say how long', () => {
  const rule: EjectionRule = {
    name: 'mine',
    judge: (_endpoint, verdict) => (verdict.kind === 'failure' ? 1_234 : undefined),
    readmitted: () => {},
  }
  const net = openEjector(3, { ...plainly, rules: [() => rule] })
  net.fail(net.at(0))
  assert.deepEqual(net.ejector.stateOf(net.at(0)), { rule: 'mine', forMs: 1_234, times: 1 })
})

test('a rule that throws or answers nonsense is told as an event, and the others are asked all the same', async () => {
  const broken: EjectionRule = {
    name: 'broken',
    judge: () => {
      throw new Error('oops')
    },
    review: () => 7 as never,
    readmitted: () => {
      throw new Error('oops')
    },
  }
  const silly: EjectionRule = { name: 'silly', judge: () => 'yes' as never, readmitted: () => {} }
  const net = openEjector(3, { ...plainly, rules: [() => broken, () => silly] })
  net.fail(net.at(0), 5)
  assert.equal(net.ejector.stateOf(net.at(0))?.rule, 'consecutive-5xx')
  assert.deepEqual([...new Set(net.told('part-threw').map(({ part }) => part))], ['ejection rule broken', 'ejection rule silly'])
  await net.clock.advance(30_000)
  net.probe(verdicts.success)
  assert.equal(net.isOut(net.at(0)), false)
})

test('without traffic nothing is scheduled', async () => {
  const net = openEjector(100)
  net.clock.assertIdle()
  for (const endpoint of net.endpoints) net.succeed(endpoint)
  assert.equal(net.clock.pending, 1)
  assert.equal(net.clock.pendingForeground, 0)
  await net.clock.advance(20_000)
  net.clock.assertIdle()
})
