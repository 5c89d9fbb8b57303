import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Circuit } from '../../../src/health/circuit.ts'
import { type CircuitOptions, circuitSettings } from '../../../src/health/circuit-options.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

function world(options: CircuitOptions = {}, { unseen = 0, draws = [0] }: { unseen?: number; draws?: number[] } = {}) {
  const clock = fakeClock()
  const heard: string[] = []
  let drawn = 0
  const circuit = new Circuit({
    settings: circuitSettings({ jitter: 0, ...options }),
    clock,
    draw: () => draws[drawn++ % draws.length] as number,
    changed: ({ state }) => void heard.push(state),
    unseen,
  })
  /** Attempts that end now: `x` failed, `.` went well, `s` was slow. */
  const run = (marks: string, latencyMs = 0) => {
    for (const mark of marks) {
      const ms = mark === 's' ? 1_000 : latencyMs
      circuit.count(mark === 'x', ms, clock.now() - ms, clock.now())
    }
  }
  const probe = async (passed: boolean) => {
    assert.equal(circuit.beginProbe(), true)
    circuit.probed(passed)
    await clock.settle()
  }
  return { clock, circuit, heard, run, probe }
}

test('it opens after so many failures in a row, and a success begins the row anew', () => {
  const { circuit, run } = world({ consecutiveFailures: 3 })
  run('xx.xx')
  assert.equal(circuit.state, 'closed')
  run('x')
  assert.deepEqual([circuit.state, circuit.reason], ['open', 'consecutive-failures'])
})

test('it opens at exactly the share of failures, and not before the minimum of calls', () => {
  const { circuit, run } = world({ consecutiveFailures: false, failureShare: 0.5, minimumCalls: 10 })
  run('xxxx.....')
  assert.equal(circuit.state, 'closed')
  run('x')
  assert.deepEqual([circuit.state, circuit.reason], ['open', 'failure-share'])
})

test('a success can be the call that makes the minimum', () => {
  const { circuit, run } = world({ consecutiveFailures: false, minimumCalls: 4 })
  run('xxx')
  assert.equal(circuit.state, 'closed')
  run('.')
  assert.equal(circuit.state, 'open')
})

test('a share below the limit never opens it, however many calls there are', () => {
  const { circuit, run } = world({ consecutiveFailures: false, failureShare: 0.5, minimumCalls: 4 })
  for (let i = 0; i < 1_000; i += 1) run('...xx')
  assert.equal(circuit.state, 'closed')
})

test('failures that fell out of the window do not count', async () => {
  const { circuit, run, clock } = world({ consecutiveFailures: false, minimumCalls: 4, window: '10s' })
  run('xxx')
  await clock.advance(10_000)
  run('x')
  assert.equal(circuit.state, 'closed')
  assert.equal(circuit.snapshot().calls, 1)
})

test('it opens at the share of slow calls, though none failed', () => {
  const { circuit, run } = world({ slowCall: '500ms', slowShare: 0.75, minimumCalls: 4 })
  run('.sss')
  assert.deepEqual([circuit.state, circuit.reason], ['open', 'slow-share'])
})

test('it stays open for its time, then admits exactly one probe, and closes when that passes', async () => {
  const { circuit, run, clock, heard, probe } = world({ consecutiveFailures: 1, openFor: '5s' })
  run('x')
  await clock.advance(4_999)
  assert.equal(circuit.beginProbe(), false)
  assert.equal(circuit.retryAfterMs(clock.now()), 1)
  await clock.advance(1)
  assert.equal(circuit.state, 'half-open')
  assert.equal(circuit.beginProbe(), true)
  assert.equal(circuit.beginProbe(), false)
  circuit.probed(true)
  await clock.settle()
  assert.equal(circuit.beginProbe(), false)
  assert.deepEqual(heard, ['open', 'half-open', 'closed'])
  clock.assertIdle()
  run('x')
  await clock.advance(10_000)
  await probe(true)
})

test('each probe that fails doubles the open time, up to the limit', async () => {
  const { circuit, run, clock, probe } = world({ consecutiveFailures: 1, openFor: '1s', maxOpenFor: '5s' })
  run('x')
  const times: number[] = []
  for (let i = 0; i < 5; i += 1) {
    times.push(circuit.retryAfterMs(clock.now()))
    await clock.advance(circuit.retryAfterMs(clock.now()))
    await probe(false)
    assert.deepEqual([circuit.state, circuit.reason], ['open', 'probe-failed'])
  }
  assert.deepEqual(times, [1_000, 2_000, 4_000, 5_000, 5_000])
})

test('one that opens again within a window of its closing goes on doubling, and begins anew after that', async () => {
  const { circuit, run, clock, probe } = world({ consecutiveFailures: 1, openFor: '1s', window: '10s' })
  const openNow = async () => {
    run('x')
    const ms = circuit.retryAfterMs(clock.now())
    await clock.advance(ms)
    await probe(true)
    return ms
  }
  assert.equal(await openNow(), 1_000)
  await clock.advance(9_999)
  assert.equal(await openNow(), 2_000)
  await clock.advance(10_000)
  assert.equal(await openNow(), 1_000)
})

test('chance adds up to its share to the open time, and takes nothing away', () => {
  const { circuit, run, clock } = world({ consecutiveFailures: 1, openFor: '10s', jitter: 0.2 }, { draws: [0.5] })
  run('x')
  assert.equal(circuit.retryAfterMs(clock.now()), 11_000)
})

test('what began before the circuit changed says nothing of the time after', async () => {
  const { circuit, run, clock, probe } = world({ consecutiveFailures: 2, openFor: '1s' })
  run('xx')
  run('....xx')
  assert.equal(circuit.state, 'open')
  await clock.advance(1_000)
  await probe(true)
  run('xx', 500)
  assert.equal(circuit.state, 'closed')
  assert.equal(circuit.snapshot().calls, 0)
  run('xx')
  assert.equal(circuit.state, 'open')
})

test('a probe that says nothing leaves the circuit half-open, for another one', async () => {
  const { circuit, run, clock, probe } = world({ consecutiveFailures: 1, openFor: '1s' })
  run('x')
  await clock.advance(1_000)
  assert.equal(circuit.beginProbe(), true)
  circuit.unprobed()
  await clock.settle()
  assert.equal(circuit.state, 'half-open')
  await probe(true)
  assert.equal(circuit.state, 'closed')
})

test('bodies that break in a row open it, although each head was a success', async () => {
  const { circuit, run, clock } = world({ consecutiveFailures: 3 })
  const one = (broken: boolean) => {
    run('.')
    if (broken) circuit.bodyBroke(clock.now(), clock.now())
    else circuit.bodyWell(clock.now())
  }
  one(true)
  one(true)
  one(false)
  one(true)
  one(true)
  assert.equal(circuit.state, 'closed')
  assert.deepEqual([circuit.snapshot().calls, circuit.snapshot().failures], [5, 4])
  one(true)
  assert.equal(circuit.state, 'open')
})

test('calls that went before the first failure, unseen, count as good until a whole window was seen', async () => {
  const { circuit, run, clock } = world({ consecutiveFailures: false, minimumCalls: 4, window: '10s' }, { unseen: 100 })
  run('xxxxxxxx')
  assert.equal(circuit.state, 'closed')
  await clock.advance(5_000)
  run('xxxxxxxx..')
  assert.equal(circuit.state, 'closed')
  await clock.advance(5_000)
  run('.')
  assert.equal(circuit.state, 'open')
})

test('one that is not enforced goes through its states, counts, and says that it keeps nothing away', async () => {
  const { circuit, run, clock, probe } = world({ consecutiveFailures: 1, openFor: '1s', enforce: 0 })
  run('x')
  assert.deepEqual([circuit.state, circuit.enforced], ['open', false])
  await clock.advance(1_000)
  await probe(false)
  const { openings, unenforced } = circuit.snapshot()
  assert.deepEqual([openings, unenforced], [0, 2])
})

test('a share of openings is enforced, by chance', async () => {
  const draws = [0.1, 0.9, 0.29, 0.3]
  const { circuit, run, clock, probe } = world({ consecutiveFailures: 1, openFor: '1s', enforce: 0.3 }, { draws })
  const enforced: boolean[] = []
  for (const _ of draws) {
    run('x')
    enforced.push(circuit.enforced)
    await clock.advance(circuit.retryAfterMs(clock.now()))
    await probe(true)
  }
  assert.deepEqual(enforced, [true, false, true, false])
})

test('forced open, it stays open until it is let go, and begins anew then', async () => {
  const { circuit, run, clock, heard } = world({ consecutiveFailures: 2 })
  run('x')
  circuit.force('open')
  await clock.advance(1_000_000)
  assert.deepEqual([circuit.state, circuit.reason, circuit.retryAfterMs(clock.now())], ['open', 'forced', Number.POSITIVE_INFINITY])
  circuit.force(undefined)
  run('x')
  assert.equal(circuit.state, 'closed')
  run('x')
  assert.equal(circuit.state, 'open')
  assert.deepEqual(heard, ['open', 'closed', 'open'])
  circuit.dispose()
  clock.assertIdle()
})

test('forced closed, it does not open; forced to observe, it only counts', () => {
  const { circuit, run } = world({ consecutiveFailures: 1 })
  circuit.force('closed')
  run('...xx')
  assert.equal(circuit.state, 'closed')
  circuit.force('observe')
  run('x')
  assert.deepEqual([circuit.state, circuit.enforced, circuit.snapshot().unenforced], ['open', false, 1])
  circuit.force(undefined)
  run('x')
  assert.deepEqual([circuit.state, circuit.enforced], ['open', true])
})
