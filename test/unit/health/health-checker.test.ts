import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cancellation } from '../../../src/call/cancellation.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { HealthBoard } from '../../../src/health/health-board.ts'
import type { CheckResult, HealthCheck } from '../../../src/health/health-check.ts'
import { checkSchedule, type HealthCheckOptions } from '../../../src/health/health-check-options.ts'
import { HealthChecker } from '../../../src/health/health-checker.ts'
import { testEndpoints, testHost } from '../../../src/testing/index.ts'

const good: CheckResult = { state: 'healthy', reason: 'status 200' }
const failing: CheckResult = { state: 'failing', reason: 'CONNECT_FAILED' }
const bad: CheckResult = { state: 'unhealthy', reason: 'status 500' }

/** A check that answers as a test says, and tells when it was asked. */
class ScriptedCheck implements HealthCheck {
  readonly asked: { readonly endpoint: Endpoint; readonly at: number }[] = []
  readonly retired: Endpoint[] = []
  answer: CheckResult | 'hang' | 'throw' = good
  closed = 0
  underway = 0
  mostUnderway = 0
  readonly #now: () => number
  readonly #open: (() => void)[] = []

  constructor(now: () => number) {
    this.#now = now
  }

  async run(endpoint: Endpoint, cancellation: Cancellation): Promise<CheckResult> {
    this.asked.push({ endpoint, at: this.#now() })
    this.underway += 1
    this.mostUnderway = Math.max(this.mostUnderway, this.underway)
    const { answer } = this
    if (answer === 'hang') {
      const reason = await new Promise<string>((resolve) => {
        cancellation.add({ cancelled: ({ code }) => resolve(code) })
        this.#open.push(() => resolve('done'))
      })
      this.underway -= 1
      return { state: 'failing', reason }
    }
    this.underway -= 1
    if (answer === 'throw') throw new Error('oops')
    return answer
  }

  retire(endpoint: Endpoint): void {
    this.retired.push(endpoint)
  }

  close(): void {
    this.closed += 1
  }
}

const plainly: HealthCheckOptions = { interval: 5_000, initialJitter: 0, jitterShare: 0 }

function openChecker(options: HealthCheckOptions = plainly, count = 1) {
  const host = testHost()
  const board = new HealthBoard()
  const check = new ScriptedCheck(() => host.clock.now())
  const checker = new HealthChecker(host, board)
  const endpoints = testEndpoints(count)
  const began = host.clock.now()
  const use = (given: HealthCheckOptions | undefined) =>
    checker.use(given === undefined ? undefined : { schedule: checkSchedule(given), check }, endpoints)
  use(options)
  return {
    host,
    clock: host.clock,
    board,
    check,
    checker,
    endpoints,
    use,
    first: endpoints[0] as Endpoint,
    state: () => board.stateOf(endpoints[0] as Endpoint),
    call: () => checker.answered(),
    times: () => check.asked.map(({ at }) => at - began),
    changes: () => host.events.flatMap(({ name, event }) => (name === 'health-changed' ? [`${event.state}: ${event.reason}`] : [])),
  }
}

test('an endpoint is taken to be well until its first check, which holds at once', async () => {
  const net = openChecker()
  net.check.answer = failing
  assert.equal(net.state(), 'healthy')
  await net.clock.advance(0)
  assert.equal(net.state(), 'unhealthy')
  assert.deepEqual(net.changes(), ['unhealthy: CONNECT_FAILED'])
})

test('a first check that succeeds changes nothing, and is no event', async () => {
  const net = openChecker()
  await net.clock.advance(0)
  assert.equal(net.state(), 'healthy')
  assert.deepEqual(net.changes(), [])
  assert.deepEqual(net.checker.stateOf(net.first), { state: 'healthy', reason: 'status 200' })
})

test('three failures in a row make an endpoint unhealthy, and two successes healthy again', async () => {
  const net = openChecker()
  net.call()
  await net.clock.advance(0)
  const states: string[] = []
  for (const answer of [failing, failing, good, failing, failing, failing, good, failing, good, good]) {
    net.check.answer = answer
    await net.clock.advance(5_000)
    states.push(net.state())
  }
  assert.deepEqual(states, [
    'healthy',
    'healthy',
    'healthy',
    'healthy',
    'healthy',
    'unhealthy',
    'unhealthy',
    'unhealthy',
    'unhealthy',
    'healthy',
  ])
  assert.deepEqual(net.changes(), ['unhealthy: CONNECT_FAILED', 'healthy: status 200'])
})

test('a result that leaves no doubt makes an endpoint unhealthy at once', async () => {
  const net = openChecker()
  net.call()
  await net.clock.advance(0)
  net.check.answer = bad
  await net.clock.advance(5_000)
  assert.equal(net.state(), 'unhealthy')
})

test('an endpoint may be degraded and well again without a threshold', async () => {
  const net = openChecker()
  net.call()
  net.check.answer = { state: 'degraded', reason: 'status 200' }
  await net.clock.advance(0)
  assert.equal(net.state(), 'degraded')
  net.check.answer = good
  await net.clock.advance(5_000)
  assert.equal(net.state(), 'healthy')
})

test('until the service is called the long interval holds, and the first call ends it', async () => {
  const net = openChecker()
  await net.clock.advance(60_000)
  assert.deepEqual(net.times(), [0, 60_000])
  await net.clock.advance(1_000)
  net.call()
  await net.clock.advance(10_000)
  assert.deepEqual(net.times(), [0, 60_000, 66_000, 71_000])
})

test('each state and each change has an interval of its own', async () => {
  const net = openChecker({ ...plainly, unhealthyInterval: 2_000, unhealthyEdgeInterval: 300, healthyEdgeInterval: 700 })
  net.call()
  await net.clock.advance(0)
  net.check.answer = bad
  await net.clock.advance(5_000)
  await net.clock.advance(300)
  net.check.answer = good
  await net.clock.advance(2_000)
  await net.clock.advance(2_000)
  await net.clock.advance(700)
  await net.clock.advance(5_000)
  assert.deepEqual(net.times(), [0, 5_000, 5_300, 7_300, 9_300, 10_000, 15_000])
})

test('a check that takes too long fails after its time limit', async () => {
  const net = openChecker({ ...plainly, timeout: 250 })
  net.check.answer = 'hang'
  await net.clock.advance(249)
  assert.equal(net.state(), 'healthy')
  await net.clock.advance(1)
  assert.deepEqual(net.changes(), ['unhealthy: ATTEMPT_TIMEOUT'])
})

test('a check that throws fails, and is told as an event', async () => {
  const net = openChecker()
  net.check.answer = 'throw'
  await net.clock.advance(0)
  assert.equal(net.state(), 'unhealthy')
  assert.ok(net.host.events.some(({ name, event }) => name === 'part-threw' && event.part === 'health check'))
})

test('chance spreads the first checks, and the intervals by share and by time', async () => {
  const net = openChecker({ ...plainly, initialJitter: 1_000, jitterShare: 0.2, jitter: 100 }, 50)
  net.call()
  await net.clock.advance(20_000)
  const firsts = net.endpoints.map((endpoint) => net.check.asked.find((asked) => asked.endpoint === endpoint)?.at ?? 0)
  assert.ok(new Set(firsts).size > 40)
  assert.ok(Math.max(...firsts) - net.host.clock.now() + 20_000 <= 6_100 + 1_000)
  for (const endpoint of net.endpoints) {
    const [, second, third] = net.check.asked.filter((asked) => asked.endpoint === endpoint).map(({ at }) => at)
    const gap = (third as number) - (second as number)
    assert.ok(gap >= 5_000 && gap <= 6_100, String(gap))
  }
})

test('only so many checks are under way at once, and everyone gets a turn', async () => {
  const net = openChecker({ ...plainly, concurrency: 3, timeout: 100 }, 10)
  net.check.answer = 'hang'
  await net.clock.advance(350)
  assert.equal(net.check.mostUnderway, 3)
  assert.equal(net.check.asked.length, 10)
  await net.clock.advance(60)
  assert.equal(net.check.underway, 0)
})

test('a server that says in any reply that it wants no more calls is out at once, until checks say otherwise', async () => {
  const net = openChecker()
  net.call()
  await net.clock.advance(0)
  net.checker.failAtOnce(net.first)
  assert.equal(net.state(), 'unhealthy')
  await net.clock.advance(5_000)
  assert.equal(net.state(), 'unhealthy')
  await net.clock.advance(5_000)
  assert.equal(net.state(), 'healthy')
})

test('an endpoint that leaves is checked no more, and what is under way ends', async () => {
  const net = openChecker()
  net.check.answer = 'hang'
  await net.clock.advance(0)
  net.checker.forget([net.first])
  await net.clock.settle()
  assert.equal(net.check.underway, 0)
  assert.deepEqual(net.check.retired, [net.first])
  net.clock.assertIdle()
})

test('other settings begin anew and keep what is known until the next result, which holds at once', async () => {
  const net = openChecker()
  net.call()
  net.check.answer = bad
  await net.clock.advance(0)
  net.check.answer = good
  net.use({ ...plainly, interval: 1_000 })
  assert.equal(net.state(), 'unhealthy')
  assert.equal(net.check.closed, 1)
  await net.clock.advance(0)
  assert.equal(net.state(), 'healthy')
})

test('without checks everything that was noted is taken back', async () => {
  const net = openChecker()
  net.check.answer = bad
  await net.clock.advance(0)
  net.use(undefined)
  assert.equal(net.state(), 'healthy')
  net.clock.assertIdle()
})

test('no timer of a check keeps a process alive, and none is left when the service is gone', async () => {
  const net = openChecker(plainly, 20)
  net.check.answer = 'hang'
  await net.clock.advance(500)
  assert.equal(net.clock.pendingForeground, 0)
  net.checker.close()
  await net.clock.settle()
  net.clock.assertIdle()
  assert.equal(net.check.closed, 1)
})
