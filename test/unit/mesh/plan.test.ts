import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect, isDeepStrictEqual } from 'node:util'
import { type Classifier, defaultClassifier, fixed, type MeshPlan, mesh, type Policy, roundRobin, verdicts } from '../../../src/index.ts'

const urls = ['http://127.0.0.1:8080']
const lenient: Classifier = () => verdicts.success
const shout: Policy = { name: 'shout', scope: 'call', layer: () => (next) => next }
const whisper: Policy = { name: 'whisper', scope: 'attempt', layer: () => (next) => next }

function isFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || value === shout || value === whisper) return true
  return Object.isFrozen(value) && Object.values(value).every(isFrozen)
}

function planOfOrders(): MeshPlan {
  return mesh()
    .service('orders', (s) => s.resolve(fixed(urls)).balance(roundRobin()))
    .plan()
}

test('a plan names every default', () => {
  const plan = mesh()
    .service('orders', (s) => s.resolve(fixed(urls)))
    .plan()
  assert.deepEqual(JSON.parse(JSON.stringify(plan)), {
    name: 'mesh',
    outbound: 'passthrough',
    services: {
      orders: {
        resolver: { kind: 'fixed', endpoints: urls },
        directory: { emptyGuard: 30_000, backoff: { initial: 100, max: 30_000 }, refreshGap: 1_000, snapshotAfter: 1_000 },
        aliases: [],
        subsets: {},
        subsetFallback: 'none',
        split: false,
        failover: { spill: 'proportional', overprovisioningFactor: 1.4, panicThreshold: 0.5, failTrafficOnPanic: false },
        balancer: {
          kind: 'power-of-two',
          meter: { kind: 'peak-ewma', decayMs: 10_000, seedMs: 30, penaltyMs: 5_000, forceProbeMs: 3_000 },
        },
        http: {
          protocol: 'h1',
          connections: 128,
          streams: 100,
          pending: 1_024,
          pendingTimeout: 3_000,
          connectTimeout: 2_000,
          keepAlive: 30_000,
          maxConnectionAge: 600_000,
          bodyTimeout: 300_000,
          maxReplyBytes: 'Infinity',
        },
        deadline: 15_000,
        retry: {
          attempts: 3,
          requeues: 100,
          backoff: { kind: 'full', base: 25, max: 250 },
          retryAfter: 10_000,
          budget: { ratio: 0.2, perSecond: 1, window: 10_000 },
          avoidTriedZones: false,
          attemptHeader: 'x-envoy-attempt-count',
          enforce: 1,
        },
        rateLimit: false,
        concurrency: false,
        admission: false,
        ejection: {
          consecutive5xx: 5,
          consecutiveGatewayErrors: false,
          consecutiveLocalFailures: 5,
          successRate: { minHosts: 5, minAttempts: 100, stdevFactor: 1.9, leastFailureShare: 0.05 },
          failureShare: { threshold: 0.5, minHosts: 2, minAttempts: 50 },
          latency: false,
          rules: [],
          interval: 10_000,
          backoff: { base: 30_000, max: 300_000, jitter: 1_000 },
          maxEjected: 0.5,
          probeTimeout: 5_000,
          enforce: 1,
        },
        healthCheck: false,
        circuitBreaker: {
          failureShare: 0.5,
          minimumCalls: 20,
          window: 10_000,
          consecutiveFailures: 5,
          slowCall: false,
          slowShare: 1,
          openFor: 5_000,
          maxOpenFor: 60_000,
          jitter: 0.2,
          probeTimeout: 10_000,
          enforce: 1,
          endpoints: true,
          service: false,
        },
        sendOn: { send: 'inbound', headers: ['x-proxyless-deadline-ms'] },
        hedge: false,
        mirror: false,
        fault: false,
        classifier: '(function defaultClassifier)',
        serverDraining: { hold: 30_000 },
        routes: [],
        policies: [],
      },
    },
  })
})

test('a plan has every duration in milliseconds, and is frozen throughout', () => {
  const plan = mesh({ name: 'shop' })
    .service('orders', (s) =>
      s
        .resolve(fixed(urls), { emptyGuard: false, refreshGap: '2s' })
        .deadline('1m')
        .retry({ attemptTimeout: '400ms', budget: false })
        .http({ connectTimeout: '1.5s' })
        .subset('version', ['v1', 'v2'])
        .alias('Orders.Internal:8080')
        .use(shout, whisper),
    )
    .plan()
  const orders = plan.services.orders
  assert.equal(orders?.deadline, 60_000)
  assert.deepEqual(orders?.retry, {
    attempts: 3,
    attemptTimeout: 400,
    requeues: 100,
    backoff: { kind: 'full', base: 25, max: 250 },
    retryAfter: 10_000,
    budget: false,
    avoidTriedZones: false,
    attemptHeader: 'x-envoy-attempt-count',
    enforce: 1,
  })
  assert.equal(orders?.http.connectTimeout, 1_500)
  assert.equal(orders?.directory.emptyGuard, false)
  assert.equal(orders?.directory.refreshGap, 2_000)
  assert.deepEqual(orders?.aliases, ['orders.internal:8080'])
  assert.deepEqual(orders?.subsets, { version: ['v1', 'v2'] })
  assert.deepEqual(orders?.policies, [shout, whisper])
  assert.ok(isFrozen(plan))
})

test('two plans that say the same are equal, however they say it', () => {
  const policies = [shout]
  const one = mesh({ name: 'shop' })
    .service('orders', (s) => s.resolve(roundTrip).deadline('2s').retry({ attempts: 3 }).use(shout).classify(lenient))
    .plan()
  const other = mesh({ name: 'shop', outbound: 'passthrough' })
    .defaults((s) => s.deadline(2_000).use(...policies))
    .service('orders', (s) => s.retry({ attempts: 3, attemptTimeout: undefined }).classify(lenient).resolve(roundTrip, {}))
    .plan()
  assert.deepEqual(JSON.stringify(one), JSON.stringify(other))
  const comparable = (plan: MeshPlan) => ({ ...plan, services: { orders: { ...plan.services.orders, balancer: undefined } } })
  assert.ok(isDeepStrictEqual(comparable(one), comparable(other)))
})

async function* roundTrip() {
  yield urls
}

test('a copy of a plan, put through plan checking again, is the same plan', () => {
  const plan = planOfOrders()
  const net = mesh().build()
  net.apply({ ...plan, services: { orders: { ...(plan.services.orders as object), resolver: fixed(urls) } } })
  assert.equal(JSON.stringify(net.plan), JSON.stringify(plan))
  return net.close()
})

test('a plan prints parts by kind, functions by name, policies by name and scope, and no private key', () => {
  const plan = mesh()
    .service('orders', (s) =>
      s
        .resolve(roundTrip)
        .balance((endpoints) => endpoints[0])
        .classify(defaultClassifier)
        .use(shout)
        .deadline(Number.POSITIVE_INFINITY)
        .http({ dispatcher: function mocked() {} as never }),
    )
    .plan()
  const printed = JSON.parse(JSON.stringify(plan)).services.orders
  assert.equal(printed.resolver, '(function roundTrip)')
  assert.equal(printed.balancer, '(function)')
  assert.equal(printed.classifier, '(function defaultClassifier)')
  assert.deepEqual(printed.policies, [{ policy: 'shout', scope: 'call' }])
  assert.equal(printed.deadline, 'Infinity')
  assert.equal(printed.http.dispatcher, '(function mocked)')
  assert.match(inspect(plan), /policy: 'shout'/)
})

test('planning starts nothing', async () => {
  let started = 0
  const builder = mesh().service('orders', (s) =>
    s.resolve(async function* () {
      started += 1
      yield urls
    }),
  )
  builder.plan()
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(started, 0)
})
