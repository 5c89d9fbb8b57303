import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MeshError } from '../../../src/errors/mesh-error.ts'
import { readTarget, targetOf } from '../../../src/fetch/url-target.ts'

const hosts = fc.oneof(
  fc.constantFrom(
    'orders',
    'orders.shop.svc.cluster.local',
    '127.0.0.1',
    '[::1]',
    'a_b',
    'xn--mnchen-3ya.example',
    '1.2',
    'ORDERS',
    'a..b',
    'ab--c',
  ),
  fc.stringMatching(/^[a-z0-9.-]{1,12}$/),
)
const ports = fc.constantFrom('', ':80', ':443', ':8080', ':080', ':0', ':99999', ':')
const characters = fc.constantFrom(...'aZ09-._~!$&\'()*+,;=:@%/?#[]|{}`^\\"<> \t\né', '%2e', '%2E', '/..', '/.', '..', '%20')
const tails = fc.array(characters, { maxLength: 14 }).map((all) => all.join(''))
const urls = fc
  .tuple(fc.constantFrom('http://', 'https://'), hosts, ports, fc.constantFrom('/', '', '?'), tails)
  .map((parts) => parts.join(''))

test('a URL is read as the platform reads it, whatever its spelling', () => {
  fc.assert(
    fc.property(urls, (text) => {
      const url = URL.parse(text) ?? undefined
      if (url === undefined || url.username !== '' || url.password !== '') {
        assert.throws(() => readTarget(text), TypeError)
        return
      }
      // Twice: the second time its origin is known, and the fast way is open.
      for (const target of [readTarget(text), readTarget(text)]) {
        assert.equal(target?.origin.protocol, url.protocol)
        assert.equal(target?.origin.hostname, url.hostname)
        assert.equal(target?.origin.port, url.port)
        assert.equal(target?.origin.host, url.host)
        url.hash = ''
        const plain: string = url.href.endsWith('#') ? url.href.slice(0, -1) : url.href
        assert.equal(target?.href, plain)
        assert.equal(target?.path, plain.slice(url.origin.length))
      }
    }),
    { numRuns: 3_000 },
  )
})

test('a usual URL is read without making another text of it', () => {
  readTarget('http://orders/warm-up')
  const text = 'http://orders/v1/42?expand=items&q=a%20b'
  const target = readTarget(text)
  assert.deepEqual([target?.path, target?.href], ['/v1/42?expand=items&q=a%20b', text])
})

test('an empty query keeps its question mark, as fetch keeps it', () => {
  assert.equal(readTarget('http://orders/v1?')?.path, '/v1?')
})

test('a text that is no URL is refused with what came', () => {
  assert.throws(
    () => readTarget('/v1/42'),
    (error: Error) => {
      assert.deepEqual([error.name, error.message], ['TypeError', 'Failed to parse URL from /v1/42'])
      assert.match((error.cause as Error).message, /Invalid URL: a path alone names no service; call net\.service\(name\)\.fetch\(path\)/)
      return true
    },
  )
})

test('a URL with credentials is refused without repeating them', () => {
  assert.throws(
    () => readTarget('http://user:secret@orders/'),
    (error: Error) => error instanceof TypeError && error.message.startsWith('orders: input: ') && !error.message.includes('secret'),
  )
})

test('another scheme fails as fetch fails, and data: is left to the platform', () => {
  for (const url of ['ftp://orders/', 'about:blank', 'ws://orders/']) {
    assert.throws(
      () => readTarget(url),
      ({ name, message, cause }: Error) =>
        name === 'TypeError' &&
        message === 'fetch failed' &&
        MeshError.is(cause) &&
        cause.code === 'INVALID_CALL' &&
        cause.message.includes(url),
    )
  }
  assert.equal(readTarget('data:,hello'), undefined)
  assert.throws(() => targetOf(new URL('file:///etc/hosts')), TypeError)
})

test('remembering origins is bounded', () => {
  for (let i = 0; i < 2_500; i += 1) assert.equal(readTarget(`http://host-${i}/x`)?.origin.hostname, `host-${i}`)
})
