import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Call } from '../../../src/call/call.ts'
import { answered, doorTo, echo, failureOf, headerSent, sentBytes } from './door.ts'

const url = 'http://orders/v1'

function redirecting(
  status: number,
  location: string,
  then: (call: Call) => ReturnType<typeof answered> = () => answered({ body: 'there' }),
) {
  return doorTo((call) => (call.path === '/v1' ? answered({ status, headers: { location }, body: 'moved' }) : then(call)))
}

test('a redirect is followed to wherever its host is served, and the response says so', async () => {
  const door = redirecting(302, 'http://users/v2#part')
  const response = await door.fetch(url)
  assert.deepEqual([await response.text(), response.url, response.redirected, response.type], ['there', 'http://users/v2', true, 'cors'])
  assert.deepEqual(door.asked, ['http://orders:', 'http://users:'])
  assert.deepEqual(
    door.calls.map((call) => [call.service, call.authority]),
    [
      ['orders', 'orders'],
      ['users', 'users'],
    ],
  )
})

test('a relative redirect stays with its origin', async () => {
  const response = await redirecting(307, '../v2?q=1').fetch(url)
  assert.deepEqual([response.url, response.type, response.redirected], ['http://orders/v2?q=1', 'basic', true])
})

test('methods and bodies are rewritten as the standard says', async () => {
  const expected: [number, string, string][] = [
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [301, 'PUT', 'PUT'],
    [302, 'DELETE', 'DELETE'],
    [307, 'POST', 'POST'],
    [308, 'PUT', 'PUT'],
  ]
  for (const [status, before, after] of expected) {
    const door = redirecting(status, '/v2')
    await door.fetch(url, { method: before, body: 'body', headers: { 'content-type': 'a/b', 'content-language': 'en', 'x-mine': '1' } })
    const call = door.calls[1]!
    assert.equal(call.method, after)
    assert.equal(String(await sentBytes(call)), before === after ? 'body' : '')
    assert.equal(headerSent(call, 'content-type'), before === after ? 'a/b' : undefined)
    assert.equal(headerSent(call, 'content-language'), before === after ? 'en' : undefined)
    assert.equal(headerSent(call, 'x-mine'), '1')
  }
})

test('a HEAD stays a HEAD', async () => {
  const door = redirecting(303, '/v2')
  await door.fetch(url, { method: 'HEAD' })
  assert.equal(door.calls[1]?.method, 'HEAD')
})

test('credentials stay behind when the origin changes, and only then', async () => {
  const headers = { authorization: 'a', cookie: 'b', 'proxy-authorization': 'c', 'x-mine': 'e' }
  const names = Object.keys(headers)
  for (const [location, kept] of [
    ['/v2', names],
    ['http://users/v2', ['x-mine']],
    ['https://orders/v2', ['x-mine']],
    ['http://orders:8080/v2', ['x-mine']],
  ] as const) {
    const door = redirecting(302, location)
    await door.fetch(url, { headers })
    assert.deepEqual(
      names.filter((name) => headerSent(door.calls[1], name) !== undefined),
      kept,
    )
  }
})

test('the deadline of the first request covers the redirects', async () => {
  const door = doorTo((call) => (call.path === '/v1' ? answered({ status: 302, headers: { location: '/v2' } }) : answered()), {
    deadlineMs: 100,
    now: 7,
  })
  await door.fetch(url, { mesh: { deadline: 50, subset: { v: '2' } } })
  assert.deepEqual(
    door.calls.map((call) => [call.startedAt, call.deadline, call.subset]),
    [
      [7, 57, { v: '2' }],
      [7, 57, { v: '2' }],
    ],
  )
})

test('a manual redirect is the response itself', async () => {
  const response = await redirecting(302, '/v2').fetch(url, { redirect: 'manual' })
  assert.deepEqual(
    [response.status, response.headers.get('location'), response.type, await response.text()],
    [302, '/v2', 'basic', 'moved'],
  )
  assert.equal(response.redirected, false)
})

test('a redirect without location is the response itself', async () => {
  const response = await doorTo(() => answered({ status: 302, body: 'nowhere' })).fetch(url)
  assert.deepEqual([response.status, await response.text()], [302, 'nowhere'])
})

test('the redirect mode error refuses any redirect', async () => {
  const { error, cause } = await failureOf(redirecting(302, '/v2').fetch(url, { redirect: 'error' }))
  assert.equal(error.message, 'fetch failed')
  assert.match(cause.message, /orders: unexpected redirect with 302/)
})

test('twenty redirects are followed, the next one is not', async () => {
  const chain = (length: number) =>
    doorTo((call) => {
      const at = Number(call.path.slice(1))
      return at < length ? answered({ status: 302, headers: { location: `/${at + 1}` } }) : answered({ body: 'end' })
    })
  assert.equal(await (await chain(20).fetch('http://orders/0')).text(), 'end')
  const endless = chain(99)
  const { cause } = await failureOf(endless.fetch('http://orders/0'))
  assert.match(cause.message, /redirect count exceeded/)
  assert.equal(endless.calls.length, 21)
})

test('a redirect to anything but http, to credentials, or to a host that nobody serves fails', async () => {
  for (const location of ['ftp://users/', 'data:,x', 'http://a:b@users/', 'http://[bad']) {
    const { cause } = await failureOf(redirecting(302, location).fetch(url))
    assert.match(cause.message, /redirected to .*which is not an http or https URL/)
  }
  const door = doorTo(() => answered({ status: 302, headers: { location: 'http://ghost/' } }), { unknown: ['ghost'] })
  assert.equal((await failureOf(door.fetch(url))).cause.code, 'UNKNOWN_SERVICE')
})

test('a same-origin request does not leave its origin', async () => {
  const { cause } = await failureOf(redirecting(302, 'http://users/v2').fetch(url, { mode: 'same-origin' }))
  assert.match(cause.message, /although init\.mode is 'same-origin'/)
})

test('a stream cannot be sent twice: only a 303 is followed', async () => {
  const stream = () => new Blob(['once']).stream()
  const reading = (status: number) =>
    doorTo(async (call) => {
      if (call.path !== '/v1') return echo(call)
      await sentBytes(call)
      return answered({ status, headers: { location: '/v2' } })
    })
  const { cause } = await failureOf(reading(307).fetch(url, { method: 'POST', body: stream(), duplex: 'half' }))
  assert.match(cause.message, /redirected with 307, but the body was a stream/)
  assert.equal((await reading(303).fetch(url, { method: 'POST', body: stream(), duplex: 'half' })).status, 200)
  assert.equal(await (await reading(307).fetch(url, { method: 'POST', body: new Blob(['again']) })).text(), 'again')
})

test('a location in raw UTF-8 is understood', async () => {
  const door = redirecting(302, Buffer.from('/grüße').toString('latin1'))
  await door.fetch(url)
  assert.equal(door.calls[1]?.path, '/gr%C3%BC%C3%9Fe')
})

test('a redirect cannot have more of the referrer told than was told before', async () => {
  const door = doorTo((call) =>
    call.path === '/v1' ? answered({ status: 302, headers: { location: '/v2', 'referrer-policy': 'unsafe-url' } }) : answered(),
  )
  await door.fetch(url, { referrer: 'http://other/from' })
  await door.fetch(url, { referrer: 'http://other/from', referrerPolicy: 'no-referrer' })
  assert.deepEqual(
    door.calls.map((call) => headerSent(call, 'referer')),
    ['http://other/', 'http://other/', undefined, undefined],
  )
})

test('a redirect may change how much of the referrer is told', async () => {
  const referrer = 'http://orders/from'
  const door = doorTo((call) =>
    call.path === '/v1'
      ? answered({ status: 302, headers: { location: '/v2', 'referrer-policy': 'unknown, no-referrer, nonsense' } })
      : answered(),
  )
  await door.fetch(url, { referrer })
  assert.deepEqual(
    door.calls.map((call) => headerSent(call, 'referer')),
    [referrer, undefined],
  )
})
