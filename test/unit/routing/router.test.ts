import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Balancer } from '../../../src/balancing/balancer.ts'
import type { Attempt } from '../../../src/call/attempt.ts'
import { BodyFeed } from '../../../src/call/body-feed.ts'
import type { Call } from '../../../src/call/call.ts'
import type { Send } from '../../../src/call/layer.ts'
import { failed, type Outcome, replied } from '../../../src/call/outcome.ts'
import { ReplyBody } from '../../../src/call/reply-body.ts'
import { type Classifier, type Verdict, verdicts } from '../../../src/call/verdict.ts'
import { waitingFor } from '../../../src/call/waiting-for.ts'
import type { Endpoint } from '../../../src/endpoint/endpoint.ts'
import { MeshError, type MeshErrorCode } from '../../../src/errors/mesh-error.ts'
import { HealthBoard } from '../../../src/health/health-board.ts'
import { ProbeDesk } from '../../../src/health/probe-desk.ts'
import { failoverDefaults } from '../../../src/routing/failover-options.ts'
import { localityDefaults } from '../../../src/routing/locality-options.ts'
import { Router } from '../../../src/routing/router.ts'
import { type RoutingSettings, routingDefaults } from '../../../src/routing/routing-settings.ts'
import { testCall } from '../../../src/testing/test-call.ts'
import { testHost } from '../../../src/testing/test-host.ts'
import { testReply } from '../../../src/testing/test-reply.ts'
import { TestDirectory } from './test-directory.ts'

const [a, b, c] = ['http://10.0.0.1:80', 'http://10.0.0.2:80', 'http://10.0.0.3:80'] as const

/** What a meter heard. */
interface Heard {
  readonly endpoint: Endpoint
  readonly ends: { readonly verdict: Verdict; readonly latencyMs: number }[]
}

interface WorldOptions {
  directory?: TestDirectory
  send?: Send<Attempt>
  classify?: Classifier
  balancer?: Partial<Balancer>
  health?: HealthBoard
  routing?: Partial<RoutingSettings>
}

function world(options: WorldOptions = {}) {
  const host = testHost()
  const directory = options.directory ?? new TestDirectory(a, b)
  const heard: Heard[] = []
  const meter = {
    name: 'ear',
    load: () => 0,
    began: (endpoint: Endpoint) => {
      const entry: Heard = { endpoint, ends: [] }
      heard.push(entry)
      return (verdict: Verdict, latencyMs: number) => void entry.ends.push({ verdict, latencyMs })
    },
  }
  const balancer: Balancer = {
    name: 'in-order',
    meters: [meter],
    picker: (endpoints) => ({ pick: ({ isSpent }) => endpoints.find((endpoint) => !isSpent(endpoint)) ?? endpoints[0] }),
    ...options.balancer,
  }
  const attempts: Attempt[] = []
  const answer: Send<Attempt> = options.send ?? (async () => replied(testReply()))
  const send: Send<Attempt> = (attempt) => {
    attempts.push(attempt)
    return answer(attempt)
  }
  const { classify = host.classify, health = new HealthBoard() } = options
  const routing = { ...routingDefaults, ...options.routing }
  const router = new Router({ host, directory, health, balancer, classify, send, routing })
  return { host, directory, router, heard, attempts, clock: host.clock }
}

function errorOf(outcome: Outcome): MeshError {
  assert.equal(outcome.ok, false)
  return (outcome as { error: MeshError }).error
}

function refusal(attempt: Attempt, code: MeshErrorCode = 'CONNECT_FAILED', sent = false): Outcome {
  return failed(new MeshError(code, 'no', { service: 'test', endpoint: attempt.endpoint.address, sent }))
}

function openReply(status = 200): { outcome: Outcome; feed: BodyFeed } {
  const feed = new BodyFeed({ pause: () => {}, resume: () => {}, abort: () => {} }, undefined)
  return { outcome: replied({ status, statusText: '', headers: {}, body: new ReplyBody(feed) }), feed }
}

test('an attempt goes to the endpoint that was picked, numbered, and is recorded on the call', async () => {
  const { router, attempts, directory, clock } = world({
    send: async (attempt) => {
      await clock.advance(20)
      return attempt.number === 1 ? refusal(attempt) : replied(testReply({ status: 204 }))
    },
  })
  const call = testCall()
  await router.send(call)
  const outcome = await router.send(call)
  assert.equal(outcome.ok, true)
  assert.deepEqual(
    attempts.map(({ number, endpoint }) => [number, endpoint.address]),
    [
      [1, a],
      [2, b],
    ],
  )
  const [first, second] = directory.endpoints
  const startedAt = call.startedAt
  assert.deepEqual(
    call.spent.map(({ error, bodyMs: _, ...rest }) => ({ ...rest, error: error?.code })),
    [
      {
        ...{ endpoint: first, verdict: verdicts.retryAlways, result: 'CONNECT_FAILED', latencyMs: 20, sent: false, untriedLeft: true },
        ...{ startedAt, error: 'CONNECT_FAILED' },
      },
      {
        ...{ endpoint: second, verdict: verdicts.success, result: 204, latencyMs: 20, sent: true, untriedLeft: false },
        ...{ startedAt: startedAt + 20, error: undefined },
      },
    ],
  )
  assert.deepEqual(call.underway, [])
})

test('an attempt is under way until its outcome is there', async () => {
  let release: (outcome: Outcome) => void = () => {}
  const { router, clock, directory } = world({ send: () => new Promise((resolve) => (release = resolve)) })
  const call = testCall()
  const outcome = router.send(call)
  await clock.settle()
  assert.deepEqual(
    call.underway.map(({ endpoint, startedAt }) => [endpoint, startedAt]),
    [[directory.endpoints[0], clock.now()]],
  )
  assert.deepEqual(call.with({ path: '/copy' }).underway, call.underway)
  release(replied(testReply()))
  await outcome
  assert.deepEqual(call.underway, [])
  assert.equal(call.spent.length, 1)
})

test('two attempts of one call at the same time have different numbers and endpoints', async () => {
  const releases: (() => void)[] = []
  const { router, attempts, clock } = world({
    send: () => new Promise((resolve) => releases.push(() => resolve(replied(testReply())))),
  })
  const call = testCall()
  const both = [router.send(call), router.send(call)]
  await clock.settle()
  assert.deepEqual(
    attempts.map(({ number, endpoint }) => [number, endpoint.address]),
    [
      [1, a],
      [2, b],
    ],
  )
  releases[0]?.()
  await both[0]
  assert.deepEqual(
    call.underway.map(({ endpoint }) => endpoint.address),
    [b],
  )
  releases[1]?.()
  await both[1]
  assert.deepEqual(call.underway, [])
})

test('a call waits while its service is unresolved', async () => {
  const directory = new TestDirectory()
  const { router, attempts, clock } = world({ directory })
  const call = testCall()
  const outcome = router.send(call)
  await clock.settle()
  assert.equal(attempts.length, 0)
  assert.equal(call.context.get(waitingFor), 'discovery')
  directory.set(a)
  assert.equal((await outcome).ok, true)
  assert.equal(call.context.get(waitingFor), undefined)
})

test('a caller that leaves while the service is unresolved gets its reason back', async () => {
  const { router, attempts, clock } = world({ directory: new TestDirectory() })
  const call = testCall()
  const outcome = router.send(call)
  await clock.settle()
  const reason = new MeshError('ABORTED', 'left', { service: 'test', sent: false })
  call.cancellation.cancel(reason)
  assert.equal(errorOf(await outcome), reason)
  assert.equal(attempts.length, 0)
})

test('a directory whose waiting fails costs the call nothing but the wait', async () => {
  const directory = new TestDirectory(a)
  directory.state = 'unresolved'
  directory.settled = () => Promise.reject(new Error('lost'))
  const { router, host } = world({ directory })
  assert.equal((await router.send(testCall())).ok, true)
  assert.equal(host.events[0]?.name, 'part-threw')
})

test('each kind of nothing has its own sentence', async () => {
  const sentences: string[] = []
  const ask = async (directory: TestDirectory, call: Call = testCall(), balancer: Partial<Balancer> = {}) => {
    const error = errorOf(await world({ directory, balancer }).router.send(call))
    assert.equal(error.code, 'NO_ENDPOINT')
    assert.deepEqual(error.facts, { service: 'test', sent: false })
    sentences.push(error.message)
    return error
  }
  const cause = new Error('SERVFAIL from 10.0.0.53')
  const unresolved = new TestDirectory()
  unresolved.settled = async () => {}
  await ask(unresolved)
  unresolved.lastError = cause
  assert.equal((await ask(unresolved)).cause, cause)
  const absent = new TestDirectory()
  absent.become('absent')
  await ask(absent)
  const empty = new TestDirectory()
  empty.become('empty')
  await ask(empty)
  await ask(new TestDirectory({ url: a, labels: { version: 'v1' } }, b), testCall({ subset: { version: 'v2' } }))
  await ask(new TestDirectory(a, b), testCall(), { picker: () => ({ pick: () => undefined }) })
  assert.deepEqual(sentences, [
    'test: no endpoint to try: the resolver has not answered yet',
    'test: no endpoint to try: the resolver has not answered yet; the resolver failed last with: SERVFAIL from 10.0.0.53',
    'test: no endpoint to try: the resolver says that there is no such service',
    'test: no endpoint to try: the service has no endpoints at the moment',
    'test: no endpoint to try: none of 2 endpoints carries version=v2: version has the values v1',
    'test: no endpoint to try: the balancer in-order declined all 2 endpoints',
  ])
})

test('each way in which health, place and labels leave nobody has its own sentence', async () => {
  const sentences: string[] = []
  const ask = async (options: Parameters<typeof world>[0], call: Call = testCall()) => {
    const error = errorOf(await world(options).router.send(call))
    assert.equal(error.code, 'NO_ENDPOINT')
    sentences.push(error.message.replace('test: no endpoint to try: ', ''))
  }
  const directory = new TestDirectory({ url: a, zone: 'a', labels: { v: '1' } }, { url: b, zone: 'b' }, { url: c, zone: 'b', region: 'eu' })
  const health = new HealthBoard()
  for (const endpoint of directory.endpoints) health.note(endpoint, 'test', 'unhealthy')
  await ask({ directory, health, routing: { failover: { ...failoverDefaults, panicThreshold: 0 } } })
  await ask({ directory, health, routing: { failover: { ...failoverDefaults, panicThreshold: 0 } } }, testCall({ subset: { v: '1' } }))
  await ask({ directory, health, routing: { failover: { ...failoverDefaults, failTrafficOnPanic: true } } })
  await ask({ directory, routing: { locality: { ...localityDefaults, mode: 'strict', zone: 'z' } } })
  await ask({ directory, routing: { locality: { ...localityDefaults, mode: 'strict', region: 'us' } } })
  await ask(
    { directory, routing: { locality: { ...localityDefaults, mode: 'strict', region: 'eu', zone: 'b' } } },
    testCall({ subset: { v: '1' } }),
  )
  await ask({ directory, routing: { subsetFallback: { subset: { v: '3' } } } }, testCall({ subset: { v: '2' } }))
  assert.deepEqual(sentences, [
    'all 3 endpoints are unhealthy, and panicThreshold is 0, so that none is used all the same',
    'the only endpoint is unhealthy, and panicThreshold is 0, so that none is used all the same',
    'only 0 of 3 endpoints are fit, which is below panicThreshold 0.5, and failTrafficOnPanic is set',
    'locality is strict and none of 3 endpoints is in zone z; endpoints are in a, b, eu/b',
    'locality is strict and none of 3 endpoints is in region us; endpoints are in a, b, eu/b',
    'locality is strict and none of 1 endpoint is in zone eu/b; endpoints are in a, b, eu/b',
    'none of 3 endpoints carries v=2: v has the values 1; nor does any carry what the fallback names: v=3',
  ])
})

test('a balancer that offers nothing once all were tried is told apart, and what was sent is not denied', async () => {
  const { router } = world({
    send: async (attempt) => refusal(attempt, attempt.number === 1 ? 'CONNECTION_LOST' : 'CONNECT_FAILED', attempt.number === 1),
    balancer: { picker: (endpoints) => ({ pick: ({ isSpent }) => endpoints.find((endpoint) => !isSpent(endpoint)) }) },
  })
  const call = testCall()
  await router.send(call)
  await router.send(call)
  const error = errorOf(await router.send(call))
  assert.equal(
    error.message,
    `test: no endpoint to try: this call has tried all 2 endpoints, and the balancer in-order offers none again (${a}: CONNECTION_LOST, ${b}: CONNECT_FAILED)`,
  )
  assert.equal(error.facts.sent, true)
  assert.equal(call.spent.length, 2)
})

test('a call goes only to endpoints of its subset', async () => {
  const directory = new TestDirectory(a, { url: b, labels: { version: 'v2' } }, c)
  const { router, attempts } = world({ directory })
  for (let i = 0; i < 3; i += 1) await router.send(testCall({ subset: { version: 'v2' } }))
  assert.deepEqual(new Set(attempts.map(({ endpoint }) => endpoint.address)), new Set([b]))
})

test('endpoints that came or went are seen by the next attempt', async () => {
  const { router, attempts, directory } = world()
  await router.send(testCall())
  directory.set(c)
  await router.send(testCall())
  assert.deepEqual(
    attempts.map(({ endpoint }) => endpoint.address),
    [a, c],
  )
})

test('a call whose caller has left is not sent', async () => {
  const { router, attempts } = world()
  const call = testCall()
  const reason = new MeshError('ABORTED', 'left', { service: 'test', sent: false })
  call.cancellation.cancel(reason)
  assert.equal(errorOf(await router.send(call)), reason)
  assert.equal(attempts.length, 0)
  assert.equal(router.counters.attempts, 0)
})

test('a fresh answer is asked for when no endpoint took the call', async () => {
  const { router, directory } = world({ send: async (attempt) => refusal(attempt) })
  const call = testCall()
  await router.send(call)
  assert.equal(directory.refreshes, 0)
  await router.send(call)
  assert.equal(directory.refreshes, 1)
})

test('no fresh answer is asked for when an endpoint answered, or when the call itself was wrong', async () => {
  const answered = world({ send: async (attempt) => (attempt.number === 1 ? replied(testReply({ status: 503 })) : refusal(attempt)) })
  const call = testCall()
  await answered.router.send(call)
  await answered.router.send(call)
  assert.equal(answered.directory.refreshes, 0)
  const wrong = world({ directory: new TestDirectory(a), send: async (attempt) => refusal(attempt, 'INVALID_CALL') })
  await wrong.router.send(testCall())
  assert.equal(wrong.directory.refreshes, 0)
})

test('latency ends at the head of the reply, load ends with its body', async () => {
  const { outcome, feed } = openReply()
  const { router, heard, directory, clock } = world({
    send: async () => {
      await clock.advance(30)
      return outcome
    },
  })
  await router.send(testCall())
  const [endpoint] = directory.endpoints as [Endpoint]
  assert.deepEqual([endpoint.inFlight, endpoint.attempts, endpoint.failures], [1, 1, 0])
  assert.deepEqual(heard[0]?.ends, [])
  await clock.advance(500)
  feed.end()
  assert.equal(endpoint.inFlight, 0)
  assert.deepEqual(heard[0]?.ends, [{ verdict: verdicts.success, latencyMs: 30 }])
  assert.deepEqual(router.counters, { attempts: 1, succeeded: 1, failed: 0, ignored: 0 })
})

test('a body that fails after a good head is a failure then', async () => {
  const { outcome, feed } = openReply()
  const { router, heard, directory } = world({ send: async () => outcome })
  const call = testCall()
  await router.send(call)
  assert.deepEqual(call.spent[0]?.verdict, verdicts.success)
  feed.fail(new MeshError('BODY_TIMEOUT', 'stood still', { service: 'test', sent: true }))
  const [endpoint] = directory.endpoints as [Endpoint]
  assert.deepEqual([endpoint.inFlight, endpoint.attempts, endpoint.failures], [0, 1, 1])
  assert.deepEqual(
    heard[0]?.ends.map(({ verdict }) => verdict.kind),
    ['failure'],
  )
  assert.deepEqual(router.counters, { attempts: 1, succeeded: 0, failed: 1, ignored: 0 })
})

test('a caller that aborts in the middle of a body counts for nobody', async () => {
  const { outcome, feed } = openReply()
  const { router, heard, directory } = world({ send: async () => outcome })
  await router.send(testCall())
  feed.abort(new MeshError('ABORTED', 'left', { service: 'test', sent: true }))
  assert.deepEqual(
    heard[0]?.ends.map(({ verdict }) => verdict.kind),
    ['ignored'],
  )
  assert.deepEqual([directory.endpoints[0]?.inFlight, directory.endpoints[0]?.failures], [0, 0])
  assert.deepEqual(router.counters, { attempts: 1, succeeded: 0, failed: 0, ignored: 1 })
})

test('a failure by status is counted once, at once, whatever becomes of its body', async () => {
  const { outcome, feed } = openReply(503)
  const { router, heard, directory } = world({ send: async () => outcome })
  await router.send(testCall())
  assert.equal(directory.endpoints[0]?.failures, 1)
  assert.equal(directory.endpoints[0]?.inFlight, 1)
  feed.fail(new MeshError('ABORTED', 'left', { service: 'test', sent: true }))
  assert.equal(directory.endpoints[0]?.failures, 1)
  assert.equal(heard[0]?.ends.length, 1)
  assert.deepEqual(heard[0]?.ends[0]?.verdict, verdicts.retryIfIdempotent)
  assert.deepEqual(router.counters, { attempts: 1, succeeded: 0, failed: 1, ignored: 0 })
})

test('a discarded body ends the load of its attempt', async () => {
  const { outcome } = openReply()
  const { router, directory } = world({ send: async () => outcome })
  await router.send(testCall())
  if (outcome.ok) outcome.reply.body.discard()
  assert.equal(directory.endpoints[0]?.inFlight, 0)
  assert.equal(router.counters.succeeded, 1)
})

test('a layer that throws, rejects or answers nonsense is an INTERNAL failure, and its count is not lost', async () => {
  const boom = new Error('boom')
  const sends: Send<Attempt>[] = [
    () => {
      throw boom
    },
    () => Promise.reject(boom),
    async () => undefined as never,
    async () => ({ ok: true }) as never,
    async () => ({ ok: false, error: boom }) as never,
  ]
  for (const send of sends) {
    const { router, directory, host, heard } = world({ send })
    const error = errorOf(await router.send(testCall()))
    assert.equal(error.code, 'INTERNAL')
    assert.equal(error.facts.sent, true)
    assert.equal(error.facts.endpoint, a)
    assert.ok(error.cause instanceof Error)
    assert.equal(directory.endpoints[0]?.inFlight, 0)
    assert.equal(heard[0]?.ends.length, 1)
    assert.deepEqual(router.counters, { attempts: 1, succeeded: 0, failed: 1, ignored: 0 })
    assert.equal(host.events[0]?.name, 'part-threw')
  }
})

test('a classifier that throws or answers nonsense is stood in for by the default one', async () => {
  const classifiers: Classifier[] = [
    () => {
      throw new Error('no idea')
    },
    () => undefined as never,
    () => ({ kind: 'maybe' }) as never,
  ]
  for (const classify of classifiers) {
    const { router, directory, host } = world({ classify, send: async () => replied(testReply({ status: 503 })) })
    const call = testCall()
    await router.send(call)
    assert.deepEqual(call.spent[0]?.verdict, verdicts.retryIfIdempotent)
    assert.deepEqual([directory.endpoints[0]?.inFlight, directory.endpoints[0]?.failures], [0, 1])
    assert.deepEqual(
      host.events.map(({ event }) => (event as { part: string }).part),
      ['classifier'],
    )
  }
})

test('the classifier is asked once for an attempt whose body does not fail', async () => {
  let asked = 0
  const { router } = world({
    classify: () => {
      asked += 1
      return verdicts.success
    },
  })
  await router.send(testCall())
  assert.equal(asked, 1)
})

test('a meter that throws is told as an event, and the others and the counters go on', async () => {
  const ends: string[] = []
  const throwing = (when: 'began' | 'ended') => ({
    name: when,
    load: () => 0,
    began: () => {
      if (when === 'began') throw new Error('began')
      return () => {
        throw new Error('ended')
      }
    },
  })
  const good = { name: 'good', load: () => 0, began: () => () => void ends.push('good') }
  const { router, directory, host } = world({ balancer: { meters: [throwing('began'), throwing('ended'), good] } })
  assert.equal((await router.send(testCall())).ok, true)
  assert.deepEqual(ends, ['good'])
  assert.equal(directory.endpoints[0]?.inFlight, 0)
  assert.equal(router.counters.succeeded, 1)
  assert.deepEqual(
    host.events.map(({ event }) => (event as { part: string }).part),
    ['load meter began', 'load meter'],
  )
})

test('a balancer without meters is fine', async () => {
  const { router, directory } = world({ balancer: { meters: [] } })
  await router.send(testCall())
  assert.equal(directory.endpoints[0]?.attempts, 1)
  assert.equal(directory.endpoints[0]?.inFlight, 0)
})

test('a meter that asks for it hears of the head of a reply before its end, and of a failure twice at once', async () => {
  const told: string[] = []
  const replies = [openReply(), openReply(503)]
  const { router, clock } = world({
    send: async () => {
      await clock.advance(20)
      return (replies.shift() as { outcome: Outcome }).outcome
    },
    balancer: {
      meters: [
        {
          name: 'early',
          load: () => 0,
          began: () =>
            Object.assign((verdict: Verdict, latencyMs: number) => void told.push(`over: ${verdict.kind}, ${latencyMs} ms`), {
              answered: (verdict: Verdict, latencyMs: number) => void told.push(`answered: ${verdict.kind}, ${latencyMs} ms`),
            }),
        },
      ],
    },
  })
  const [good, bad] = [...replies]
  await router.send(testCall())
  assert.deepEqual(told, ['answered: success, 20 ms'])
  await clock.advance(5_000)
  good?.feed.end()
  assert.deepEqual(told.splice(0), ['answered: success, 20 ms', 'over: success, 20 ms'])
  await router.send(testCall())
  bad?.feed.end()
  assert.deepEqual(told, ['answered: failure, 20 ms', 'over: failure, 20 ms'])
})

test('a meter that throws when it hears of the head is told as an event, and hears of the end all the same', async () => {
  const told: string[] = []
  const answered = (): void => {
    throw new Error('answered')
  }
  const meter = { name: 'early', load: () => 0, began: () => Object.assign(() => void told.push('over'), { answered }) }
  const { router, host } = world({ balancer: { meters: [meter] } })
  assert.equal((await router.send(testCall())).ok, true)
  assert.deepEqual(told, ['over'])
  assert.deepEqual(
    host.events.map(({ event }) => (event as { part: string }).part),
    ['load meter'],
  )
})

function probed(priority = 0) {
  const host = testHost()
  const directory = new TestDirectory(a, b)
  const health = new HealthBoard()
  const probes = new ProbeDesk(health, host.clock)
  const sentTo: string[] = []
  const told: string[] = []
  const watched: string[] = []
  const send: Send<Attempt> = async ({ endpoint }) => {
    sentTo.push(endpoint.address)
    return replied(testReply({ status: endpoint.address === b ? 500 : 200 }))
  }
  const balancer: Balancer = { name: 'first', picker: (endpoints) => ({ pick: () => endpoints[0] }) }
  const watcher = {
    name: 'watcher',
    answered: (endpoint: Endpoint, verdict: Verdict, _latencyMs: number, outcome: Outcome) =>
      void watched.push(`${endpoint.address} ${verdict.kind} ${outcome.ok ? outcome.reply.status : outcome.error.code}`),
    bodyOver: (endpoint: Endpoint, verdict: Verdict) => void watched.push(`${endpoint.address} over ${verdict.kind}`),
  }
  const router = new Router({ host, directory, health, probes, watchers: [watcher], balancer, classify: host.classify, send })
  const [, endpoint] = directory.endpoints
  Object.assign(endpoint as object, { priority })
  probes.ask(endpoint as Endpoint, { name: 'judge', probed: (_, verdict) => void told.push(verdict.kind) }, 1_000)
  return { router, sentTo, told, watched, host }
}

test('an endpoint that waits for a probe gets exactly one attempt, and its judge hears how it went', async () => {
  const { router, sentTo, told, host } = probed()
  await Promise.all([router.send(testCall()), router.send(testCall()), router.send(testCall())])
  assert.deepEqual([sentTo, told], [[b, a, a], ['failure']])
  host.clock.assertIdle()
})

test('a probe takes no call away from a better priority', async () => {
  const { router, sentTo, told } = probed(1)
  await router.send(testCall())
  assert.deepEqual([sentTo, told], [[a], []])
})

test('a call that asks for labels is no probe of an endpoint without them', async () => {
  const { router, told } = probed()
  await router.send(testCall({ subset: { version: 'v2' } }))
  assert.deepEqual(told, [])
})

test('watchers hear of each attempt at its head, and again when its body is over', async () => {
  const { router, watched } = probed()
  await router.send(testCall())
  await router.send(testCall())
  assert.deepEqual(watched, [`${b} failure 500`, `${b} over failure`, `${a} success 200`, `${a} over success`])
})

test('a balancer is told the time of the attempt that it chooses for', async () => {
  const times: (number | undefined)[] = []
  const { router, clock } = world({
    balancer: {
      picker: (endpoints) => ({
        pick: ({ at }) => {
          times.push(at)
          return endpoints[0]
        },
      }),
    },
  })
  await clock.advance(250)
  const call = testCall()
  await router.send(call)
  assert.deepEqual(times, [clock.now()])
  assert.equal(call.spent[0]?.startedAt, clock.now())
})
