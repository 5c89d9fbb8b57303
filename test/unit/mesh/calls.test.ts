import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixed, type Mesh, MeshError, mesh, type Policy, roundRobin, type Transport, withHeader } from '../../../src/index.ts'
import { fakeClock, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'

const one = 'http://10.0.0.1:8080'
const two = 'http://10.0.0.2:8080'
const echo = scriptedEcho()

/** Answers every attempt with where it went. */
function scriptedEcho() {
  return scriptedTransport((attempt) => ({ body: `${attempt.attempt.call.service} ${attempt.endpoint.address}${attempt.path}` }))
}

async function textOf(net: Mesh, url: string): Promise<string> {
  return (await net.fetch(url)).text()
}

/** The error that a call fails with: what fetch throws, and the mesh's own beneath. */
async function failureOf(call: Promise<Response>): Promise<{ readonly thrown: TypeError; readonly cause: MeshError }> {
  try {
    await call
  } catch (thrown) {
    assert.ok(thrown instanceof TypeError, String(thrown))
    const cause = MeshError.from(thrown)
    assert.ok(cause !== undefined, String(thrown.cause))
    return { thrown, cause }
  }
  assert.fail('expected the call to fail')
}

test('a host names its service by either protocol, with any port, in any case, and by its aliases', async () => {
  await using net = mesh({ clock: fakeClock(), transport: echo, outbound: 'registered-only' })
    .service('Orders', (s) => s.resolve(fixed([one])).alias('orders.internal', 'legacy:9090'))
    .service('users', (s) => s.resolve(fixed([two])).alias('orders:7777'))
    .build()
  for (const url of ['http://orders/x', 'https://orders/x', 'http://ORDERS:8080/x', 'http://orders.internal/x', 'http://legacy:9090/x']) {
    assert.equal(await textOf(net, url), `Orders ${one}/x`, url)
  }
  assert.equal(await textOf(net, 'http://orders:7777/x'), `users ${two}/x`)
  assert.equal((await failureOf(net.fetch('http://legacy/x'))).cause.code, 'UNKNOWN_SERVICE')
})

test('fetch can be passed around', async () => {
  await using net = mesh({ clock: fakeClock(), transport: echo })
    .service('orders', (s) => s.resolve(fixed([one])))
    .build()
  const { fetch } = net
  assert.equal(await (await fetch('http://orders/x')).text(), `orders ${one}/x`)
})

test('a service client calls its service by path', async () => {
  await using net = mesh({ clock: fakeClock(), transport: echo })
    .service('orders', (s) => s.resolve(fixed([one])))
    .build()
  const orders = net.service('orders')
  assert.equal(orders.name, 'orders')
  assert.equal(net.service('orders'), orders)
  assert.equal(await (await orders.fetch('/v1?x=1')).text(), `orders ${one}/v1?x=1`)
  await assert.rejects(orders.fetch('v1' as '/'), /path/)
})

test('asking for a service that does not exist throws with the names that do', async () => {
  await using net = mesh({ clock: fakeClock(), transport: echo })
    .service('orders', (s) => s.resolve(fixed([one])))
    .service('users', (s) => s.resolve(fixed([one])))
    .build()
  assert.throws(() => net.service('ordrs' as 'orders'), {
    name: 'TypeError',
    message: 'service: expected one of "orders", "users", got "ordrs"',
  })
})

test('a host that no service declares goes straight out, by its own name, without retries', async () => {
  const transport = scriptedTransport((attempt) => ({ status: 503, body: `${attempt.endpoint.address}${attempt.path}` }))
  await using net = mesh({ clock: fakeClock(), transport })
    .service('orders', (s) => s.resolve(fixed([one])))
    .build()
  assert.equal(await textOf(net, 'http://example.org/a?b'), 'http://example.org:80/a?b')
  assert.equal(await textOf(net, 'https://example.org/'), 'https://example.org:443/')
  assert.equal(await textOf(net, 'http://[::1]:8080/'), 'http://[::1]:8080/')
  assert.equal(transport.begun, 3)
  const { passthrough } = net.snapshot()
  assert.equal(passthrough.origins, 3)
  assert.deepEqual(passthrough.calls, { started: 3, succeeded: 0, failed: 3, ignored: 0, inFlight: 0, retried: 0 })
})

test('a call to a host that no service declares has no deadline but its own', async () => {
  const clock = fakeClock()
  const transport = scriptedTransport('hang')
  const net = mesh({ clock, transport }).build()
  const patient = net.fetch('http://example.org/')
  const hasty = failureOf(net.fetch('http://example.org/', { mesh: { deadline: '1s' } }))
  await clock.advance(1_000)
  assert.equal((await hasty).cause.code, 'DEADLINE_EXCEEDED')
  await clock.advance(86_400_000)
  ;(await transport.next()).reply({ body: 'late' })
  assert.equal(await (await patient).text(), 'late')
  await net.close()
  clock.assertIdle()
})

test('the number of undeclared origins that are remembered is bounded; the longest unused idle one is forgotten first', async () => {
  const transport = scriptedTransport((attempt) => (attempt.path === '/hang' ? 'hang' : {}))
  const net = mesh({ clock: fakeClock(), transport }).build()
  const leave = new AbortController()
  const busy = net.fetch('http://busy/hang', { signal: leave.signal })
  for (let i = 0; i < 1_024; i += 1) await textOf(net, `http://host-${i}/`)
  assert.equal(net.snapshot().passthrough.origins, 1_024)
  assert.deepEqual(
    transport.retired.map(({ address }) => address),
    ['http://host-0:80'],
  )
  await textOf(net, 'http://host-1/')
  await textOf(net, 'http://another/')
  assert.equal(transport.retired.at(-1)?.address, 'http://host-2:80')
  leave.abort()
  await assert.rejects(busy, { name: 'AbortError' })
  await net.close()
})

test('a mesh for declared services only refuses other hosts, tells which there are, and consumes nothing', async () => {
  const transport = scriptedTransport({})
  await using net = mesh({ name: 'shop', clock: fakeClock(), transport, outbound: 'registered-only' })
    .service('orders', (s) => s.resolve(fixed([one])))
    .service('users', (s) => s.resolve(fixed([one])))
    .build()
  const request = new Request('http://ordrs:81/', { method: 'POST', body: 'once' })
  const { cause } = await failureOf(net.fetch(request))
  assert.equal(cause.code, 'UNKNOWN_SERVICE')
  assert.equal(
    cause.message,
    'ordrs:81: no service has this host, and the mesh "shop" calls nobody else: it has the services orders, users; did you mean "orders"?',
  )
  assert.equal(cause.facts.sent, false)
  assert.equal(request.bodyUsed, false)
  assert.equal(transport.begun, 0)
})

test('a transport that is an object is shared by all services, and closed once', async () => {
  const closed: number[] = []
  const scripted = echo(hostFor('any'))
  const shared: Transport = { name: 'shared', send: scripted.send, close: async (graceMs) => void closed.push(graceMs ?? -1) }
  const net = mesh({ clock: fakeClock(), transport: shared })
    .service('orders', (s) => s.resolve(fixed([one])))
    .service('users', (s) => s.resolve(fixed([two])))
    .build()
  assert.equal(await textOf(net, 'http://orders/'), `orders ${one}/`)
  assert.equal(await textOf(net, 'http://users/'), `users ${two}/`)
  assert.equal(await textOf(net, 'http://other/'), 'other http://other:80/')
  assert.equal(net.snapshot().services.orders?.transport, 'shared')
  await net.close({ grace: '5s' })
  assert.deepEqual(closed, [5_000])
})

function hostFor(service: string) {
  return { service, clock: fakeClock(), random: seededRandom(service), emit: () => {} }
}

test('a policy that throws costs one call, and an event says which policy it was', async () => {
  const clock = fakeClock()
  const thrown = new RangeError('mine')
  const moody: Policy = {
    name: 'moody',
    scope: 'call',
    layer: () => (next) => (call) => {
      if (call.path === '/bad') throw thrown
      return next(call)
    },
  }
  await using net = mesh({ clock, transport: echo })
    .service('orders', (s) => s.resolve(fixed([one])).use(moody))
    .build()
  const events: unknown[] = []
  net.on('part-threw', (event) => events.push(event))
  const { cause } = await failureOf(net.fetch('http://orders/bad'))
  assert.equal(cause.code, 'INTERNAL')
  assert.equal(cause.cause, thrown)
  assert.deepEqual(events, [{ service: 'orders', part: 'policy moody', error: thrown }])
  assert.equal(await textOf(net, 'http://orders/good'), `orders ${one}/good`)
})

test('policies of users see a call once and each attempt of it, the first policy first', async () => {
  const clock = fakeClock()
  const seen: string[] = []
  const call = (name: string): Policy => ({
    name,
    scope: 'call',
    layer: (host) => (next) => (given) => {
      seen.push(`${name} of ${host.service}`)
      return next(given.with({ headers: withHeader(given.headers, 'x-by', name) }))
    },
  })
  const attempt: Policy = {
    name: 'per attempt',
    scope: 'attempt',
    layer: () => (next) => (given) => {
      seen.push(`attempt ${given.number}`)
      return next(given)
    },
  }
  const transport = scriptedTransport((far) => ({ status: far.attempt.number < 3 ? 503 : 200, body: far.header('x-by') ?? '' }))
  const net = mesh({ clock, transport, random: seededRandom('policies') })
    .service('orders', (s) =>
      s
        .resolve(fixed([one, two]))
        .use(attempt, call('a'))
        .use(call('b')),
    )
    .build()
  const response = await clock.until(net.fetch('http://orders/'))
  assert.equal(await response.text(), 'b')
  assert.deepEqual(seen, ['a of orders', 'b of orders', 'attempt 1', 'attempt 2', 'attempt 3'])
  assert.equal(net.snapshot().services.orders?.calls.retried, 2)
  await net.close()
})

test('a snapshot tells endpoints, loads and calls as plain data', async () => {
  const clock = fakeClock()
  const transport = scriptedTransport((attempt) => (attempt.path === '/hang' ? 'hang' : { status: attempt.path === '/bad' ? 500 : 200 }))
  const net = mesh({ name: 'shop', clock, transport })
    .service('orders', (s) => s.resolve(fixed([{ url: one, weight: 2, zone: 'a', labels: { version: 'v1' } }])).balance(roundRobin()))
    .build()
  const since = clock.wallTime()
  const leave = new AbortController()
  await textOf(net, 'http://orders/')
  await textOf(net, 'http://orders/bad')
  const hanging = net.fetch('http://orders/hang', { signal: leave.signal })
  await clock.advance(500)
  const { metrics, ...orders } = net.snapshot().services.orders ?? assert.fail()
  assert.deepEqual(metrics?.attempts, { success: 1, failure: 1, ignored: 0 })
  // Half of the finest bucket: both came at once.
  const latency = { samples: 2, p50Ms: 1 / 128, p99Ms: 1 / 128 }
  assert.deepEqual(orders, {
    state: 'resolved',
    resolver: 'fixed',
    balancer: 'round-robin',
    balancing: {},
    transport: 'scripted',
    ageMs: 500,
    lastError: undefined,
    tiers: [{ priority: 0, distance: 0, endpoints: 1, healthy: 1, degraded: 0, load: 100, degradedLoad: 0, panic: false }],
    balancerFaults: { faults: 0, bypasses: 0 },
    endpoints: [
      {
        address: one,
        weight: 2,
        priority: 0,
        zone: 'a',
        labels: { version: 'v1' },
        health: 'healthy',
        findings: {},
        inFlight: 1,
        attempts: 3,
        failures: 1,
        latency,
        connections: 1,
        idle: 0,
        waiting: 0,
        ejection: undefined,
        check: undefined,
        circuit: {
          state: 'closed',
          forced: undefined,
          enforced: true,
          reason: undefined,
          since: undefined,
          retryAfterMs: undefined,
          calls: 1,
          failures: 1,
          slow: 0,
          openings: 0,
          unenforced: 0,
        },
      },
    ],
    latency,
    ejections: { carriedOut: 0, notEnforced: 0, overLimit: 0 },
    calls: { started: 3, succeeded: 1, failed: 1, ignored: 0, inFlight: 1, retried: 0 },
    rateLimit: undefined,
    concurrency: undefined,
    endpointConcurrency: undefined,
    admission: undefined,
    mirror: undefined,
    fault: undefined,
    split: undefined,
    circuit: undefined,
    routes: {},
    extraAttempts: { retries: 0, requeues: 0, hedges: 0, hedgesWon: 0, overBudget: 0, retriesWithheld: 0, hedgesWithheld: 0 },
    retryBudget: { left: 10.6, credit: 3 },
    utilisation: { endpoints: 1, measured: 0, utilisation: undefined, throughput: 2, security: 0 },
  })
  leave.abort()
  await assert.rejects(hanging, { name: 'AbortError' })
  assert.deepEqual(net.snapshot().services.orders?.calls, { started: 3, succeeded: 1, failed: 1, ignored: 1, inFlight: 0, retried: 0 })
  assert.equal(net.snapshot().since, since)
  assert.deepEqual(JSON.parse(JSON.stringify(net.snapshot())).name, 'shop')
  await net.close()
})

test('a call is in flight until its body is over, and failed when the body is cut', async () => {
  const clock = fakeClock()
  const transport = scriptedTransport()
  const net = mesh({ clock, transport })
    .service('orders', (s) => s.resolve(fixed([one])))
    .build()
  const pending = net.fetch('http://orders/')
  const far = await transport.next()
  far.begin({ status: 200 })
  far.push('half')
  const response = await pending
  assert.equal(net.snapshot().services.orders?.calls.inFlight, 1)
  far.fail('CONNECTION_LOST')
  await assert.rejects(response.text(), TypeError)
  assert.deepEqual(net.snapshot().services.orders?.calls, { started: 1, succeeded: 0, failed: 1, ignored: 0, inFlight: 0, retried: 0 })
  await net.close()
})

test('the same seed gives the same calls', async () => {
  const run = async (seed: string) => {
    const clock = fakeClock()
    const transport = scriptedTransport({})
    const net = mesh({ clock, transport, random: seededRandom(seed) })
      .service('orders', (s) => s.resolve(fixed([one, two, 'http://10.0.0.3', 'http://10.0.0.4'])))
      .build()
    for (let i = 0; i < 20; i += 1) await textOf(net, 'http://orders/')
    await net.close()
    return transport.attempts.map(({ endpoint }) => endpoint.address).join()
  }
  assert.equal(await run('a'), await run('a'))
  assert.notEqual(await run('a'), await run('b'))
})
