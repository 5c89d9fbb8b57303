import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ConfigError,
  fixed,
  MeshError,
  type MeshPlan,
  mesh,
  type Policy,
  type RouteOptions,
  type ServicePlanInput,
} from '../../../src/index.ts'
import { fakeClock, type ScriptedAnswer, scriptedTransport } from '../../../src/testing/index.ts'

/** A mesh with one service, `orders`. */
function routed(routes: readonly RouteOptions[], answer: ScriptedAnswer = { body: 'ok' }, service: Partial<ServicePlanInput> = {}) {
  const clock = fakeClock()
  const transport = scriptedTransport(answer)
  const net = mesh({ clock, transport })
    .service('orders', (s) => s.resolve(fixed(['http://a:1', 'http://b:1'])))
    .build()
  const apply = (next: readonly RouteOptions[], change: Partial<ServicePlanInput> = service) =>
    net.apply(withRoutes(net.plan, next, change))
  apply(routes)
  const routeOf = (name: string) => net.snapshot().services.orders?.routes[name] ?? assert.fail(`no route ${name}`)
  return { clock, transport, net, apply, routeOf }
}

function withRoutes(plan: MeshPlan, routes: readonly RouteOptions[], change: Partial<ServicePlanInput>): MeshPlan {
  return { ...plan, services: { orders: { ...plan.services.orders, ...change, routes } } } as MeshPlan
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

const limited: RouteOptions = { name: 'limited', match: { path: '/limited' }, rateLimit: { permits: 2, per: '1m' } }
const other: RouteOptions = { name: 'other', match: { path: '/other' } }

test('a route that a new plan leaves as it was keeps its permits and counts, wherever it stands now', async () => {
  const { clock, net, apply, routeOf } = routed([limited, other])
  assert.equal(await endOf(net.fetch('http://orders/limited')), 200)
  apply([{ ...other, deadline: '1s' }, { name: 'new', match: { path: '/new' } }, limited])
  assert.equal(routeOf('limited').rateLimit?.permitsLeft, 1)
  assert.equal(routeOf('limited').calls.succeeded, 1)
  apply([limited], { rateLimit: { permits: 5 }, deadline: '3s', retry: { attempts: 2 } })
  assert.equal(routeOf('limited').rateLimit?.permitsLeft, 1)
  assert.deepEqual(Object.keys(net.snapshot().services.orders?.routes ?? {}), ['limited'])
  apply([{ ...limited, rateLimit: { permits: 7 } }])
  assert.equal(routeOf('limited').rateLimit?.permitsLeft, 7)
  assert.equal(routeOf('limited').calls.succeeded, 1)
  apply([])
  assert.deepEqual(net.snapshot().services.orders?.routes, {})
  apply([limited])
  assert.deepEqual([routeOf('limited').rateLimit?.permitsLeft, routeOf('limited').calls.succeeded], [2, 0])
  await clock.until(net.close())
})

test('a plan that says the same is no change, and its chain stays', async () => {
  const { clock, net } = routed([limited, other])
  const events: unknown[] = []
  net.on('plan-applied', ({ changed }) => events.push(changed))
  net.apply(net.plan)
  net.apply(JSON.parse(JSON.stringify(net.plan.services.orders?.routes)) && { ...net.plan })
  assert.deepEqual(events, [[], []])
  await clock.until(net.close())
})

test('a route comes through JSON as it was', async () => {
  const routes: RouteOptions[] = [
    {
      name: 'one',
      match: {
        path: { pattern: '/v1/:id' },
        method: ['get', 'head'],
        headers: { 'X-A': ['1', '2'], 'x-b': { prefix: 'c' } },
        query: { q: true },
        share: 0.5,
      },
      rewrite: { path: '/:id', setHeaders: { 'x-c': 'd' }, removeHeaders: ['x-e'] },
      deadline: '2s',
      retry: { attempts: 2 },
      hedge: { after: '10ms' },
      rateLimit: { permits: 5 },
      concurrency: { limit: 5 },
      circuitBreaker: { openFor: '2s' },
    },
    {
      name: 'two',
      match: {},
      deadline: false,
      attemptTimeout: '1s',
      hedge: false,
      rateLimit: false,
      concurrency: false,
      admission: false,
      circuitBreaker: false,
    },
  ]
  const { clock, net, apply } = routed(routes)
  const { routes: finished } = net.plan.services.orders ?? assert.fail('no service')
  assert.equal(finished[1]?.deadline, Number.POSITIVE_INFINITY)
  const events: unknown[] = []
  net.on('plan-applied', ({ changed }) => events.push(changed))
  apply(JSON.parse(JSON.stringify(routes)))
  assert.deepEqual(net.plan.services.orders?.routes, finished)
  assert.deepEqual(events, [[]])
  assert.ok(Object.isFrozen(finished) && finished.every((route) => Object.isFrozen(route) && Object.isFrozen(route.match)))
  await clock.until(net.close())
})

test('calls in flight end on the route that they began with', async () => {
  const { clock, transport, net, apply, routeOf } = routed(
    [{ name: 'a', match: { path: '/a' }, retry: { attempts: 4 }, rewrite: { path: '/x' } }],
    'hang',
  )
  const call = endOf(net.fetch('http://orders/a'))
  const first = await transport.next()
  apply([{ name: 'b', match: { path: '/a' }, retry: false, rewrite: { path: '/y' } }])
  first.fail({ error: 'CONNECTION_LOST' })
  const second = await clock.until(transport.next())
  assert.deepEqual([first.path, second.path, second.attempt.call.route], ['/x', '/x', 'a'])
  second.reply({ body: 'ok' })
  const later = endOf(net.fetch('http://orders/a'))
  const third = await clock.until(transport.next())
  assert.deepEqual([third.path, third.attempt.call.route], ['/y', 'b'])
  third.reply({ status: 503 })
  assert.deepEqual(await clock.until(Promise.all([call, later])), [200, 503])
  assert.equal(routeOf('b').calls.failed, 1)
  await clock.until(net.close())
})

test('calls that wait for a permit of a route that is gone wait on, and end with the grace', async () => {
  const { clock, net, apply } = routed([{ ...limited, rateLimit: { permits: 1, per: '1m', overflow: 'queue' } }])
  assert.equal(await endOf(net.fetch('http://orders/limited')), 200)
  const served = endOf(net.fetch('http://orders/limited', { mesh: { deadline: '10m' } }))
  apply([])
  assert.equal(await endOf(net.fetch('http://orders/limited')), 200)
  await clock.advance(29_000)
  assert.equal(await Promise.race([served, Promise.resolve('waits')]), 'waits')
  await clock.advance(1_100)
  assert.equal(await served, 'CLOSED')
  await clock.until(net.close())
})

test('a mesh that closes ends the calls that wait at the limits of a route', async () => {
  const { clock, net } = routed([{ name: 'a', match: { path: '/a' }, concurrency: { limit: 1 } }], 'hang')
  const calls = [1, 2].map(() => endOf(net.fetch('http://orders/a', { mesh: { deadline: Number.POSITIVE_INFINITY } })))
  await clock.advance(1)
  await clock.until(net.close({ grace: '1s' }))
  assert.deepEqual(await clock.until(Promise.all(calls)), ['CLOSED', 'CLOSED'])
})

test('the circuit of a route stays open when a new plan says the same of it, and begins anew when it says something else', async () => {
  const route: RouteOptions = { name: 'a', match: { path: '/a' }, circuitBreaker: { consecutiveFailures: 2, openFor: '1m' } }
  const quiet = { retry: false, ejection: false, circuitBreaker: false } as const
  const { clock, net, apply, routeOf } = routed([route], { status: 503 }, quiet)
  for (let i = 0; i < 2; i += 1) await endOf(net.fetch('http://orders/a'))
  assert.equal(routeOf('a').circuit?.state, 'open')
  apply([other, route])
  assert.equal(await endOf(net.fetch('http://orders/a')), 'CIRCUIT_OPEN')
  apply([{ ...route, circuitBreaker: { consecutiveFailures: 3 } }])
  assert.equal(await endOf(net.fetch('http://orders/a')), 503)
  apply([{ name: 'a', match: { path: '/a' } }])
  assert.equal(routeOf('a').circuit, undefined)
  await clock.until(net.close())
})

test('a policy of a route keeps what it knows as long as the plan leaves it there', async () => {
  let made = 0
  const counting: Policy = {
    name: 'counting',
    scope: 'call',
    layer: () => {
      made += 1
      return (next) => (call) => next(call)
    },
  }
  const { clock, net, apply } = routed([{ ...other, use: [counting] }])
  apply([limited, { ...other, use: [counting] }])
  apply([{ ...other, use: [counting], deadline: '1s' }])
  assert.equal(made, 1)
  await clock.until(net.close())
})

test('a policy of the service keeps what it knows when a route gets a judge of its own, and judges by it', async () => {
  let made = 0
  const verdicts: string[] = []
  const judging: Policy = {
    name: 'judging',
    scope: 'attempt',
    layer: ({ classify }) => {
      made += 1
      return (next) => async (attempt) => {
        const outcome = await next(attempt)
        verdicts.push(classify(outcome, attempt).kind)
        return outcome
      }
    },
  }
  const { clock, net, apply } = routed([other], { status: 404 }, { policies: [judging] })
  await endOf(net.fetch('http://orders/other'))
  apply([{ ...other, retry: { attempts: 1, on: [404] } }])
  await endOf(net.fetch('http://orders/other'))
  await endOf(net.fetch('http://orders/'))
  apply([other])
  await endOf(net.fetch('http://orders/other'))
  assert.equal(made, 1)
  assert.deepEqual(verdicts, ['success', 'failure', 'success', 'success'])
  await clock.until(net.close())
})

test('a policy of a route that cannot be made changes nothing, and is told with its place', async () => {
  const { clock, net, apply } = routed([limited])
  const broken: Policy = {
    name: 'broken',
    scope: 'call',
    layer: () => {
      throw new Error('no key')
    },
  }
  const { plan } = net
  assert.throws(
    () => apply([limited, { ...other, use: [broken] }]),
    (error) => ConfigError.is(error) && error.message === 'services.orders.routes[1].use[0]: expected a part that can be made, got no key',
  )
  assert.equal(net.plan, plan)
  await clock.until(net.close())
})

test('what lets somebody in is not printed', () => {
  const { plan } = routed([{ match: {}, rewrite: { setHeaders: { Authorization: 'Bearer abc', 'x-team': 'a' } } }]).net
  const printed = JSON.parse(JSON.stringify(plan)).services.orders.routes[0].rewrite.setHeaders
  assert.deepEqual(printed, { Authorization: '(hidden)', 'x-team': 'a' })
})
