import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CircuitBreakerOptions, type Classifier, fixed, MeshError, mesh, type ServiceDraft, verdicts } from '../../../src/index.ts'
import { fakeClock, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'

const one = 'http://10.0.0.1:8080'
const two = 'http://10.0.0.2:8080'

interface Options {
  readonly breaker?: CircuitBreakerOptions | false
  /** Further slots. */
  readonly more?: (s: ServiceDraft) => ServiceDraft
}

/** A service with two endpoints; `answer` says what they answer now. */
function world({ breaker = { service: { consecutiveFailures: 2, openFor: '1s', jitter: 0 } }, more = (s) => s }: Options = {}) {
  const clock = fakeClock()
  const answer: { status: number; cut?: 'CONNECTION_LOST' } = { status: 200 }
  const transport = scriptedTransport(() =>
    answer.cut ? { status: 200, body: 'x', cut: { error: answer.cut } } : { status: answer.status },
  )
  const net = mesh({ clock, transport, random: seededRandom('circuits') })
    .service('orders', (s) =>
      s
        .apply(more)
        .resolve(fixed([one, two]))
        .circuitBreaker(breaker),
    )
    .build()
  const events: string[] = []
  net.on('circuit-opened', ({ endpoint = 'service', reason }) => void events.push(`${endpoint} open: ${reason}`))
  net.on('circuit-closed', ({ endpoint = 'service' }) => void events.push(`${endpoint} closed`))
  net.on('circuit-refused', ({ enforced }) => void events.push(enforced ? 'refused' : 'would have refused'))
  const get = (path = '/', init?: RequestInit) =>
    clock.until(
      net.fetch(`http://orders${path}`, init).then(
        (response) => response.status,
        (error: unknown) => MeshError.from(error)?.code,
      ),
    )
  const orders = net.service('orders')
  return { clock, answer, transport, net, events, get, orders, snapshot: () => net.snapshot().services.orders }
}

test('the circuit of a service refuses calls with a code, a time and a reason, and sends nothing', async () => {
  const { clock, answer, get, net, transport, orders, events } = world()
  answer.status = 500
  await get()
  await get()
  assert.equal(orders.circuit.state, 'open')
  const since = new Date(clock.wallTime()).toISOString()
  await clock.advance(400)
  const sent = transport.attempts.length
  const error = MeshError.from(await net.fetch('http://orders/').catch((thrown: unknown) => thrown))
  assert.equal(error?.code, 'CIRCUIT_OPEN')
  assert.equal(error?.message, `orders: the circuit is open since ${since} (too many calls in a row failed): try again in 600 ms`)
  assert.deepEqual(error?.facts, { service: 'orders', sent: false, retryAfterMs: 600 })
  assert.equal(transport.attempts.length, sent)
  assert.deepEqual(events, ['service open: consecutive-failures', 'refused'])
  assert.equal(net.snapshot().services.orders?.circuit?.refused, 1)
})

test('after its time one call is the probe, and the others go on when it passed', async () => {
  const { clock, answer, get, net, orders } = world()
  answer.status = 500
  await get()
  await get()
  await clock.advance(1_000)
  assert.equal(orders.circuit.state, 'half-open')
  assert.equal(await get(), 500)
  assert.equal(orders.circuit.state, 'open')
  await clock.advance(2_000)
  answer.status = 200
  assert.equal(await get(), 200)
  assert.equal(orders.circuit.state, 'closed')
  assert.equal(await get(), 200)
  await net.close()
  clock.assertIdle()
})

test('a call counts once however often it is tried, as its last attempt was judged', async () => {
  const { get, answer, snapshot, transport } = world({
    breaker: { endpoints: false, service: {} },
    more: (s) => s.retry({ attempts: 3 }) as never,
  })
  answer.status = 503
  await get()
  assert.equal(transport.attempts.length, 3)
  assert.deepEqual([snapshot()?.circuit?.calls, snapshot()?.circuit?.failures], [1, 1])
})

test('a call that nobody could be asked to serve says nothing about the service', async () => {
  const { get, snapshot } = world({ more: (s) => s.subset('version', ['v1']) as never })
  for (let i = 0; i < 5; i += 1) assert.equal(await get('/', { mesh: { subset: { version: 'v1' } } } as RequestInit), 'NO_ENDPOINT')
  assert.deepEqual([snapshot()?.circuit?.calls, snapshot()?.circuit?.state], [0, 'closed'])
})

test('an outcome that the judge ignores counts for nobody', async () => {
  const ignores: Classifier = () => verdicts.ignored
  const { get, answer, snapshot } = world({ more: (s) => s.classify(ignores) as never })
  answer.status = 500
  for (let i = 0; i < 5; i += 1) await get()
  assert.equal(snapshot()?.circuit?.calls, 0)
})

test('replies whose bodies break open the circuit as other failures do', async () => {
  const { net, answer, clock, orders } = world({ breaker: { endpoints: false, service: { consecutiveFailures: 2 } } })
  answer.cut = 'CONNECTION_LOST'
  for (let i = 0; i < 2; i += 1) await assert.rejects(net.fetch('http://orders/').then((response) => response.text()))
  await clock.settle()
  assert.equal(orders.circuit.state, 'open')
})

test('observed only, the circuit refuses nothing and counts what it would have refused', async () => {
  const { get, answer, snapshot, events, clock, orders } = world({
    breaker: { endpoints: false, service: { consecutiveFailures: 2, openFor: '1s', jitter: 0, enforce: 0 } },
  })
  answer.status = 500
  for (let i = 0; i < 5; i += 1) assert.equal(await get(), 500)
  const { refused, unenforcedRefusals, unenforced, openings } = snapshot()?.circuit ?? {}
  assert.deepEqual([refused, unenforcedRefusals, unenforced, openings], [0, 3, 1, 0])
  assert.deepEqual(events.slice(1), ['would have refused', 'would have refused', 'would have refused'])
  await clock.advance(1_000)
  answer.status = 200
  assert.equal(await get(), 200)
  assert.equal(orders.circuit.state, 'closed')
})

test('the circuit of a service is forced open and let go from outside, also if it has none', async () => {
  const { get, orders, net, events } = world({ breaker: false })
  orders.circuit.force('open')
  assert.equal(await get(), 'CIRCUIT_OPEN')
  await assert.rejects(net.fetch('http://orders/'), (error) =>
    /forced open\): until somebody lets it close/.test(String(MeshError.from(error)?.message)),
  )
  orders.circuit.force(undefined)
  assert.equal(await get(), 200)
  assert.equal(net.snapshot().services.orders?.circuit, undefined)
  assert.deepEqual(events, ['service open: forced', 'refused', 'refused', 'service closed'])
})

test('forced closed, the circuit of a service refuses nothing', async () => {
  const { get, orders, answer } = world()
  orders.circuit.force('closed')
  answer.status = 500
  for (let i = 0; i < 10; i += 1) assert.equal(await get(), 500)
})

test('an endpoint is forced out by its address, and a wrong address is told', async () => {
  const { orders, snapshot, events, clock } = world()
  await clock.settle()
  orders.circuit.force('open', two)
  assert.deepEqual(
    snapshot()?.endpoints.map(({ circuit }) => circuit?.state),
    [undefined, 'open'],
  )
  orders.circuit.force(undefined, two)
  assert.deepEqual(events, [`${two} open: forced`, `${two} closed`])
  assert.throws(() => orders.circuit.force('open', 'http://10.0.0.9:1'), {
    message: `circuit.force: expected the address of an endpoint (${one}, ${two}), got "http://10.0.0.9:1"`,
  })
  assert.throws(() => orders.circuit.force('ajar' as never), {
    message: `circuit.force: expected 'open', 'closed', 'observe' or undefined, got "ajar"`,
  })
})

test('circuits survive a new plan that says the same of them, and begin anew under other settings', async () => {
  const { net, answer, get, orders, snapshot } = world()
  answer.status = 500
  await get()
  await get()
  const edit = (change: object) => net.apply({ ...net.plan, services: { orders: { ...net.plan.services.orders, ...change } as never } })
  edit({ deadline: '3s', balancer: () => undefined })
  assert.equal(orders.circuit.state, 'open')
  edit({ circuitBreaker: { ...(net.plan.services.orders?.circuitBreaker as object), openFor: 4_000 } })
  assert.equal(orders.circuit.state, 'open', 'other settings of the endpoints')
  edit({ circuitBreaker: { service: { consecutiveFailures: 3 } } })
  assert.equal(orders.circuit.state, 'closed')
  orders.circuit.force('open')
  edit({ circuitBreaker: false })
  assert.equal(orders.circuit.state, 'open', 'forced')
  assert.equal(
    snapshot()?.endpoints.every(({ circuit }) => circuit === undefined),
    true,
  )
})

test('a circuit of a service that is not part of the plan any more cannot be forced', () => {
  const { net, orders } = world()
  net.apply({ services: { users: { resolver: fixed([one]) } } })
  assert.throws(() => orders.circuit.force('open'), { code: 'UNKNOWN_SERVICE' })
  assert.throws(() => orders.circuit.state, { code: 'UNKNOWN_SERVICE' })
})

test('by default endpoints have circuits and the service has none; bare services have neither', async () => {
  const clock = fakeClock()
  const net = mesh({ clock, transport: scriptedTransport({ status: 500 }) })
    .service('orders', (s) => s.resolve(fixed([one])))
    .service('bare', (s) => s.bare().resolve(fixed([two])))
    .build()
  for (let i = 0; i < 5; i += 1) {
    await net.fetch('http://orders/')
    await net.fetch('http://bare/')
  }
  const { orders, bare } = net.snapshot().services
  assert.deepEqual([orders?.circuit, orders?.endpoints[0]?.circuit?.state], [undefined, 'open'])
  assert.deepEqual([bare?.circuit, bare?.endpoints[0]?.circuit], [undefined, undefined])
  await net.close()
  clock.assertIdle()
})
