import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../../../src/balancing/random.ts'
import {
  type Classifier,
  fixed,
  mesh,
  type Policy,
  peakEwma,
  powerOfTwo,
  roundRobin,
  type ServiceDraft,
  type ServicePlan,
  samePart,
  serviceDefaults,
  verdicts,
} from '../../../src/index.ts'

const found = fixed(['http://127.0.0.1:8080'])
const lenient: Classifier = () => verdicts.success
const policy = (name: string): Policy => ({ name, scope: 'call', layer: () => (next) => next })

function only(builder: { plan(): { services: Readonly<Record<string, ServicePlan>> } }): ServicePlan {
  const [service] = Object.values(builder.plan().services)
  assert.ok(service !== undefined)
  return service
}

test('a builder never changes: each step gives another one', () => {
  const empty = mesh()
  const one = empty.service('orders', (s) => s.resolve(found))
  const other = empty.service('users', (s) => s.resolve(found))
  assert.deepEqual(Object.keys(empty.plan().services), [])
  assert.deepEqual(Object.keys(one.plan().services), ['orders'])
  assert.deepEqual(Object.keys(other.plan().services), ['users'])
})

test('a draft never changes: what is set on one branch is not set on another', () => {
  let kept: ServiceDraft | undefined
  mesh().service('orders', (s) => {
    kept = s
    s.deadline('1s')
    return s.resolve(found)
  })
  const plan = only(mesh().service('orders', () => (kept as ServiceDraft).resolve(found)))
  assert.equal(plan.deadline, 15_000)
})

test("a service's own slot replaces the slot of the defaults as a whole", () => {
  const plan = only(
    mesh()
      .defaults((s) =>
        s.deadline('5s').retry({ attempts: 5, attemptTimeout: '1s' }).http({ connections: 7 }).classify(lenient).balance(roundRobin()),
      )
      .service('orders', (s) => s.resolve(found).retry({ attempts: 2 })),
  )
  assert.equal(plan.deadline, 5_000)
  assert.deepEqual(plan.retry, {
    attempts: 2,
    requeues: 100,
    backoff: { kind: 'full', base: 25, max: 250 },
    retryAfter: 10_000,
    budget: { ratio: 0.2, perSecond: 1, window: 10_000 },
    avoidTriedZones: false,
    attemptHeader: 'x-envoy-attempt-count',
    enforce: 1,
  })
  assert.equal(plan.http.connections, 7)
  assert.equal(plan.classifier, lenient)
  assert.ok(samePart(plan.balancer, roundRobin()))
})

test('defaults hold for services that were described before them', () => {
  const plan = only(
    mesh()
      .service('orders', (s) => s.resolve(found))
      .defaults((s) => s.deadline('5s')),
  )
  assert.equal(plan.deadline, 5_000)
})

test('policies add up: those of the defaults come first', () => {
  const [a, b, c, d] = [policy('a'), policy('b'), policy('c'), policy('d')]
  const plan = only(
    mesh()
      .defaults((s) => s.use(a, b))
      .service('orders', (s) => s.use(c).resolve(found).use(d)),
  )
  assert.deepEqual(plan.policies, [a, b, c, d])
})

test('aliases and subsets add up', () => {
  const plan = only(mesh().service('orders', (s) => s.resolve(found).alias('a', 'b').subset('v', ['1']).alias('c').subset('w', ['2', '3'])))
  assert.deepEqual(plan.aliases, ['a', 'b', 'c'])
  assert.deepEqual(plan.subsets, { v: ['1'], w: ['2', '3'] })
})

test('bare turns every protection off, unless the service sets it itself', () => {
  const bare = only(mesh().service('orders', (s) => s.bare().resolve(found)))
  assert.equal(bare.deadline, Number.POSITIVE_INFINITY)
  assert.equal(bare.retry, false)
  assert.ok(samePart(bare.balancer, random()))
  const nearly = only(mesh().service('orders', (s) => s.deadline('1s').bare().resolve(found).balance(roundRobin())))
  assert.equal(nearly.deadline, 1_000)
  assert.equal(nearly.retry, false)
  assert.ok(samePart(nearly.balancer, roundRobin()))
})

test('bare goes before the defaults, and among the defaults before what is built in', () => {
  const bare = only(
    mesh()
      .defaults((s) => s.deadline('5s').use(policy('a')).http({ connections: 7 }))
      .service('orders', (s) => s.bare().resolve(found)),
  )
  assert.equal(bare.deadline, Number.POSITIVE_INFINITY)
  assert.equal(bare.policies.length, 1)
  assert.equal(bare.http.connections, 7)
  const all = only(
    mesh()
      .defaults((s) => s.bare().deadline('5s'))
      .service('orders', (s) => s.resolve(found).retry({})),
  )
  assert.equal(all.deadline, 5_000)
  assert.notEqual(all.retry, false)
})

test('a slot that is given undefined says nothing', () => {
  const plan = only(
    mesh()
      .defaults((s) => s.deadline('5s'))
      .service('orders', (s) => s.resolve(found).deadline(undefined as never)),
  )
  assert.equal(plan.deadline, 5_000)
})

test('apply hands the draft to a function, and goes on with what that gives', () => {
  const patient = (s: ServiceDraft) => s.deadline('1m').retry(false)
  const plan = only(mesh().service('reports', (s) => s.apply(patient).resolve(found)))
  assert.equal(plan.deadline, 60_000)
  assert.equal(plan.retry, false)
})

test('the default balancer is power of two choices over attempts in flight', () => {
  assert.ok(samePart(serviceDefaults.balancer, powerOfTwo(peakEwma())))
})
