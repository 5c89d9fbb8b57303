import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEndpointAddress } from '../../../src/endpoint/endpoint-address.ts'

/** The address that a URL is read as. */
const address = (url: unknown, secure = false): string | undefined => readEndpointAddress(url, secure)?.address

test('an address is taken apart', () => {
  assert.deepEqual(readEndpointAddress('http://10.0.0.7:8080', false), {
    address: 'http://10.0.0.7:8080',
    protocol: 'http:',
    hostname: '10.0.0.7',
    port: 8080,
    socketPath: undefined,
  })
})

test('one address has one spelling', () => {
  const spellings: [string, string][] = [
    ['http://10.0.0.7:8080/', 'http://10.0.0.7:8080'],
    ['HTTP://Orders.Internal:8080', 'http://orders.internal:8080'],
    ['http://127.1:80', 'http://127.0.0.1:80'],
    ['http://[0:0:0:0:0:0:0:1]:81', 'http://[::1]:81'],
    ['http://[2001:DB8::0:1]', 'http://[2001:db8::1]:80'],
    ['10.0.0.7:8080', 'http://10.0.0.7:8080'],
    ['localhost:8080', 'http://localhost:8080'],
    ['[::1]:8080', 'http://[::1]:8080'],
  ]
  for (const [url, expected] of spellings) assert.equal(address(url), expected, url)
})

test('a port that is not written is the one of the protocol', () => {
  assert.equal(address('http://a'), 'http://a:80')
  assert.equal(address('https://a'), 'https://a:443')
  assert.equal(address('http://a:80'), 'http://a:80')
  assert.equal(address('https://a:80'), 'https://a:80')
  assert.equal(address('a'), 'http://a:80')
  assert.equal(address('a', true), 'https://a:443')
})

test('an address without a protocol speaks https when the service has TLS, one with a protocol speaks that', () => {
  assert.equal(address('10.0.0.7:8443', true), 'https://10.0.0.7:8443')
  assert.equal(address('http://10.0.0.7:8443', true), 'http://10.0.0.7:8443')
  assert.equal(address('unix:/run/a.sock', true), 'https+unix:/run/a.sock')
  assert.equal(address('http+unix:/run/a.sock', true), 'http+unix:/run/a.sock')
})

test('an IPv6 address has brackets in the address and none in the host name', () => {
  const read = readEndpointAddress('http://[::1]:8080', false)
  assert.equal(read?.hostname, '::1')
  assert.equal(read?.address, 'http://[::1]:8080')
})

test('a UNIX socket has a path, and neither host nor port', () => {
  assert.deepEqual(readEndpointAddress('unix:/run/orders.sock', false), {
    address: 'http+unix:/run/orders.sock',
    protocol: 'http:',
    hostname: '',
    port: 0,
    socketPath: '/run/orders.sock',
  })
  for (const url of ['unix:///run/orders.sock', 'unix://run/orders.sock', 'http+unix:/run/orders.sock', 'http+unix:///run/orders.sock']) {
    assert.equal(address(url), 'http+unix:/run/orders.sock', url)
  }
  assert.equal(address('https+unix:/run/with space.sock'), 'https+unix:/run/with space.sock')
})

test('what does not name an endpoint is refused', () => {
  const wrong = [
    '',
    ' ',
    'http://',
    'http://a/path',
    'http://a//',
    'http://a?x=1',
    'http://a#x',
    'http://user:secret@a',
    'http://user@a',
    'user@a',
    'user:secret@a:80',
    'ftp://a',
    'ws://a',
    'http://a:0',
    'http://a:65536',
    'a:0',
    'a:99999',
    'a:b',
    '::1',
    '[::1',
    'http://[::1',
    'a b',
    'unix:',
    'unix:relative.sock',
    'ftp+unix:/run/a.sock',
    '/run/a.sock',
    'a/b',
  ]
  for (const url of wrong) assert.equal(address(url), undefined, url)
  for (const value of [undefined, null, 5, {}, [], new URL('http://a')]) assert.equal(address(value), undefined, String(value))
})

test('reading an address that was read gives the same address', () => {
  for (const url of ['a', '[::1]', 'https://a', 'unix:/run/a', 'https+unix:/x', '10.0.0.7:1', 'http://xn--bcher-kva']) {
    const once = address(url)
    assert.ok(once !== undefined)
    assert.equal(address(once), once)
    assert.equal(address(once, true), once)
  }
})
