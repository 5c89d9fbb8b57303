import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cancellation } from '../../../../src/call/cancellation.ts'
import { type Outcome, replied } from '../../../../src/call/outcome.ts'
import { MeshError } from '../../../../src/errors/mesh-error.ts'
import { FaultInjector } from '../../../../src/policies/fault/fault-injector.ts'
import { type FaultOptions, faultSettings } from '../../../../src/policies/fault/fault-options.ts'
import { seededRandom, testAttempt, testCall, testEndpoint, testHost } from '../../../../src/testing/index.ts'
import { replyText, testReply } from '../../../../src/testing/test-reply.ts'

function injectorOf(options: FaultOptions, { production = false, seed = 'faults' } = {}) {
  const host = testHost({ random: seededRandom(seed) })
  const injector = new FaultInjector(faultSettings(options), host, production)
  const sent: string[] = []
  const send = injector.layer(async (attempt) => {
    sent.push(attempt.path)
    return replied(testReply({ body: 'from the server', headers: { 'content-length': '15' } }))
  })
  return { host, injector, send, sent }
}

function errorOf(outcome: Outcome): MeshError {
  assert.ok(!outcome.ok, 'it did not fail')
  return outcome.error
}

test('an attempt that is aborted with a status never gets to its server, and its reply says what it is', async () => {
  const { host, send, sent, injector } = injectorOf({ abort: { share: 1, status: 503 } })
  const outcome = await send(testAttempt())
  assert.ok(outcome.ok)
  assert.equal(outcome.reply.status, 503)
  assert.equal(outcome.reply.headers['x-proxyless-fault'], 'abort')
  assert.equal(await replyText(outcome.reply), 'fault injected\n')
  assert.deepEqual(sent, [])
  assert.equal(injector.counts.aborted, 1)
  assert.equal(injector.active, 0)
  const told = { service: 'test', endpoint: 'http://10.0.0.1:8080', attempt: 1, fault: 'abort', detail: '503', by: 'share' }
  assert.deepEqual(host.events, [{ name: 'fault-injected', event: told }])
})

test('an attempt to which HEAD was the method gets a reply without a body', async () => {
  const { send } = injectorOf({ abort: { share: 1, status: 500 } })
  const outcome = await send(testAttempt({ call: testCall({ method: 'HEAD' }) }))
  assert.ok(outcome.ok)
  assert.equal(await replyText(outcome.reply), '')
})

test('an attempt fails as a real one would, and says that it was injected', async () => {
  const reset = errorOf(await injectorOf({ abort: { share: 1, error: 'reset' } }).send(testAttempt()))
  assert.equal(reset.code, 'CONNECTION_LOST')
  assert.equal(reset.facts.sent, true)
  assert.equal((reset.cause as { code?: string }).code, 'ECONNRESET')
  const refused = errorOf(await injectorOf({ abort: { share: 1, error: 'refused' } }).send(testAttempt()))
  assert.equal(refused.code, 'CONNECT_FAILED')
  assert.equal(refused.facts.sent, false)
  assert.equal((refused.cause as { code?: string }).code, 'ECONNREFUSED')
  for (const error of [reset, refused]) {
    assert.equal(error.facts.injected, true)
    assert.match(error.message, /injected fault/)
  }
})

test('an attempt that hangs ends with its cancellation, or after the longest delay', async () => {
  const { host, send, injector } = injectorOf({ abort: { share: 1, error: 'timeout' }, maxDelay: '2s' })
  const cancellation = new Cancellation()
  const left = send(testAttempt({ cancellation }))
  const reason = new MeshError('ABORTED', 'the caller left', { service: 'test', sent: true })
  assert.equal(injector.active, 1)
  cancellation.cancel(reason)
  assert.equal(errorOf(await left), reason)
  const hanging = send(testAttempt())
  await host.clock.advance(1_999)
  assert.equal(injector.active, 1)
  await host.clock.advance(1)
  assert.equal(errorOf(await hanging).code, 'ATTEMPT_TIMEOUT')
  assert.equal(injector.active, 0)
  host.clock.assertIdle()
})

test('an attempt waits before it is sent, or before its reply is handed on', async () => {
  for (const where of ['request', 'reply'] as const) {
    const { host, send, sent } = injectorOf({ delay: { share: 1, time: '300ms', where } })
    const outcome = send(testAttempt())
    await host.clock.advance(299)
    assert.equal(sent.length, where === 'request' ? 0 : 1)
    let over = false
    void outcome.then(() => (over = true))
    await host.clock.advance(0)
    assert.equal(over, false)
    await host.clock.advance(1)
    assert.equal((await outcome).ok, true)
    assert.equal(sent.length, 1)
    host.clock.assertIdle()
  }
})

test('an attempt that is cancelled while it waits is not sent, and a reply that waits is let go', async () => {
  const reason = new MeshError('ATTEMPT_TIMEOUT', 'too slow', { service: 'test', sent: true })
  for (const where of ['request', 'reply'] as const) {
    const { host, send, sent, injector } = injectorOf({ delay: { share: 1, time: '300ms', where } })
    const cancellation = new Cancellation()
    const outcome = send(testAttempt({ cancellation }))
    await host.clock.advance(100)
    cancellation.cancel(reason)
    assert.equal(errorOf(await outcome), reason)
    assert.equal(sent.length, where === 'request' ? 0 : 1)
    assert.equal(injector.active, 0)
    host.clock.assertIdle()
  }
})

test('a delay is drawn from its range', async () => {
  const { host, send } = injectorOf({ delay: { share: 1, time: { min: '100ms', max: '200ms' } } })
  for (let i = 0; i < 50; i += 1) {
    const before = host.clock.now()
    await host.clock.until(send(testAttempt()))
    const waited = host.clock.now() - before
    assert.ok(waited >= 100 && waited <= 200, `${waited} ms`)
  }
})

test('faults have dice of their own, so that a fifth and a twentieth make 24 in 100', async () => {
  const { send, injector, host } = injectorOf({ abort: { share: 0.2, status: 503 }, delay: { share: 0.05, time: 1 } })
  let touched = 0
  const calls = 20_000
  for (let i = 0; i < calls; i += 1) {
    const before = injector.counts.aborted + injector.counts.delayed
    await host.clock.until(send(testAttempt()))
    if (injector.counts.aborted + injector.counts.delayed > before) touched += 1
  }
  // Five standard errors of a share of 0.24.
  const margin = 5 * Math.sqrt((0.24 * 0.76) / calls)
  assert.ok(Math.abs(touched / calls - 0.24) < margin, `${touched / calls}`)
})

test('one kind of fault draws the same whatever other kinds there are', async () => {
  const aborted = async (options: FaultOptions) => {
    const { send } = injectorOf(options)
    const statuses: number[] = []
    for (let i = 0; i < 100; i += 1) {
      const outcome = await send(testAttempt())
      assert.ok(outcome.ok)
      statuses.push(outcome.reply.status)
    }
    return statuses
  }
  const abort = { share: 0.3, status: 503 }
  assert.deepEqual(await aborted({ abort, throttle: { share: 0.5, bytesPerSecond: 1e6 } }), await aborted({ abort }))
})

test('only attempts that fit everything get a fault', async () => {
  const match = {
    path: '/v1/',
    methods: ['get'],
    headers: { 'X-Tenant': 'a', 'x-any': true },
    endpoints: ['http://10.0.0.1:8080'],
    zones: ['z'],
  } as const
  const { send, injector } = injectorOf({ abort: { share: 1, status: 503 }, match })
  const endpoint = testEndpoint({ url: 'http://10.0.0.1:8080', zone: 'z' })
  const headers = ['x-tenant', 'a', 'X-Any', 'thing']
  const fits = { call: testCall({ path: '/v1/orders' }), endpoint, headers }
  const others = [
    { ...fits, call: testCall({ path: '/v2/orders' }) },
    { ...fits, call: testCall({ path: '/v1/orders', method: 'POST' }) },
    { ...fits, headers: ['x-tenant', 'b', 'x-any', 'thing'] },
    { ...fits, headers: ['x-tenant', 'a'] },
    { ...fits, endpoint: testEndpoint({ url: 'http://10.0.0.2:8080', zone: 'z' }) },
    { ...fits, endpoint: testEndpoint({ url: 'http://10.0.0.1:8080', zone: 'y' }) },
  ]
  for (const other of others) await send(testAttempt(other))
  assert.equal(injector.counts.aborted, 0)
  await send(testAttempt(fits))
  assert.equal(injector.counts.aborted, 1)
})

test('a call asks for faults by a header only where that is allowed, and the header is not sent on', async () => {
  const seen: (readonly string[])[] = []
  const next = async (attempt: { headers: readonly string[] }) => {
    seen.push(attempt.headers)
    return replied(testReply())
  }
  const host = testHost()
  const headers = ['a', '1', 'X-Proxyless-Fault', 'delay=50ms', 'b', '2']
  const closed = new FaultInjector(faultSettings({ throttle: { share: 0, bytesPerSecond: 1 } }), host, false)
  await closed.layer(next)(testAttempt({ headers }))
  assert.deepEqual(seen.pop(), headers)
  const open = new FaultInjector(faultSettings({ header: true }), testHost({ clock: host.clock }), false)
  const startedAt = host.clock.now()
  await host.clock.until(open.layer(next)(testAttempt({ headers })))
  assert.equal(host.clock.now() - startedAt, 50)
  assert.deepEqual(seen.pop(), ['a', '1', 'b', '2'])
  assert.equal(open.counts.delayed, 1)
})

test('a header that cannot be read brings no fault, and is counted', async () => {
  const { send, sent, injector } = injectorOf({ header: true, abort: { share: 1, status: 503 } })
  const outcome = await send(testAttempt({ headers: ['x-proxyless-fault', 'explode=now'] }))
  assert.equal(outcome.ok && outcome.reply.status, 200)
  assert.equal(sent.length, 1)
  assert.deepEqual([injector.counts.unreadable, injector.counts.aborted], [1, 0])
})

test('no more attempts are under a fault at once than may be, bodies included', async () => {
  const { host, send, injector } = injectorOf({ throttle: { share: 1, bytesPerSecond: 15 }, maxActive: 2 })
  const outcomes = await Promise.all([1, 2, 3].map(() => send(testAttempt())))
  assert.deepEqual([injector.active, injector.counts.throttled, injector.counts.capped], [2, 2, 1])
  for (const outcome of outcomes) assert.ok(outcome.ok)
  await host.clock.advance(2_000)
  assert.equal(injector.active, 0)
  await send(testAttempt())
  assert.equal(injector.active, 1)
})

test('a share of the attempts in flight may be under a fault, and one always may', async () => {
  const { host, send, injector } = injectorOf({ abort: { share: 1, error: 'timeout' }, maxActiveShare: 0.25, maxDelay: '1s' })
  const one = send(testAttempt())
  assert.equal(injector.active, 1)
  // The rest go to the server, whose bodies are over at once, and so are not in flight for long.
  for (let i = 0; i < 7; i += 1) await send(testAttempt())
  assert.deepEqual([injector.active, injector.counts.capped], [1, 7])
  await host.clock.advance(1_000)
  assert.equal(errorOf(await one).code, 'ATTEMPT_TIMEOUT')
  assert.equal(injector.active, 0)
})

test('with a fourth of the attempts at most, two of eight that hang are under a fault', async () => {
  const host = testHost()
  const injector = new FaultInjector(faultSettings({ delay: { share: 1, time: '1s' }, maxActiveShare: 0.25 }), host, false)
  const answers: ((outcome: Outcome) => void)[] = []
  const send = injector.layer(() => new Promise((resolve) => answers.push(resolve)))
  const outcomes = Array.from({ length: 8 }, () => send(testAttempt()))
  assert.equal(injector.active, 2)
  await host.clock.advance(1_000)
  for (const answer of answers) answer(replied(testReply()))
  await Promise.all(outcomes)
  assert.equal(injector.active, 0)
})

test('a reply that is shorter than the cut, or has no body, is left alone', async () => {
  const { send, injector } = injectorOf({ cutBody: { share: 1, afterBytes: 15 } })
  const outcome = await send(testAttempt())
  assert.equal(outcome.ok && (await replyText(outcome.reply)), 'from the server')
  assert.equal(injector.counts.cut, 0)
})

test('a reply that is cut and slowed down fails where it is cut', async () => {
  const { host, send, injector } = injectorOf({ cutBody: { share: 1, afterBytes: 4 }, throttle: { share: 1, bytesPerSecond: 16 } })
  const outcome = await send(testAttempt())
  assert.ok(outcome.ok)
  const { body } = outcome.reply
  const failing = assert.rejects(async () => body.gather(), { code: 'CONNECTION_LOST', message: /cut short after 4 bytes/ })
  await host.clock.advance(1_000)
  await failing
  assert.deepEqual([injector.active, injector.counts.cut, injector.counts.throttled], [0, 1, 1])
  host.clock.assertIdle()
})

test('faults are turned on and off while attempts go through', async () => {
  const { host, send, injector } = injectorOf({ abort: { share: 1, status: 503 }, enabled: false })
  const status = async () => {
    const outcome = await send(testAttempt())
    return outcome.ok && outcome.reply.status
  }
  assert.equal(await status(), 200)
  injector.switch(true)
  injector.switch(true)
  assert.equal(await status(), 503)
  injector.switch(false)
  assert.equal(await status(), 200)
  const switched = host.events.filter(({ name }) => name === 'faults-switched').map(({ event }) => event)
  assert.deepEqual(switched, [
    { service: 'test', enabled: true },
    { service: 'test', enabled: false },
  ])
})

test('in production nothing is injected unless it is allowed there', () => {
  const abort = { share: 1, status: 503 } as const
  const { injector } = injectorOf({ abort }, { production: true })
  assert.deepEqual([injector.allowed, injector.enabled], [false, false])
  assert.throws(() => injector.switch(true), /fault.enable: test: expected fault.allowInProduction to be true in production, got false/)
  injector.switch(false)
  const allowed = injectorOf({ abort, allowInProduction: true }, { production: true }).injector
  assert.deepEqual([allowed.allowed, allowed.enabled], [true, true])
})
