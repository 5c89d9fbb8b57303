import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AffinityOptions, affinity } from '../../../src/balancing/affinity.ts'
import type { BalancerPart } from '../../../src/balancing/balancer.ts'
import { random } from '../../../src/balancing/random.ts'
import { roundRobin } from '../../../src/balancing/round-robin.ts'
import { fixed, mesh } from '../../../src/index.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { scriptedTransport } from '../../../src/testing/scripted-transport.ts'
import { testAttempt, testCall, testQuery } from '../../../src/testing/test-call.ts'
import { type TestEndpoint, testEndpoint, testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'
import { testReply } from '../../../src/testing/test-reply.ts'

const cookie = { name: 'at' }
const named = (address: string) => Buffer.from(address).toString('base64')

function world(options: AffinityOptions, endpoints: readonly TestEndpoint[] = testEndpoints(5)) {
  const balancer = affinity(random(), options)(testHost())
  const picker = balancer.picker(endpoints)
  const amended = (index: number, headers: readonly string[] = [], path = '/', before: Record<string, string | string[]> = {}) => {
    const attempt = testAttempt({ endpoint: endpoints[index] as TestEndpoint, call: testCall({ headers, path }) })
    return balancer.amend?.(attempt, { ...testReply(), headers: before }).headers ?? {}
  }
  return { picker, endpoints, amended }
}

test('the cookie names the endpoint in the format of Envoy, and the call goes there', () => {
  const { picker, endpoints } = world({ cookie })
  assert.equal(named('10.0.0.3:8080'), 'MTAuMC4wLjM6ODA4MA==')
  for (const value of ['MTAuMC4wLjM6ODA4MA==', '"MTAuMC4wLjM6ODA4MA=="']) {
    const query = testQuery([], { headers: ['accept', '*/*', 'Cookie', `a=b; at=${value}; c=d`] })
    for (let i = 0; i < 20; i += 1) assert.equal(picker.pick(query), endpoints[2])
  }
})

test('endpoints of IPv6 and UNIX sockets can be named, too', () => {
  const endpoints = [testEndpoint('http://[::1]:8080'), testEndpoint('unix:/run/a.sock'), testEndpoint('http://10.0.0.1:80')]
  const { picker, amended } = world({ header: 'x-at' }, endpoints)
  for (const index of [0, 1, 2]) {
    const value = amended(index)['x-at'] as string
    assert.equal(picker.pick(testQuery([], { headers: ['x-at', value] })), endpoints[index])
  }
})

test('a call that names nobody, or somebody who is gone, goes anywhere', () => {
  const { picker } = world({ cookie })
  for (const value of ['', named('10.9.9.9:80'), 'not base64 at all', 'x'.repeat(5_000)]) {
    const found = new Set(Array.from({ length: 60 }, () => picker.pick(testQuery([], { headers: ['cookie', `at=${value}`] }))))
    assert.ok(found.size > 3, value)
  }
})

test('a call that has tried its endpoint goes elsewhere, unless it is strict', () => {
  const headers = ['cookie', `at=${named('10.0.0.1:8080')}`]
  const loose = world({ cookie })
  const strict = world({ cookie, strict: true })
  for (let i = 0; i < 20; i += 1) {
    assert.notEqual(loose.picker.pick(testQuery(loose.endpoints.slice(0, 1), { headers })), loose.endpoints[0])
    assert.equal(strict.picker.pick(testQuery(strict.endpoints.slice(0, 1), { headers })), strict.endpoints[0])
  }
  assert.equal(strict.picker.pick(testQuery([], { headers: ['cookie', `at=${named('10.9.9.9:80')}`] })), undefined)
  assert.ok(strict.picker.pick(testQuery()) !== undefined, 'a call that names nobody is free')
})

test('the reply sets the cookie when the endpoint is another one, and leaves other cookies as they are', () => {
  const { amended } = world({ cookie: { name: 'at', path: '/carts', ttl: '90s' } })
  const text = `at="${named('10.0.0.2:8080')}"; Max-Age=90; Path=/carts; HttpOnly`
  assert.deepEqual(amended(1, [], '/carts/7')['set-cookie'], [text])
  assert.deepEqual(amended(1, ['cookie', `at=${named('10.0.0.1:8080')}`], '/carts?x')['set-cookie'], [text])
  assert.deepEqual(amended(1, [], '/carts', { 'set-cookie': ['a=b', 'c=d'] })['set-cookie'], ['a=b', 'c=d', text])
  assert.deepEqual(amended(1, [], '/carts', { 'set-cookie': 'a=b' })['set-cookie'], ['a=b', text])
  assert.equal(amended(1, ['cookie', `at=${named('10.0.0.2:8080')}`], '/carts')['set-cookie'], undefined)
})

test('the cookie has the attributes that are asked for', () => {
  const set = (attributes: object) => {
    const { amended } = world({ cookie: { name: 'at', ...attributes } })
    return String(amended(1, [], '/')['set-cookie']).replace(/^[^;]*; /, '')
  }
  assert.equal(set({}), 'Path=/; HttpOnly')
  assert.equal(set({ secure: true }), 'Path=/; HttpOnly; Secure')
  assert.equal(set({ sameSite: 'Lax', ttl: '1m' }), 'Max-Age=60; Path=/; HttpOnly; SameSite=Lax')
  assert.equal(set({ sameSite: 'None', secure: true }), 'Path=/; HttpOnly; Secure; SameSite=None')
  const refused = (attributes: object) => () => affinity(roundRobin(), { cookie: { name: 'at', ...attributes } as never })
  assert.throws(refused({ secure: 'yes' }), /^TypeError: affinity: cookie.secure: expected true or false, got "yes"$/)
  assert.throws(refused({ sameSite: 'lax' }), /affinity: cookie.sameSite: expected 'Strict' \| 'Lax' \| 'None', got "lax"$/)
  assert.throws(refused({ sameSite: 'None' }), /affinity: cookie.secure: expected true, because sameSite is 'None', got false$/)
  assert.throws(
    refused({ httpOnly: false }),
    /affinity: cookie: expected only the options name, path, ttl, secure, sameSite, got "httpOnly"$/,
  )
})

test('a path that the cookie is not for neither heeds nor sets it', () => {
  const { picker, amended } = world({ cookie: { name: 'at', path: '/carts' } })
  for (const path of ['/', '/other', '/cartsy']) {
    assert.equal(amended(1, [], path)['set-cookie'], undefined)
    const headers = ['cookie', `at=${named('10.0.0.1:8080')}`]
    assert.ok(new Set(Array.from({ length: 60 }, () => picker.pick(testQuery([], { headers, path })))).size > 3)
  }
})

test('a session stays through net.fetch until its endpoint is gone, and then moves once', async () => {
  const clock = fakeClock()
  const attempts: string[] = []
  const transport = scriptedTransport(({ endpoint }) => {
    attempts.push(endpoint.address)
    return { headers: { 'set-cookie': ['own=1'] }, body: endpoint.address }
  })
  const all = Array.from({ length: 6 }, (_, index) => `http://10.0.0.${index + 1}:80`)
  const net = mesh({ clock, transport })
    .service('carts', (s) => s.resolve(fixed(all)).balance(affinity(roundRobin(), { cookie })))
    .build()
  const first = await clock.until(net.fetch('http://carts/'))
  const [own, set] = first.headers.getSetCookie()
  assert.equal(own, 'own=1')
  const session = (set as string).split(';')[0] as string
  assert.equal(Buffer.from(session.slice(3), 'base64').toString(), new URL(attempts[0] as string).host.replace(/$/, ':80'))
  for (let i = 0; i < 10; i += 1) {
    const response = await clock.until(net.fetch('http://carts/', { headers: { cookie: session } }))
    assert.deepEqual(response.headers.getSetCookie(), ['own=1'])
  }
  assert.equal(new Set(attempts).size, 1)
  const { plan } = net
  net.apply({
    ...plan,
    services: { carts: { ...plan.services.carts, resolver: fixed(all.filter((url) => url !== attempts[0])) } },
  } as never)
  await clock.settle()
  const moved = await clock.until(net.fetch('http://carts/', { headers: { cookie: session } }))
  assert.notEqual(attempts.at(-1), attempts[0])
  assert.equal(moved.headers.getSetCookie().length, 2)
  await clock.until(net.close())
})

test('options that cannot be are told', () => {
  for (const [options, message] of [
    [{}, /affinity: expected either a cookie or a header/],
    [{ cookie, header: 'x' }, /affinity: expected either a cookie or a header/],
    [{ header: 'a b' }, /affinity: header: expected the name of a header, got "a b"/],
    [{ cookie: { name: '' } }, /affinity: cookie.name: expected the name of a cookie, got ""/],
    [{ cookie: { name: 'a', path: 'x' } }, /affinity: cookie.path: expected a path that begins with '\/', got "x"/],
    [{ cookie: { name: 'a', ttl: '5ms' } }, /affinity: cookie.ttl: expected a duration .* got "5ms"/],
    [{ cookie, strict: 1 }, /affinity: strict: expected true or false, got 1/],
    [undefined, /affinity: expected either a cookie or a header/],
  ] as const) {
    assert.throws(() => affinity(random(), options as AffinityOptions), message)
  }
  assert.throws(() => affinity(undefined as unknown as BalancerPart, { cookie }), /affinity: balancer: expected a balancer/)
})
