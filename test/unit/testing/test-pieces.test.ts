import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BytesBody } from '../../../src/call/call-body.ts'
import { systemClock } from '../../../src/runtime/system-clock.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { testAttempt, testCall, testQuery, testSpentAttempt } from '../../../src/testing/test-call.ts'
import { testEndpoint, testEndpoints } from '../../../src/testing/test-endpoint.ts'
import { testHost } from '../../../src/testing/test-host.ts'
import { replyText, testReply } from '../../../src/testing/test-reply.ts'

test('a host has everything a part may ask for, and remembers what it is told', () => {
  const host = testHost()
  assert.equal(host.service, 'test')
  assert.equal(host.clock.now(), fakeClock().now())
  assert.equal(host.random.next(), testHost().random.next())
  host.emit('plan-applied', { added: [], removed: [], changed: [] })
  assert.deepEqual(host.events, [{ name: 'plan-applied', event: { added: [], removed: [], changed: [] } }])
})

test('a host takes what it is given', () => {
  const clock = fakeClock({ now: 5 })
  assert.equal(testHost({ clock, service: 'orders' }).clock, clock)
  assert.equal(testHost({ clock: systemClock }).clock, systemClock)
})

test('an endpoint is made from a URL or a description, and an unusable one is refused', () => {
  assert.equal(testEndpoint('10.0.0.7:8080').address, 'http://10.0.0.7:8080')
  assert.deepEqual(testEndpoint({ url: 'a', zone: 'z', labels: { v: '1' } }).labels, { v: '1' })
  assert.notEqual(testEndpoint('a'), testEndpoint('a'))
  assert.throws(() => testEndpoint('http://a/path'), /^TypeError: testEndpoint: http:\/\/a\/path: expected a URL/)
  assert.throws(() => testEndpoints(2, () => ({ weight: 0 })), /^TypeError: testEndpoints: http:\/\/10\.0\.0\.1:8080: weight: expected/)
})

test('several endpoints have addresses of their own', () => {
  const endpoints = testEndpoints(600, (index) => ({ weight: index + 1 }))
  assert.equal(new Set(endpoints.map(({ address }) => address)).size, 600)
  assert.deepEqual([endpoints[0]?.address, endpoints[299]?.address], ['http://10.0.0.1:8080', 'http://10.0.1.44:8080'])
  assert.equal(endpoints[9]?.weight, 10)
})

test('a call is a GET without anything, unless it is told otherwise', () => {
  const call = testCall()
  assert.deepEqual([call.service, call.method, call.path, call.authority, call.idempotent], ['test', 'GET', '/', 'test', true])
  assert.deepEqual([call.body.length, call.deadline, call.spent], [0, Number.POSITIVE_INFINITY, []])
  const post = testCall({ service: 'orders', method: 'POST', body: 'hé' })
  assert.deepEqual([post.authority, post.idempotent, post.body.length], ['orders', false, 3])
  assert.equal(testCall({ method: 'POST', idempotent: true }).idempotent, true)
  const bytes = new BytesBody(new Uint8Array(2))
  assert.equal(testCall({ body: bytes }).body, bytes)
  assert.equal(testCall({ body: new Uint8Array(4) }).body.length, 4)
})

test('an attempt belongs to its call', () => {
  const call = testCall({ path: '/v1' })
  const endpoint = testEndpoint('a')
  const attempt = testAttempt({ call, endpoint, number: 2 })
  assert.deepEqual([attempt.call, attempt.endpoint, attempt.number, attempt.path], [call, endpoint, 2, '/v1'])
})

test('a query and its call agree on what was tried', () => {
  const [one, two] = testEndpoints(2)
  const query = testQuery([one!], { path: '/v1' })
  assert.deepEqual([query.isSpent(one!), query.isSpent(two!)], [true, false])
  assert.deepEqual(query.call.spent, [testSpentAttempt(one!)])
  assert.equal(query.call.path, '/v1')
})

test('a reply has come as a whole', async () => {
  const reply = testReply({ status: 201, headers: { 'X-Tag': 'one' }, body: ['a', new Uint8Array([98])], trailers: { 'X-Sum': '2' } })
  assert.deepEqual([reply.status, reply.headers, reply.body.over], [201, { 'x-tag': 'one' }, true])
  assert.equal(await replyText(reply), 'ab')
  assert.deepEqual(reply.body.trailers, { 'x-sum': '2' })
})
