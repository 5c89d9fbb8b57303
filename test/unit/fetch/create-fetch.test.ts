import assert from 'node:assert/strict'
import { test } from 'node:test'
import { repeatable } from '../../../src/call/call-options.ts'
import { answered, broken, doorTo, echo, failureOf } from './door.ts'

const url = 'http://orders/v1/42'

test('a call is made of what the URL and the destination say', async () => {
  const door = doorTo(() => answered(), { deadlineMs: 2_000, now: 500 })
  const response = await door.fetch('http://orders:8080/v1/42?a=b#part')
  const [call] = door.calls
  assert.deepEqual([call?.service, call?.method, call?.path, call?.authority], ['orders', 'GET', '/v1/42?a=b', 'orders:8080'])
  assert.deepEqual([call?.startedAt, call?.deadline, call?.idempotent, call?.subset], [500, 2_500, true, undefined])
  assert.deepEqual(door.asked, ['http://orders:8080'])
  assert.equal(response.url, 'http://orders:8080/v1/42?a=b')
})

test('the destination may have another authority', async () => {
  const door = doorTo(() => answered(), { authority: 'orders.internal' })
  await door.fetch(url)
  assert.equal(door.calls[0]?.authority, 'orders.internal')
})

test('a URL may be a URL object, a Request, or anything that converts to one', async () => {
  const door = doorTo(() => answered())
  const inputs = [new URL(url), new Request(url), { toString: () => url } as never]
  for (const input of inputs) assert.equal((await door.fetch(input)).url, url)
})

test('a Request of a library is understood by its members', async () => {
  const door = doorTo(() => answered())
  const foreign = { url, method: 'DELETE', headers: new Headers({ a: '1' }), body: null, bodyUsed: false, [Symbol.toStringTag]: 'Request' }
  await door.fetch(foreign as never)
  assert.deepEqual([door.calls[0]?.method, door.calls[0]?.path], ['DELETE', '/v1/42'])
})

test('the options of the mesh reach the call', async () => {
  const door = doorTo(() => answered(), { deadlineMs: 2_000 })
  await door.fetch(url, { method: 'POST', mesh: { deadline: '300ms', subset: { version: 'v2' }, idempotent: true, retry: false } })
  await door.fetch(url, { method: 'POST', mesh: { deadline: Number.POSITIVE_INFINITY } })
  const [first, second] = door.calls
  assert.deepEqual(
    [first?.deadline, first?.subset, first?.idempotent, first?.context.get(repeatable)],
    [300, { version: 'v2' }, true, false],
  )
  assert.deepEqual([second?.deadline, second?.idempotent, second?.context.get(repeatable)], [Number.POSITIVE_INFINITY, false, true])
})

test('methods are written as fetch writes them, and tell whether a call may be repeated', async () => {
  const door = doorTo(() => answered())
  for (const method of ['get', 'Post', 'delete', 'patch', 'PATCH', 'put', 'QUERY', 'options']) await door.fetch(url, { method })
  assert.deepEqual(
    door.calls.map((call) => `${call.method} ${call.idempotent}`),
    ['GET true', 'POST false', 'DELETE true', 'patch false', 'PATCH false', 'PUT true', 'QUERY false', 'OPTIONS true'],
  )
})

for (const [what, init, message] of [
  ['a method that is none', { method: 'a b' }, /orders: init\.method: expected an HTTP method, got "a b"/],
  ['the method CONNECT', { method: 'connect' }, /orders: init\.method: expected a method other than CONNECT/],
  ['an unknown redirect', { redirect: 'maybe' }, /orders: init\.redirect: expected 'follow' or 'manual' or 'error', got "maybe"/],
  ['an unknown mode', { mode: 'navigate' }, /orders: init\.mode: /],
  ['a PUT without CORS', { mode: 'no-cors', method: 'put' }, /orders: init\.method: expected GET, HEAD or POST beside the mode 'no-cors'/],
  ['an unknown cache mode', { cache: 'cold' }, /orders: init\.cache: /],
  ['only-if-cached', { cache: 'only-if-cached' }, /orders: init\.mode: expected 'same-origin' beside/],
  ['unknown credentials', { credentials: 'all' }, /orders: init\.credentials: /],
  ['an unknown duplex', { duplex: 'full' }, /orders: init\.duplex: /],
  ['a window', { window: {} }, /orders: init\.window: expected null/],
  ['a referrer that is no URL', { referrer: 'nowhere' }, /orders: init\.referrer: expected a URL/],
  ['an unknown referrer policy', { referrerPolicy: 'agent' }, /orders: init\.referrerPolicy: /],
  ['a signal that is none', { signal: {} }, /orders: init\.signal: expected an AbortSignal or null/],
  ['options that are a text', 'POST', /fetch: init: expected an object, got "POST"/],
  ['an unknown mesh option', { mesh: { timeout: 1 } }, /orders: init\.mesh: expected only the options deadline, .*got "timeout"/],
  ['a bad deadline', { mesh: { deadline: '12 seconds' } }, /orders: init\.mesh\.deadline: expected a duration such as .*got "12 seconds"/],
  ['a negative deadline', { mesh: { deadline: -1 } }, /orders: init\.mesh\.deadline: /],
  ['a bad subset', { mesh: { subset: { version: 2 } } }, /orders: init\.mesh\.subset\.version: expected a text, got 2/],
  ['a bad idempotent', { mesh: { idempotent: 'yes' } }, /orders: init\.mesh\.idempotent: expected true or false/],
  ['a bad retry', { mesh: { retry: 3 } }, /orders: init\.mesh\.retry: expected false, or nothing, got 3/],
  ['a bad replay', { mesh: { replay: 0 } }, /orders: init\.mesh\.replay: expected true, or a number of bytes above 0, got 0/],
  ['a listener that is none', { mesh: { onInformational: {} } }, /orders: init\.mesh\.onInformational: expected a function/],
  ['mesh options that are none', { mesh: 1 }, /orders: init\.mesh: expected an object, got 1/],
] as const) {
  test(`${what} is refused with a TypeError that says where, and nothing is sent`, async () => {
    const door = doorTo(() => answered())
    await assert.rejects(
      door.fetch(url, init as never),
      (error: Error) => error instanceof TypeError && message.test(error.message) && error.cause === undefined,
    )
    assert.deepEqual([door.calls.length, door.asked.length], [0, 0])
  })
}

test('a null signal and null options are none', async () => {
  const door = doorTo(() => answered())
  assert.equal((await door.fetch(url, { signal: null })).status, 200)
  assert.equal((await door.fetch(url, null as never)).status, 200)
})

test('a null signal takes the signal of a Request away', async () => {
  const door = doorTo(() => answered())
  assert.equal((await door.fetch(new Request(url, { signal: AbortSignal.abort() }), { signal: null })).status, 200)
})

test('a host that nobody serves fails as the network would, with the reason as cause, and uses nothing', async () => {
  const door = doorTo(() => answered(), { unknown: ['ghost'] })
  const request = new Request('http://ghost/', { method: 'POST', body: 'x' })
  const { error, cause } = await failureOf(door.fetch(request))
  assert.ok(error instanceof TypeError)
  assert.deepEqual([error.message, cause.code, request.bodyUsed], ['fetch failed', 'UNKNOWN_SERVICE', false])
})

test('an error of the mesh is the cause of a TypeError', async () => {
  const door = doorTo(() => broken('DEADLINE_EXCEEDED'))
  const { error, cause } = await failureOf(door.fetch(url))
  assert.ok(error instanceof TypeError)
  assert.deepEqual([error.message, error.cause, cause.code], ['fetch failed', cause, 'DEADLINE_EXCEEDED'])
})

test('arguments are refused by a rejection, never by a throw', async () => {
  const door = doorTo(() => answered())
  for (const bad of [undefined, Symbol('s'), '/relative', 'ftp://x/']) {
    const promise = door.fetch(bad as never)
    await assert.rejects(promise, TypeError)
  }
})

test('data: URLs are answered by the platform', async () => {
  const door = doorTo(() => answered())
  const response = await door.fetch('data:text/plain,hello')
  assert.deepEqual([await response.text(), response.headers.get('content-type'), door.calls.length], ['hello', 'text/plain', 0])
})

test('a service is called by path', async () => {
  const door = doorTo(echo, { deadlineMs: 10 })
  const response = await door.service('/v1/../v2?q=1', { method: 'POST', body: 'hi' })
  assert.deepEqual([await response.text(), response.url, door.calls[0]?.path], ['hi', 'http://orders/v2?q=1', '/v2?q=1'])
  assert.deepEqual([door.calls[0]?.service, door.asked], ['orders', []])
})

test('a path that does not begin with a slash is refused with the name of the service', async () => {
  const door = doorTo(echo)
  for (const path of ['v1', '', 'http://evil/', undefined]) {
    await assert.rejects(door.service(path as never), {
      name: 'TypeError',
      message: /^orders: path: expected a path that begins with '\/'/,
    })
  }
  assert.equal(door.calls.length, 0)
})
