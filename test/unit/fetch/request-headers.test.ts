import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answered, doorTo, headerSent } from './door.ts'

const url = 'http://orders/v1/42'

test('a call without headers sends those of fetch, in its order, and shares one list', async () => {
  const door = doorTo(() => answered())
  await door.fetch(url)
  await door.fetch(url)
  const [first, second] = door.calls
  assert.deepEqual(first?.headers, [
    ...['accept', '*/*', 'accept-language', '*', 'sec-fetch-mode', 'cors', 'user-agent', 'node'],
    ...['accept-encoding', 'gzip, deflate'],
  ])
  assert.equal(first?.headers, second?.headers)
})

test('an https call offers more codings', async () => {
  const door = doorTo(() => answered())
  await door.fetch('https://orders/')
  assert.equal(headerSent(door.calls[0], 'accept-encoding'), 'br, gzip, deflate, zstd')
})

test('headers of the caller keep their order and case, come first, and replace the automatic ones', async () => {
  const door = doorTo(() => answered())
  await door.fetch(url, { headers: { 'X-Request-ID': ' 7 ', Accept: 'application/json', 'user-agent': 'mine' } })
  assert.deepEqual(door.calls[0]?.headers, [
    ...['X-Request-ID', '7', 'Accept', 'application/json', 'user-agent', 'mine', 'accept-language', '*'],
    ...['sec-fetch-mode', 'cors', 'accept-encoding', 'gzip, deflate'],
  ])
})

test('headers are taken from a record, a list of pairs, a Map and a Headers object alike', async () => {
  const door = doorTo(() => answered())
  const pairs: [string, string][] = [
    ['a', '1'],
    ['b', '2'],
  ]
  for (const headers of [{ a: '1', b: '2' }, pairs, new Headers(pairs), new Map(pairs) as never]) await door.fetch(url, { headers })
  for (const call of door.calls) assert.deepEqual(call.headers.slice(0, 4), ['a', '1', 'b', '2'])
})

test('values of one name are joined whatever its case, cookies with a semicolon', async () => {
  const door = doorTo(() => answered())
  await door.fetch(url, {
    headers: [
      ['X-Tag', 'a'],
      ['x-tag', 'b'],
      ['cookie', 'a=1'],
      ['Cookie', 'b=2'],
    ],
  })
  assert.deepEqual(door.calls[0]?.headers.slice(0, 4), ['X-Tag', 'a, b', 'cookie', 'a=1; b=2'])
})

test('headers of one connection and the host are dropped, close is sent', async () => {
  const door = doorTo(() => answered())
  await door.fetch(url, {
    headers: {
      connection: 'close',
      'keep-alive': 'timeout=5',
      'transfer-encoding': 'chunked',
      upgrade: 'h2c',
      host: 'other',
      'content-length': '0',
    },
  })
  assert.deepEqual(door.calls[0]?.headers.slice(0, 4), ['connection', 'close', 'accept', '*/*'])
  for (const name of ['keep-alive', 'transfer-encoding', 'upgrade', 'content-length'])
    assert.equal(headerSent(door.calls[0], name), undefined)
})

test('a sec-fetch-mode of the caller keeps its place and says the mode', async () => {
  const door = doorTo(() => answered())
  await door.fetch(url, { headers: { a: '1', 'Sec-Fetch-Mode': 'mine', b: '2' } })
  assert.deepEqual(door.calls[0]?.headers.slice(0, 8), ['a', '1', 'Sec-Fetch-Mode', 'cors', 'b', '2', 'accept', '*/*'])
})

test('a referrer of https is told to this machine and to https, where nobody can listen in', async () => {
  const door = doorTo(() => answered())
  for (const target of [
    'http://orders/',
    'https://orders/',
    'http://localhost/',
    'http://a.localhost:8080/',
    'http://127.0.0.7/',
    'http://[::1]/',
  ])
    await door.fetch(target, { referrer: 'https://from/x', referrerPolicy: 'no-referrer-when-downgrade' })
  await door.fetch('http://orders/', { referrer: 'http://localhost/x' })
  assert.deepEqual(
    door.calls.map((call) => headerSent(call, 'referer')),
    [undefined, ...Array.from({ length: 5 }, () => 'https://from/x'), undefined],
  )
})

test('a referrer with other letters is taken however often', async () => {
  const door = doorTo(() => answered())
  // URL.canParse of Node 22 says otherwise once it was optimised, after some thousand calls.
  for (let i = 0; i < 20_000; i += 1) await door.fetch(url, { referrer: 'http://bücher/' })
  assert.equal(headerSent(door.calls.at(-1), 'referer'), 'http://xn--bcher-kva/')
})

test('a range asks for an uncompressed body', async () => {
  const door = doorTo(() => answered())
  await door.fetch(url, { headers: { range: 'bytes=0-9' } })
  await door.fetch(url, { headers: { range: 'bytes=0-9', 'Accept-Encoding': 'gzip' } })
  assert.deepEqual(
    door.calls.map((call) => headerSent(call, 'accept-encoding')),
    ['identity', 'gzip, identity'],
  )
})

test('cache modes and conditional headers set the cache headers of fetch', async () => {
  const door = doorTo(() => answered())
  await door.fetch(url, { cache: 'no-store' })
  await door.fetch(url, { cache: 'no-cache' })
  await door.fetch(url, { headers: { 'If-None-Match': '"a"' } })
  await door.fetch(url, { cache: 'reload', headers: { 'cache-control': 'only-mine' } })
  assert.deepEqual(
    door.calls.map((call) => [headerSent(call, 'pragma'), headerSent(call, 'cache-control')]),
    [
      ['no-cache', 'no-cache'],
      [undefined, 'max-age=0'],
      ['no-cache', 'no-cache'],
      ['no-cache', 'only-mine'],
    ],
  )
})

test('a referrer is told as its policy says', async () => {
  const door = doorTo(() => answered())
  const referrer = 'http://orders/from?q=1#part'
  await door.fetch(url, { referrer })
  await door.fetch('http://other/', { referrer })
  await door.fetch('http://other/', { referrer, referrerPolicy: 'unsafe-url' })
  await door.fetch(url, { referrer, referrerPolicy: 'no-referrer' })
  await door.fetch(url, { referrer: 'https://orders/from' })
  assert.deepEqual(
    door.calls.map((call) => headerSent(call, 'referer')),
    ['http://orders/from?q=1', 'http://orders/', 'http://orders/from?q=1', undefined, undefined],
  )
})

for (const [what, headers, message] of [
  ['a bad name', { 'a b': '1' }, /orders: init\.headers: expected a header name, got "a b"/],
  ['an empty name', { '': '1' }, /orders: init\.headers: expected a header name/],
  ['a line end in a value', { a: 'x\r\ny: z' }, /orders: init\.headers\.a: expected a header value/],
  ['a value beyond Latin-1', { a: 'é€' }, /orders: init\.headers\.a: expected a header value/],
  ['a symbol', { a: Symbol('s') }, /orders: init\.headers\.a: expected a text/],
  ['a pair of three', [['a', 'b', 'c']], /orders: init\.headers: expected pairs/],
  ['a text', 'a: b', /orders: init\.headers: expected a Headers object/],
  ['null', null, /orders: init\.headers: expected a Headers object/],
  ['expect', { Expect: '100-continue' }, /orders: init\.headers\.expect: expected no expect header/],
  ['a bad connection', { connection: 'a b' }, /orders: init\.headers\.connection: expected connection options/],
  ['a bad content-length', { 'content-length': '1x' }, /orders: init\.headers\.content-length: expected a number of bytes/],
  [
    'a content-length without a body',
    { 'content-length': '1' },
    /orders: init\.headers\.content-length: expected 0, the length of the body/,
  ],
] as const) {
  test(`headers with ${what} are refused before anything is sent`, async () => {
    const door = doorTo(() => answered())
    await assert.rejects(
      door.fetch(url, { headers: headers as never }),
      (error: Error) => error instanceof TypeError && message.test(error.message),
    )
    assert.equal(door.calls.length, 0)
  })
}
