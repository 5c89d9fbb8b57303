import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  fixed,
  MeshError,
  type MeshPlan,
  mesh,
  part,
  type QuotaSource,
  type RouteOptions,
  roundRobin,
  type ServicePlanInput,
  type SplitOptions,
} from '../../../src/index.ts'
import { fakeClock, type ScriptedAttempt, scriptedTransport, seededRandom } from '../../../src/testing/index.ts'

const endpoints = ['v1', 'v2'].flatMap((version) => [1, 2].map((i) => ({ url: `http://${version}-${i}:80`, labels: { version } })))
const shadow = 'http://shadow:80'
const half: SplitOptions = { by: 'version', weights: { v1: 50, v2: 50 }, stable: 'v1' }
const toV2: SplitOptions = { by: 'version', weights: { v1: 0, v2: 100 }, stable: 'v1' }
const write: RouteOptions = { name: 'write', match: { path: '/write' } }

interface Options {
  readonly service?: Partial<ServicePlanInput>
  readonly status?: (attempt: ScriptedAttempt) => number
  readonly production?: boolean
  /** What every endpoint answers, in place of its version. */
  readonly body?: string
  /** Whether copies are never answered. */
  readonly hangs?: boolean
}

/** A mesh with a service in two versions, and one that gets copies. Its answers are the version. */
function routed(
  routes: readonly RouteOptions[],
  { service = {}, status = () => 200, production = false, body, hangs = false }: Options = {},
) {
  const clock = fakeClock()
  const transport = scriptedTransport((attempt) => {
    if (hangs && attempt.endpoint.address === shadow) return 'hang'
    return { status: status(attempt), body: body ?? attempt.endpoint.labels.version ?? 'copy' }
  })
  const net = mesh({ clock, transport, production, random: seededRandom('route traffic') })
    .service('orders', (s) =>
      s.resolve(fixed(endpoints)).balance(roundRobin()).circuitBreaker(false).ejection(false).subset('version', ['v1', 'v2']),
    )
    .service('shadow', (s) => s.resolve(fixed([shadow])))
    .build()
  const events: string[] = []
  for (const name of ['split-aborted', 'split-stepped', 'faults-switched', 'fault-injected', 'mirror-dropped', 'quota-lost'] as const)
    net.on(name, ({ route }) => events.push(`${name} ${route}`))
  const apply = (next: readonly RouteOptions[], change: Partial<ServicePlanInput> = service) => {
    const { plan } = net
    net.apply({ ...plan, services: { ...plan.services, orders: { ...plan.services.orders, ...change, routes: next } } } as MeshPlan)
  }
  apply(routes)
  const call = async (path: string, init: RequestInit = {}) => {
    try {
      const response = await clock.until(net.fetch(`http://orders${path}`, init))
      const body = await clock.until(response.text())
      return response.ok ? body : response.status
    } catch (error) {
      return MeshError.from(error)?.code
    }
  }
  /** Who answers a hundred calls. */
  const answers = async (path: string) => {
    const counts: Record<string, number> = {}
    for (let i = 0; i < 100; i += 1) {
      const answer = String(await call(path))
      counts[answer] = (counts[answer] ?? 0) + 1
    }
    return counts
  }
  const snapshot = () => net.snapshot().services.orders ?? assert.fail('no service')
  const routeOf = (name: string) => snapshot().routes[name] ?? assert.fail(`no route ${name}`)
  const copies = () => transport.attempts.filter(({ endpoint }) => endpoint.address === shadow)
  return { clock, transport, net, apply, call, answers, snapshot, routeOf, copies, events }
}

test('a route divides its calls by its own split, and one that says false does not divide them', async () => {
  const { net, answers, snapshot, routeOf } = routed(
    [
      { ...write, split: toV2 },
      { name: 'whole', match: { path: '/whole' }, split: false, subset: { version: 'v1' } },
    ],
    { service: { split: half } },
  )
  assert.deepEqual(await answers('/write'), { v2: 100 })
  assert.deepEqual(await answers('/whole'), { v1: 100 })
  const { v1 = 0, v2 = 0 } = await answers('/other')
  assert.ok(v1 > 30 && v2 > 30, `${v1} and ${v2}`)
  const callsOf = (versions: Readonly<Record<string, { readonly calls: number }>> = {}) =>
    Object.values(versions).reduce((sum, { calls }) => sum + calls, 0)
  assert.equal(callsOf(routeOf('write').split?.versions), 100)
  assert.equal(callsOf(snapshot().split?.versions), 100)
  assert.equal(routeOf('whole').split, undefined)
  await net.close()
})

test('a route whose new version fails is given up alone, by the calls of that route', async () => {
  const watched: SplitOptions = { ...half, abort: { minCalls: 10 } }
  const { net, answers, snapshot, routeOf, events } = routed([{ ...write, split: watched }], {
    service: { split: watched, retry: false },
    status: ({ path, endpoint }) => (path === '/write' && endpoint.labels.version === 'v2' ? 500 : 200),
  })
  await answers('/other')
  await answers('/write')
  assert.equal(routeOf('write').split?.aborted?.reason, 'failures')
  assert.equal(snapshot().split?.aborted, undefined)
  assert.deepEqual(events, ['split-aborted write'])
  assert.deepEqual(await answers('/write'), { v1: 100 })
  await net.close()
})

test('the split of a route is switched by its name, and that of the service by nothing', async () => {
  const { net, events, apply } = routed(
    [
      { ...write, split: half },
      { name: 'read', match: { path: '/read' } },
    ],
    { service: { split: half } },
  )
  const { split } = net.service('orders')
  const own = split.of('write')
  own.abort()
  assert.deepEqual([split.state, own.state, events], ['steady', 'aborted', ['split-aborted write']])
  own.resume()
  split.abort()
  assert.deepEqual([split.state, own.state], ['aborted', 'steady'])
  assert.throws(() => split.of('wirte'), /split\.of: expected one of the routes of orders: "write", "read", got "wirte"/)
  assert.throws(
    () => split.of('read').abort(),
    /split\.abort: expected a route with a split of its own, got "read" of orders, which has none/,
  )
  apply([{ ...write, split: half }], { split: false })
  assert.throws(() => split.abort(), /got orders, which has none; split\.of\(\.\.\.\) is for those of its routes "write"/)
  await net.close()
})

test('the split of a route goes on over a new plan that leaves it, and its ramp ends with the route', async () => {
  const ramp = {
    to: { v1: 0, v2: 100 },
    steps: [
      { after: '1m', share: 0.5 },
      { after: '1m', share: 1 },
    ],
  } as const
  const ramped: RouteOptions = { ...write, split: { by: 'version', weights: { v1: 100, v2: 0 }, ramp } }
  const { clock, net, apply, call, routeOf, events } = routed([ramped])
  await clock.advance(60_000)
  assert.equal(routeOf('write').split?.progress, 0.5)
  apply([
    { name: 'new', match: { path: '/new' } },
    { ...ramped, deadline: '2s' },
  ])
  assert.equal(routeOf('write').split?.progress, 0.5)
  await clock.advance(60_000)
  assert.equal(await call('/write'), 'v2')
  apply([
    { ...ramped, split: { by: 'version', weights: { v1: 100, v2: 0 }, ramp: { ...ramp, curve: undefined, over: '1h', steps: undefined } } },
  ])
  assert.equal(routeOf('write').split?.progress, 0)
  apply([])
  const before = events.length
  await clock.advance(3_600_000)
  assert.equal(events.length, before)
  await net.close()
})

test('a route copies its calls where it says, as endpoints see them, and one that says false copies none', async () => {
  const { clock, net, call, routeOf, snapshot, copies } = routed(
    [
      { ...write, rewrite: { path: '/v2/write' }, mirror: { to: 'shadow' } },
      { name: 'private', match: { path: '/private' }, mirror: false },
    ],
    { service: { mirror: { to: 'shadow', header: 'x-copy' } } },
  )
  for (const path of ['/write', '/private', '/other']) await call(path, { method: 'POST', body: 'apples' })
  await clock.advance(100)
  assert.deepEqual(
    copies().map((copy) => [copy.path, copy.header('x-mirrored'), copy.header('x-copy')]),
    [
      ['/v2/write', '1', undefined],
      ['/other', undefined, '1'],
    ],
  )
  assert.deepEqual([routeOf('write').mirror?.answered, snapshot().mirror?.answered], [1, 1])
  assert.equal(routeOf('private').mirror, undefined)
  await net.close()
})

test('copies of a route are cut off when a new plan changes its mirror, and not when it leaves it', async () => {
  const { clock, net, apply, routeOf, transport } = routed([{ ...write, mirror: { to: 'shadow' } }], { hangs: true })
  const send = async () => void (await (await clock.until(net.fetch('http://orders/write'))).text())
  await send()
  await clock.settle()
  apply([{ ...write, deadline: '3s', mirror: { to: 'shadow' } }])
  assert.equal(routeOf('write').mirror?.inFlight, 1)
  apply([{ ...write, mirror: { to: 'shadow', share: 0.5 } }])
  await clock.settle()
  assert.equal(net.snapshot().services.shadow?.calls.inFlight, 0)
  await net.close()
  transport.assertIdle()
})

test('faults of a route spoil its attempts alone, inside its own attempt timeout', async () => {
  const { net, call, events, routeOf, snapshot, clock } = routed(
    [
      { ...write, retry: false, fault: { abort: { share: 1, status: 503 } } },
      {
        name: 'slow',
        match: { path: '/slow' },
        retry: { attempts: 2, attemptTimeout: '100ms' },
        fault: { delay: { share: 1, time: '1s' } },
      },
      { name: 'spared', match: { path: '/spared' }, fault: false },
    ],
    { service: { fault: { abort: { share: 1, status: 418 } } }, body: 'ok' },
  )
  assert.deepEqual([await call('/write'), await call('/other'), await call('/spared')], [503, 418, 'ok'])
  const before = clock.now()
  assert.equal(await call('/slow'), 'ok')
  // The first attempt is cut off; the last one has no timeout.
  assert.ok(clock.now() - before >= 1_100)
  assert.deepEqual([...new Set(events)], ['fault-injected write', 'fault-injected undefined', 'fault-injected slow'])
  assert.deepEqual([routeOf('write').fault?.aborted, snapshot().fault?.aborted, routeOf('slow').fault?.delayed], [1, 1, 2])
  assert.equal(routeOf('spared').fault, undefined)
  await net.close()
})

test('faults are switched for a service with all its routes at once, or for one route', async () => {
  const abort = { abort: { share: 1, status: 503 } } as const
  const { net, call, events, apply } = routed(
    [
      { ...write, fault: { ...abort, enabled: false } },
      { name: 'read', match: { path: '/read' }, fault: { ...abort, enabled: false } },
    ],
    { service: { retry: false }, body: 'ok' },
  )
  const { fault } = net.service('orders')
  const own = fault.of('write')
  own.enable()
  assert.deepEqual([own.enabled, fault.enabled, fault.of('read').enabled], [true, true, false])
  assert.deepEqual([await call('/write'), await call('/read')], [503, 'ok'])
  fault.enable()
  assert.deepEqual([await call('/write'), await call('/read')], [503, 503])
  fault.disable()
  assert.deepEqual([own.enabled, fault.enabled], [false, false])
  assert.equal(
    events.filter((event) => event.startsWith('faults-switched')).join(),
    'faults-switched write,faults-switched read,faults-switched write,faults-switched read',
  )
  assert.throws(() => fault.of('none'), /fault\.of: expected one of the routes of orders: "write", "read", got "none"/)
  apply([write])
  assert.throws(() => own.enable(), /fault\.enable: expected a route with faults of its own, got "write" of orders without/)
  assert.throws(() => fault.enable(), /fault\.enable: expected a service with \.fault\(\.\.\.\), got "orders" without/)
  await net.close()
})

test('in production faults of routes are not turned on, not even some of them', async () => {
  const abort = { abort: { share: 1, status: 503 } } as const
  const { net, call } = routed(
    [
      { ...write, fault: { ...abort, enabled: false, allowInProduction: true } },
      { name: 'read', match: { path: '/read' }, fault: abort },
    ],
    { production: true, body: 'ok' },
  )
  const { fault } = net.service('orders')
  assert.throws(() => fault.enable(), /allowInProduction/)
  assert.deepEqual([fault.enabled, await call('/write'), await call('/read')], [false, 'ok', 'ok'])
  fault.of('write').enable()
  assert.equal(await call('/write'), 503)
  await net.close()
})

/** A quota that gives what is asked for, until it is out of reach. */
function fakeQuota(name: string) {
  const asked: number[] = []
  let fails = false
  let closed = 0
  const source: QuotaSource = {
    name,
    outage: { policy: 'refuse', processes: 3 },
    lease: async (_terms, wanted) => {
      if (fails) throw new Error('out of reach')
      asked.push(wanted)
      return { granted: Math.max(0, Math.min(wanted, 2 - asked.length + 1)), processes: 3, againMs: 1_000 }
    },
    giveBack: async () => {},
    close: async () => {
      closed += 1
    },
  }
  const quota = part<QuotaSource>('fake-quota', { name }, () => source)
  return { quota, asked, fail: () => (fails = true), closedTimes: () => closed }
}

test('a route leases its permits from a quota of its own', async () => {
  const { quota, asked, closedTimes } = fakeQuota('writes')
  const limited: RouteOptions = { ...write, rateLimit: { permits: 10, per: '1m', quota } }
  const { net, call, routeOf, apply, clock } = routed([limited], { body: 'ok' })
  assert.equal(await call('/write'), 'ok')
  assert.equal(await call('/other'), 'ok')
  assert.equal(asked.length > 0, true)
  assert.deepEqual([routeOf('write').rateLimit?.granted, routeOf('write').rateLimit?.quota?.processes], [1, 3])
  apply([{ ...limited, deadline: '3s', rateLimit: { permits: 10, per: '1m', quota: fakeQuota('writes').quota } }])
  assert.equal(routeOf('write').rateLimit?.granted, 1)
  assert.equal(closedTimes(), 0)
  apply([write])
  await clock.settle()
  assert.equal(closedTimes(), 1)
  await net.close()
})

test('a route whose quota is out of reach says so by its name', async () => {
  const { quota, fail } = fakeQuota('writes')
  fail()
  const { net, call, events } = routed([{ ...write, rateLimit: { permits: 10, quota } }], { body: 'ok' })
  assert.equal(await call('/write'), 'RATE_LIMITED')
  assert.equal(await call('/other'), 'ok')
  assert.deepEqual(events, ['quota-lost write'])
  await net.close()
})
