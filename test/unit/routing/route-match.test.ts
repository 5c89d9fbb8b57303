import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type PathMatch, pathMatcher } from '../../../src/routing/path-match.ts'
import { RouteMatcher, type RouteMatchPlan } from '../../../src/routing/route-match.ts'
import { type TestCallParts, testCall } from '../../../src/testing/test-call.ts'

/** Paths that a match means, and paths that it does not. */
const paths: readonly (readonly [match: PathMatch, fits: readonly string[], fitsNot: readonly string[]])[] = [
  ['/v1/orders', ['/v1/orders'], ['/v1/orders/', '/v1/order', '/v1/Orders', '/v1/orders/1', '/']],
  ['/', ['/'], ['/v1', '//']],
  [{ prefix: '/v1' }, ['/v1', '/v1/', '/v1/orders/42'], ['/v10', '/v', '/', '/V1/orders']],
  [{ prefix: '/v1/' }, ['/v1/', '/v1/orders'], ['/v1', '/v10/']],
  [{ prefix: '/' }, ['/', '/anything/at/all'], []],
  [{ pattern: '/v1/orders/:id' }, ['/v1/orders/42', '/v1/orders/a%2Fb', '/v1/orders/:id'], ['/v1/orders/', '/v1/orders', '/v1/orders/1/2']],
  [{ pattern: '/:kind/:id/lines' }, ['/orders/42/lines'], ['/orders//lines', '/orders/42/lines/1', '/42/lines']],
  [{ pattern: '/files/:dir/*' }, ['/files/a/', '/files/a/b', '/files/a/b/c'], ['/files/a', '/files//b']],
  [{ pattern: '/v1/a.b+c(d)' }, ['/v1/a.b+c(d)'], ['/v1/axb+c(d)']],
  [{ pattern: '/v1/a.b/:id' }, ['/v1/a.b/1'], ['/v1/aXb/1']],
  [{ pattern: '/v1/orders:cancel' }, ['/v1/orders:cancel'], ['/v1/orders42']],
]

for (const [match, fits, fitsNot] of paths) {
  test(`${JSON.stringify(match)} means the paths that it should`, () => {
    const matcher = pathMatcher(match)
    for (const path of fits) assert.equal(matcher.matches(path), true, path)
    for (const path of fitsNot) assert.equal(matcher.matches(path), false, path)
  })
}

test('a template has few values, however many paths there are', () => {
  assert.equal(pathMatcher('/v1').template, '/v1')
  assert.equal(pathMatcher({ prefix: '/v1' }).template, '/v1/*')
  assert.equal(pathMatcher({ prefix: '/v1/' }).template, '/v1/*')
  assert.equal(pathMatcher({ pattern: '/v1/:kind/:id/*' }).template, '/v1/{kind}/{id}/*')
})

test('a pattern tells what its names stand for', () => {
  const read = pathMatcher({ pattern: '/:kind/x/:id/*' }).read('/orders/x/a%20b/c/d')
  assert.deepEqual(
    [...read],
    [
      ['kind', 'orders'],
      ['id', 'a%20b'],
      ['*', 'c/d'],
    ],
  )
})

function fits(match: RouteMatchPlan, parts: TestCallParts): boolean {
  const call = testCall(parts)
  return new RouteMatcher(match).fits({ call, path: call.path.split('?')[0] as string, query: undefined })
}

/** What is asked of a call, a call that fits it, and one that does not. */
const rows: readonly (readonly [title: string, match: RouteMatchPlan, fits: TestCallParts, fitsNot: TestCallParts])[] = [
  ['a method', { method: ['POST', 'PUT'] }, { method: 'PUT' }, { method: 'GET' }],
  ['a header that is there', { headers: { 'x-a': true } }, { headers: ['X-A', ''] }, { headers: ['x-b', '1'] }],
  ['a header that is not there', { headers: { 'x-a': false } }, { headers: ['x-b', '1'] }, { headers: ['X-a', '1'] }],
  ['a header with a value', { headers: { 'x-a': '1' } }, { headers: ['X-A', '1'] }, { headers: ['x-a', '11'] }],
  ['a header that comes twice', { headers: { 'x-a': '2' } }, { headers: ['x-a', '1', 'x-a', '2'] }, { headers: ['x-a', '1, 2'] }],
  ['a header with one of several values', { headers: { 'x-a': ['1', '2'] } }, { headers: ['x-a', '2'] }, { headers: ['x-a', '3'] }],
  ['a header that begins so', { headers: { 'x-a': { prefix: 'ca' } } }, { headers: ['x-a', 'canary'] }, { headers: ['x-a', 'beta'] }],
  ['two headers', { headers: { a: '1', b: '2' } }, { headers: ['b', '2', 'a', '1'] }, { headers: ['a', '1'] }],
  ['a parameter that is there', { query: { debug: true } }, { path: '/?a=1&debug' }, { path: '/?a=debug' }],
  ['a parameter that is not there', { query: { debug: false } }, { path: '/debug' }, { path: '/?debug=' }],
  ['a parameter with a value', { query: { q: 'a b' } }, { path: '/?q=a+b' }, { path: '/?q=a' }],
  ['a parameter that comes twice', { query: { q: 'b' } }, { path: '/?q=a&q=%62' }, { path: '/?q=a&q=c' }],
  ['path and method', { path: '/a', method: ['GET'] }, { path: '/a?b' }, { path: '/a', method: 'POST' }],
]

for (const [title, match, good, bad] of rows) {
  test(`a route asks for ${title}`, () => {
    assert.equal(fits(match, good), true)
    assert.equal(fits(match, bad), false)
  })
}

test('a route that asks for nothing fits every call', () => {
  assert.equal(fits({}, { path: '/anything?at=all', method: 'PURGE' }), true)
})
