import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type AnyServices,
  type Call,
  fixed,
  type Layer,
  type Mesh,
  MeshError,
  mesh,
  type Policy,
  type ServiceDraft,
} from '../../../src/index.ts'
import { fakeClock, type ScriptedAnswer, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'
import type { ScriptedAttempt } from '../../../src/testing/scripted-attempt.ts'

/** A mesh with one service, `orders`, at `http://a:1` and `http://b:1`. */
function routed(describe: (s: ServiceDraft) => unknown, answer: (attempt: ScriptedAttempt) => ScriptedAnswer = () => ({ body: 'ok' })) {
  const clock = fakeClock()
  const transport = scriptedTransport(answer)
  const endpoints = fixed([
    { url: 'http://a:1', labels: { version: 'v1' } },
    { url: 'http://b:1', labels: { version: 'v2' } },
  ])
  const net = mesh({ clock, transport, random: seededRandom('routes') })
    .service('orders', (s) => describe(s.resolve(endpoints) as never) as never)
    .build() as unknown as Mesh<AnyServices>
  return {
    clock,
    transport,
    net,
    orders: () => net.snapshot().services.orders as NonNullable<ReturnType<typeof net.snapshot>['services'][string]>,
  }
}

/** What a call ends with: a status, or the code of an error. */
function endOf(reply: Promise<Response>): Promise<number | string | undefined> {
  return reply.then(
    async (response) => {
      await response.text()
      return response.status
    },
    (error: unknown) => MeshError.from(error)?.code ?? String(error),
  )
}

/** A layer that notes what it sees, and passes it on. */
function noting<C>(note: (carried: C) => void): Layer<C> {
  return (next) => (carried) => {
    note(carried)
    return next(carried)
  }
}

/** Tells the routes of the calls, or attempts, that it sees. */
function spy(scope: 'call' | 'attempt', seen: unknown[]): Policy {
  return scope === 'call'
    ? { name: 'spy', scope, layer: () => noting((call) => seen.push(call.route)) }
    : { name: 'spy', scope, layer: () => noting(({ call }) => seen.push(call.route)) }
}

test('a call takes the first route that fits it, by either door, and its name is on the call and in the snapshot', async () => {
  const calls: unknown[] = []
  const attempts: unknown[] = []
  const { clock, net, orders } = routed(
    (s) =>
      s
        .use(spy('call', calls), spy('attempt', attempts))
        .route({ name: 'one', match: { path: { pattern: '/v1/orders/:id' } } })
        .route({ match: { path: { prefix: '/v1' }, method: 'post' } })
        .route({ name: 'all v1', match: { path: { prefix: '/v1' } } }),
    ({ path }) => ({ status: path.startsWith('/v1/bad') ? 500 : 200, body: 'ok' }),
  )
  await endOf(net.fetch('http://orders/v1/orders/42'))
  await (await net.request('http://orders/v1/orders', { method: 'POST' })).body.text()
  await (await net.request('http://orders/v1/orders/7?x=1')).body.text()
  assert.equal(await endOf(net.service('orders').fetch('/v1/bad')), 500)
  await endOf(net.fetch('http://orders/health'))
  assert.deepEqual(calls, ['one', 'POST /v1*', 'one', 'all v1', undefined])
  assert.deepEqual(attempts, calls)
  const counts = Object.entries(orders().routes).map(([name, { calls: of }]) => [name, of.started, of.succeeded, of.failed])
  assert.deepEqual(counts, [
    ['one', 2, 2, 0],
    ['POST /v1*', 1, 1, 0],
    ['all v1', 1, 0, 1],
  ])
  assert.equal(orders().calls.started, 5)
  await clock.until(net.close())
})

test('endpoints see what a route makes of a request, and so do policies', async () => {
  const seen: string[] = []
  const policy: Policy = { name: 'paths', scope: 'call', layer: () => noting((call: Call) => seen.push(call.path)) }
  const { clock, net, transport } = routed((s) =>
    s.use(policy).route({
      match: { path: { pattern: '/v1/orders/:id' } },
      rewrite: { path: '/orders/:id', setHeaders: { 'x-api': '1' }, removeHeaders: ['x-debug'] },
    }),
  )
  await endOf(net.fetch('http://orders/v1/orders/4%2F2?full=1', { headers: { 'x-debug': '1', 'x-kept': '2' } }))
  const [{ attempt } = assert.fail('no attempt')] = transport.attempts
  assert.equal(attempt.path, '/orders/4%2F2?full=1')
  assert.equal(attempt.headers[attempt.headers.indexOf('x-api') + 1], '1')
  assert.equal(attempt.headers[attempt.headers.indexOf('x-kept') + 1], '2')
  assert.equal(attempt.headers.includes('x-debug'), false)
  assert.deepEqual(seen, ['/orders/4%2F2?full=1'])
  await clock.until(net.close())
})

test('retries stay within the route, and what it makes of a request is made once', async () => {
  const { clock, net, transport } = routed(
    (s) => s.route({ name: 'v1', match: { path: { prefix: '/v1' } }, rewrite: { path: { prefix: '/v1/v1' } } }),
    () => ({ status: 503 }),
  )
  assert.equal(await clock.until(endOf(net.fetch('http://orders/v1/a'))), 503)
  assert.deepEqual(
    transport.attempts.map(({ attempt }) => [attempt.path, attempt.call.route]),
    [
      ['/v1/v1/a', 'v1'],
      ['/v1/v1/a', 'v1'],
      ['/v1/v1/a', 'v1'],
    ],
  )
  await clock.until(net.close())
})

test('calls of a route go to the endpoints with its labels, unless they ask for others', async () => {
  const { clock, net, transport } = routed((s) =>
    (s as never as ServiceDraft).subset('version', ['v1', 'v2']).route({ match: { path: '/new' }, subset: { version: 'v2' } }),
  )
  for (let i = 0; i < 5; i += 1) await endOf(net.fetch('http://orders/new'))
  await endOf(net.fetch('http://orders/new', { mesh: { subset: { version: 'v1' } } }))
  assert.deepEqual(
    transport.attempts.map(({ endpoint }) => endpoint.address),
    ['http://b:1', 'http://b:1', 'http://b:1', 'http://b:1', 'http://b:1', 'http://a:1'],
  )
  await clock.until(net.close())
})

test('a route has a deadline of its own, which a deadline of the call goes before', async () => {
  const { clock, net } = routed(
    (s) =>
      s
        .deadline('1s')
        .route({ match: { path: '/slow' }, deadline: '5s' })
        .route({ match: { path: '/fast' }, deadline: '100ms' })
        .route({ match: { path: '/stream' }, deadline: false }),
    () => 'hang',
  )
  const endsAfter = async (path: `/${string}`, deadline?: '1s' | '300ms') => {
    const startedAt = clock.now()
    const reply = net.fetch(`http://orders${path}`, deadline === undefined ? {} : { mesh: { deadline } })
    assert.equal(await clock.until(endOf(reply)), 'DEADLINE_EXCEEDED')
    return clock.now() - startedAt
  }
  assert.equal(await endsAfter('/'), 1_000)
  assert.equal(await endsAfter('/slow'), 5_000)
  assert.equal(await endsAfter('/fast'), 100)
  // Also when it says just what the service says.
  assert.equal(await endsAfter('/fast', '1s'), 1_000)
  assert.equal(await endsAfter('/slow', '300ms'), 300)
  assert.equal(await endsAfter('/stream', '300ms'), 300)
  const leaving = new AbortController()
  const stream = net.fetch('http://orders/stream', { signal: leaving.signal }).then(
    () => 'answered',
    () => 'ended',
  )
  await clock.advance(3_600_000)
  assert.equal(net.snapshot().services.orders?.calls.inFlight, 1)
  leaving.abort()
  assert.equal(await stream, 'ended')
  await clock.until(net.close())
})

test('the deadline of undici requests, too, is that of their route', async () => {
  const { clock, net } = routed(
    (s) => s.route({ match: { path: '/fast' }, deadline: '100ms' }),
    () => 'hang',
  )
  const startedAt = clock.now()
  const failed = net.request('http://orders/fast').catch((error: unknown) => MeshError.from(error))
  assert.equal(((await clock.until(failed)) as MeshError).code, 'DEADLINE_EXCEEDED')
  assert.equal(clock.now() - startedAt, 100)
  await clock.until(net.close())
})

test('the route of the first hop decides how long a redirected call may take', async () => {
  const { clock, net } = routed(
    (s) => s.route({ match: { path: '/a' }, deadline: '200ms' }).route({ match: { path: '/b' }, deadline: '5s' }),
    ({ path }) => (path === '/a' ? { status: 302, headers: { location: '/b' } } : 'hang'),
  )
  const startedAt = clock.now()
  assert.equal(await clock.until(endOf(net.fetch('http://orders/a'))), 'DEADLINE_EXCEEDED')
  assert.equal(clock.now() - startedAt, 200)
  await clock.until(net.close())
})

test('a route limits its attempts in its own way, and pays for retries from the budget of the service', async () => {
  const { clock, net, transport, orders } = routed(
    (s) =>
      s
        .retry({ attempts: 2, attemptTimeout: '1s', budget: { ratio: 0, perSecond: 0.1 } })
        .route({ match: { path: '/a' }, attemptTimeout: '50ms' }),
    () => 'hang',
  )
  const reply = endOf(net.fetch('http://orders/a', { mesh: { deadline: '2s' } }))
  await clock.advance(40)
  assert.equal(transport.begun, 1)
  await clock.advance(200)
  assert.equal(transport.begun, 2)
  assert.equal(await clock.until(reply), 'DEADLINE_EXCEEDED')
  const again = endOf(net.fetch('http://orders/', { mesh: { deadline: '3s' } }))
  assert.equal(await clock.until(again), 'ATTEMPT_TIMEOUT')
  assert.deepEqual([orders().extraAttempts.retries, orders().extraAttempts.overBudget], [1, 1])
  await clock.until(net.close())
})

test('a route has retries of its own, with a judge and a budget of their own, or none', async () => {
  const { clock, net, transport, orders } = routed(
    (s) =>
      s
        .ejection(false)
        .circuitBreaker(false)
        .retry({ attempts: 2, budget: { ratio: 0, perSecond: 0.1 } })
        .route({ match: { path: '/often' }, retry: { attempts: 4, on: [404] } })
        .route({ match: { path: '/never' }, retry: false }),
    ({ path }) => ({ status: path === '/often' ? 404 : 503 }),
  )
  const attemptsOf = async (path: `/${string}`) => {
    const before = transport.begun
    await clock.until(endOf(net.fetch(`http://orders${path}`)))
    return transport.begun - before
  }
  assert.equal(await attemptsOf('/often'), 4)
  assert.equal(await attemptsOf('/never'), 1)
  // The budget of the service has one retry, and the four attempts of the route did not touch it.
  assert.equal(await attemptsOf('/'), 2)
  assert.equal(await attemptsOf('/'), 1)
  assert.equal(await attemptsOf('/often'), 4)
  assert.equal(orders().extraAttempts.retries, 7)
  await clock.until(net.close())
})

test('a route judges its attempts as its retries say, and the others as the service does', async () => {
  const { clock, net, orders } = routed(
    (s) =>
      s
        .route({ name: 'strict', match: { path: '/strict' }, retry: { attempts: 1, on: [404] } })
        .route({ name: 'usual', match: { path: '/usual' } }),
    () => ({ status: 404 }),
  )
  await endOf(net.fetch('http://orders/strict'))
  await endOf(net.fetch('http://orders/usual'))
  const { strict, usual } = orders().routes
  assert.deepEqual([strict?.calls.failed, usual?.calls.failed], [1, 0])
  await clock.until(net.close())
})

test('a route hedges though the service does not, and the other way round', async () => {
  const { clock, net, transport } = routed(
    (s) =>
      s
        .hedge({ after: '50ms' })
        .route({ match: { path: '/alone' }, hedge: false })
        .route({ match: { path: '/soon' }, hedge: { after: '10ms' } }),
    () => 'hang',
  )
  const begunAfter = async (path: `/${string}`, ms: number) => {
    const before = transport.begun
    const reply = endOf(net.fetch(`http://orders${path}`, { mesh: { deadline: '1s' } }))
    await clock.advance(ms)
    const begun = transport.begun - before
    await clock.until(reply)
    return begun
  }
  assert.equal(await begunAfter('/alone', 900), 1)
  assert.equal(await begunAfter('/soon', 20), 2)
  assert.equal(await begunAfter('/', 20), 1)
  assert.equal(await begunAfter('/', 60), 2)
  await clock.until(net.close())
})

test('a route shares the bucket of the service, or has one of its own, or none', async () => {
  const { clock, net, orders } = routed((s) =>
    s
      .rateLimit({ permits: 2, burst: 2, per: '1m' })
      .route({ name: 'own', match: { path: '/own' }, rateLimit: { permits: 1, per: '1m' } })
      .route({ name: 'free', match: { path: '/free' }, rateLimit: false })
      .route({ name: 'shared', match: { path: '/shared' } }),
  )
  const heard: unknown[] = []
  net.on('call-limited', (event) => heard.push(event))
  assert.equal(await endOf(net.fetch('http://orders/own')), 200)
  assert.equal(await endOf(net.fetch('http://orders/own')), 'RATE_LIMITED')
  for (let i = 0; i < 10; i += 1) assert.equal(await endOf(net.fetch('http://orders/free')), 200)
  assert.equal(orders().rateLimit?.permitsLeft, 2)
  assert.equal(await endOf(net.fetch('http://orders/shared')), 200)
  assert.equal(await endOf(net.fetch('http://orders/')), 200)
  const error = await net.fetch('http://orders/shared').catch((reason: unknown) => MeshError.from(reason))
  assert.ok(MeshError.is(error))
  assert.equal(error.facts.route, 'shared')
  assert.equal(error.message, 'orders (route shared): more than 2 permits in 60000 ms; there is one again in 30000 ms')
  assert.deepEqual(heard, [
    { service: 'orders', retryAfterMs: 60_000, route: 'own' },
    { service: 'orders', retryAfterMs: 30_000, route: 'shared' },
  ])
  assert.deepEqual(
    Object.values(orders().routes).map(({ rateLimit }) => rateLimit?.refused),
    [1, undefined, undefined],
  )
  await clock.until(net.close())
})

test('a route shares the concurrency limit of the service, or has one of its own, or none', async () => {
  const { clock, net, transport, orders } = routed(
    (s) =>
      s
        .concurrency({ limit: 1, queue: 0 })
        .route({ name: 'own', match: { path: '/own' }, concurrency: { limit: 2, queue: 1 } })
        .route({ name: 'free', match: { path: '/free' }, concurrency: false })
        .route({ name: 'shared', match: { path: '/shared' } }),
    () => 'hang',
  )
  const heard: unknown[] = []
  net.on('call-shed', (event) => heard.push(event))
  const own = [1, 2, 3].map(() => endOf(net.fetch('http://orders/own')))
  await clock.advance(1)
  assert.equal(transport.begun, 2)
  assert.deepEqual([orders().routes.own?.concurrency?.inFlight, orders().routes.own?.concurrency?.waiting], [2, 1])
  const free = [1, 2, 3].map(() => endOf(net.fetch('http://orders/free')))
  await clock.advance(1)
  assert.equal(transport.begun, 5)
  const one = endOf(net.fetch('http://orders/'))
  await clock.advance(1)
  assert.equal(await endOf(net.fetch('http://orders/shared')), 'OVERLOADED')
  assert.deepEqual(heard, [{ service: 'orders', by: 'concurrency', priority: 5, route: 'shared' }])
  for (const attempt of transport.attempts) attempt.reply({ status: 200, body: 'ok' })
  await clock.advance(1)
  transport.attempts.at(-1)?.reply({ status: 200, body: 'ok' })
  assert.deepEqual(
    await clock.until(Promise.all([...own, ...free, one])),
    Array.from({ length: 7 }, () => 200),
  )
  await clock.until(net.close())
})

test('a route has admission control of its own', async () => {
  const { clock, net, orders } = routed(
    (s) =>
      s
        .retry(false)
        .ejection(false)
        .circuitBreaker(false)
        .route({ name: 'own', match: { path: '/own' }, admission: { minimumCalls: 10 } }),
    () => ({ status: 503 }),
  )
  const codes = new Set<unknown>()
  for (let i = 0; i < 60; i += 1) codes.add(await endOf(net.fetch('http://orders/own')))
  assert.deepEqual([...codes], [503, 'OVERLOADED'])
  for (let i = 0; i < 60; i += 1) assert.equal(await endOf(net.fetch('http://orders/')), 503)
  assert.ok((orders().routes.own?.admission?.refused ?? 0) > 5)
  assert.equal(orders().admission, undefined)
  await clock.until(net.close())
})

test('the circuit of a route opens for its calls alone, and says so', async () => {
  const { clock, net, orders } = routed(
    (s) =>
      s
        .retry(false)
        .ejection(false)
        .circuitBreaker({ endpoints: false })
        .route({ name: 'own', match: { path: '/own' }, circuitBreaker: { consecutiveFailures: 2, openFor: '1s', jitter: 0 } }),
    ({ path }) => ({ status: path === '/own' ? 503 : 200 }),
  )
  const heard: string[] = []
  for (const name of ['circuit-opened', 'circuit-refused', 'circuit-half-open'] as const) {
    net.on(name, ({ service, route }) => heard.push(`${name} ${service} ${route}`))
  }
  assert.equal(await endOf(net.fetch('http://orders/own')), 503)
  assert.equal(await endOf(net.fetch('http://orders/own')), 503)
  assert.equal(await endOf(net.fetch('http://orders/own')), 'CIRCUIT_OPEN')
  assert.equal(await endOf(net.fetch('http://orders/')), 200)
  assert.equal(orders().routes.own?.circuit?.state, 'open')
  assert.equal(orders().circuit, undefined)
  await clock.advance(1_000)
  assert.deepEqual(heard, ['circuit-opened orders own', 'circuit-refused orders own', 'circuit-half-open orders own'])
  await clock.until(net.close())
})

test('a route without a circuit passes the open circuit of its service', async () => {
  const { clock, net } = routed((s) =>
    s
      .circuitBreaker({ endpoints: false, service: {} })
      .route({ match: { path: '/anyway' }, circuitBreaker: false })
      .route({ match: { path: '/shared' } }),
  )
  net.service('orders').circuit.force('open')
  assert.equal(await endOf(net.fetch('http://orders/shared')), 'CIRCUIT_OPEN')
  assert.equal(await endOf(net.fetch('http://orders/')), 'CIRCUIT_OPEN')
  assert.equal(await endOf(net.fetch('http://orders/anyway')), 200)
  await clock.until(net.close())
})

test('policies of a route come after those of the service, for its calls and attempts alone', async () => {
  const order: string[] = []
  const named = (name: string, scope: 'call' | 'attempt') =>
    ({ name, scope, layer: () => noting(() => order.push(name)) }) as unknown as Policy
  const { clock, net } = routed((s) =>
    s
      .use(named('call of service', 'call'), named('attempt of service', 'attempt'))
      .route({ match: { path: '/a' }, use: [named('attempt of route', 'attempt'), named('call of route', 'call')] }),
  )
  await endOf(net.fetch('http://orders/a'))
  assert.deepEqual(order.splice(0), ['call of service', 'call of route', 'attempt of service', 'attempt of route'])
  await endOf(net.fetch('http://orders/b'))
  assert.deepEqual(order, ['call of service', 'attempt of service'])
  await clock.until(net.close())
})

test('events of attempts and errors of calls name the route', async () => {
  const { clock, net } = routed(
    (s) => s.route({ name: 'a', match: { path: '/a' } }),
    () => ({ error: 'CONNECTION_LOST' }),
  )
  const heard: unknown[] = []
  net.on('attempt-repeated', ({ route }) => heard.push(route))
  const ended = async (url: string) => MeshError.from(await net.fetch(url).catch((error: unknown) => error))
  const error = await clock.until(ended('http://orders/a'))
  assert.equal(error?.code, 'CONNECTION_LOST')
  assert.equal(error?.facts.route, 'a')
  assert.match(error?.message ?? '', /^orders \(route a\): /)
  const other = await clock.until(ended('http://orders/b'))
  assert.equal(other?.facts.route, undefined)
  assert.match(other?.message ?? '', /^orders: /)
  assert.deepEqual(heard, ['a', 'a', undefined, undefined])
  await clock.until(net.close())
})

test('a share of the calls takes a route', async () => {
  const { clock, net, orders } = routed((s) => s.route({ name: 'some', match: { share: 0.25 } }).route({ name: 'rest', match: {} }))
  for (let i = 0; i < 400; i += 1) await endOf(net.fetch('http://orders/'))
  const { some, rest } = orders().routes
  const taken = some?.calls.started ?? 0
  assert.ok(taken > 70 && taken < 130, `${taken} of 400`)
  assert.equal(taken + (rest?.calls.started ?? 0), 400)
  await clock.until(net.close())
})
