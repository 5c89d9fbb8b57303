// What opossum 10 does that a mesh must not suffer from, as measured on opossum itself; each test would fail with a breaker used naively.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Verdict, verdicts } from '../../src/call/verdict.ts'
import type { Endpoint, RosterEndpoint } from '../../src/endpoint/endpoint.ts'
import { CircuitMachine } from '../../src/health/circuit-machine.ts'
import { type CircuitOptions, circuitSettings } from '../../src/health/circuit-options.ts'
import { Circuits } from '../../src/health/circuits.ts'
import { HealthBoard } from '../../src/health/health-board.ts'
import { ProbeDesk } from '../../src/health/probe-desk.ts'
import { fixed, MeshError, mesh } from '../../src/index.ts'
import { fakeClock, scriptedTransport, testCall, testEndpoint, testHost, testReply } from '../../src/testing/index.ts'

const url = 'http://10.0.0.1:8080'
const outcome = { ok: true, reply: testReply() } as const

function endpoints(options: CircuitOptions = {}) {
  const host = testHost()
  const board = new HealthBoard()
  const probes = new ProbeDesk(board, host.clock)
  const circuits = new Circuits({ host, random: host.random, board, probes })
  circuits.configure(circuitSettings({ jitter: 0, ...options }))
  const end = (endpoint: Endpoint, verdict: Verdict, latencyMs = 0) => circuits.answered(endpoint, verdict, latencyMs, outcome)
  const take = () => probes.take(testCall(), () => true, false)
  return { clock: host.clock, host, board, circuits, end, take }
}

/** A service whose circuit opens at its first failure, for a second. */
function service(script: Parameters<typeof scriptedTransport>[0]) {
  const clock = fakeClock()
  const transport = scriptedTransport(script)
  const net = mesh({ clock, transport })
    .service('orders', (s) =>
      s
        .resolve(fixed([url]))
        .retry(false)
        .deadline(Number.POSITIVE_INFINITY)
        .circuitBreaker({ endpoints: false, service: { consecutiveFailures: 1, openFor: '1s', jitter: 0, probeTimeout: '2s' } }),
    )
    .build()
  const get = (init?: RequestInit) =>
    net.fetch('http://orders/', init).then(
      (response) => response.status,
      (error) => MeshError.from(error)?.code ?? (error as Error).name,
    )
  return { clock, net, get, transport, state: () => net.service('orders').circuit.state }
}

test('a probe whose caller left does not close the circuit', async () => {
  const script: (500 | 'hang' | 200)[] = [500, 'hang', 200]
  const { clock, get, state } = service(() => {
    const next = script.shift()
    return next === 'hang' || next === undefined ? 'hang' : { status: next }
  })
  assert.equal(await get(), 500)
  await clock.advance(1_000)
  const leave = new AbortController()
  const left = get({ signal: leave.signal })
  await clock.settle()
  leave.abort()
  assert.equal(await left, 'AbortError')
  await clock.settle()
  assert.equal(state(), 'half-open')
  assert.equal(await get(), 200)
  await clock.settle()
  assert.equal(state(), 'closed')
})

test('a probe that never ends does not keep the circuit half-open for ever', async () => {
  const { clock, get, state } = service(({ attempt }) => (attempt.call.context && state() === 'half-open' ? 'hang' : { status: 500 }))
  await get()
  await clock.advance(1_000)
  void get()
  await clock.advance(1_999)
  assert.equal(state(), 'half-open')
  await clock.advance(1)
  assert.equal(state(), 'open')
})

test('a success from before the opening does not close a half-open circuit, and a failure does not re-open it', async () => {
  const { clock, end, circuits } = endpoints({ consecutiveFailures: 1, openFor: '1s' })
  const endpoint = testEndpoint(url)
  end(endpoint, verdicts.retryNever)
  await clock.advance(1_000)
  end(endpoint, verdicts.success, 1_500)
  end(endpoint, verdicts.retryNever, 1_500)
  await clock.settle()
  assert.equal(circuits.snapshot(endpoint)?.state, 'half-open')
})

test('ten calls at a half-open circuit are one probe and nine refusals', async () => {
  let status = 500
  const { clock, get, transport } = service(() => ({ status }))
  await get()
  status = 200
  await clock.advance(1_000)
  const before = transport.attempts.length
  const results = await Promise.all(Array.from({ length: 10 }, () => get()))
  assert.deepEqual(results, [200, ...Array.from({ length: 9 }, () => 'CIRCUIT_OPEN')])
  assert.equal(transport.attempts.length - before, 1)
})

test('a circuit that opens, is probed and closes starts no timer of the host, and rejects nothing that nobody handles', async () => {
  const unhandled: unknown[] = []
  const hear = (reason: unknown) => void unhandled.push(reason)
  process.on('unhandledRejection', hear)
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  const heard: string[] = []
  const machine = new CircuitMachine({ reopened: () => void heard.push('reopened'), closed: () => void heard.push('closed') })
  for (const passed of [false, true]) {
    machine.admitProbe()
    assert.equal(machine.begin(), true)
    machine.end(passed)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.equal(timers(), before)
  machine.dispose()
  process.off('unhandledRejection', hear)
  assert.deepEqual([heard, unhandled], [['reopened', 'closed'], []])
})

test('ten thousand endpoints without a failure have no circuit and no timer', async () => {
  const { clock, end, circuits } = endpoints()
  for (let i = 0; i < 10_000; i += 1) end(testEndpoint(`http://10.0.${i >> 8}.${i & 255}:80`), verdicts.success, 5)
  assert.equal(circuits.count, 0)
  clock.assertIdle()
})

test('a failure costs as much after two hundred thousand calls within the window as after a thousand', () => {
  const nanosPerFailure = (calls: number) => {
    const { end } = endpoints({ consecutiveFailures: false, failureShare: 1 })
    const endpoint = testEndpoint(url)
    end(endpoint, verdicts.retryNever)
    for (let i = 0; i < calls; i += 1) end(endpoint, verdicts.success, 5)
    // The best of many: whatever else the machine has to do comes in between now and then, but not always.
    const one = () => {
      const began = process.hrtime.bigint()
      for (let i = 0; i < 50; i += 1) end(endpoint, verdicts.retryNever)
      return Number(process.hrtime.bigint() - began) / 50
    }
    return Math.min(...Array.from({ length: 20 }, one))
  }
  nanosPerFailure(20_000)
  const [few, many] = [nanosPerFailure(1_000), nanosPerFailure(200_000)]
  // Sorting all latencies at each failure makes it 200 times as much.
  assert.ok(many < 20 * few + 10_000, `${few} ns and ${many} ns`)
})

test('the share at the limit opens, not only one beyond it', () => {
  const { end, circuits } = endpoints({ consecutiveFailures: false, failureShare: 0.5, minimumCalls: 20 })
  const endpoint = testEndpoint(url)
  for (let i = 0; i < 10; i += 1) end(endpoint, verdicts.retryNever)
  for (let i = 0; i < 10; i += 1) end(endpoint, verdicts.success)
  assert.equal(circuits.snapshot(endpoint)?.state, 'open')
})

test('what is nobody’s fault is not counted at all', () => {
  const { end, circuits } = endpoints({ consecutiveFailures: 2 })
  const endpoint = testEndpoint(url)
  end(endpoint, verdicts.retryNever)
  for (let i = 0; i < 100; i += 1) end(endpoint, verdicts.ignored)
  assert.deepEqual([circuits.snapshot(endpoint)?.calls, circuits.snapshot(endpoint)?.state], [1, 'closed'])
  end(endpoint, verdicts.retryNever)
  assert.equal(circuits.snapshot(endpoint)?.state, 'open')
})

test('a call that is refused is not sent, and its body is not touched', async () => {
  const { net, get, transport } = service(() => ({ status: 500 }))
  await get()
  const body = new ReadableStream<Uint8Array>({ pull: () => assert.fail('the body was read') }, { highWaterMark: 0 })
  const refused = net.fetch('http://orders/', { method: 'POST', body, duplex: 'half' } as RequestInit)
  await assert.rejects(refused, (error) => MeshError.from(error)?.code === 'CIRCUIT_OPEN')
  assert.equal(transport.attempts.length, 1)
})

test('an endpoint that is gone leaves no circuit and no timer behind, and its late attempts bring none back', async () => {
  const { clock, end, circuits, board } = endpoints({ consecutiveFailures: 1 })
  const endpoint = testEndpoint(url) as RosterEndpoint
  end(endpoint, verdicts.retryNever)
  circuits.forget(endpoint)
  end(endpoint, verdicts.retryNever)
  assert.deepEqual([circuits.count, board.stateOf(endpoint)], [0, 'healthy'])
  clock.assertIdle()
})
