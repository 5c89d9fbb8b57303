import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type PathMatch, pathMatcher } from '../../../src/routing/path-match.ts'
import { Rewriter, type RouteRewrite } from '../../../src/routing/route-rewrite.ts'
import { testCall } from '../../../src/testing/test-call.ts'

const rows: readonly (readonly [match: PathMatch | undefined, path: RouteRewrite['path'], before: string, after: string])[] = [
  ['/v1/orders', '/v2/orders', '/v1/orders?x=1', '/v2/orders?x=1'],
  [undefined, '/all', '/anything', '/all'],
  [{ prefix: '/v1' }, { prefix: '/v2' }, '/v1/orders?x', '/v2/orders?x'],
  [{ prefix: '/v1' }, { prefix: '/v2' }, '/v1', '/v2'],
  [{ prefix: '/v1' }, { prefix: '/v2' }, '/v1/', '/v2/'],
  [{ prefix: '/v1' }, { prefix: '/' }, '/v1/orders', '/orders'],
  [{ prefix: '/v1' }, { prefix: '/' }, '/v1', '/'],
  [{ prefix: '/v1/' }, { prefix: '/v2/' }, '/v1/orders', '/v2/orders'],
  [{ prefix: '/v1/' }, { prefix: '/v2' }, '/v1/orders', '/v2/orders'],
  [{ prefix: '/' }, { prefix: '/api' }, '/orders', '/api/orders'],
  [{ pattern: '/v1/:kind/:id' }, '/:id/of/:kind', '/v1/orders/4%2F2?x', '/4%2F2/of/orders?x'],
  [{ pattern: '/v1/:kind/*' }, '/:kind/all/*', '/v1/orders/a/b', '/orders/all/a/b'],
  [{ pattern: '/v1/*' }, '/*', '/v1/', '/'],
  [{ pattern: '/v1/:id' }, '/orders', '/v1/7', '/orders'],
]

for (const [match, path, before, after] of rows) {
  test(`${JSON.stringify(match)} with ${JSON.stringify(path)} makes ${after} of ${before}`, () => {
    const rewriter = new Rewriter({ path }, match && pathMatcher(match))
    assert.equal(rewriter.pathOf(testCall({ path: before })), after)
  })
}

test('headers are set in place of what was there, and left out, whatever their case', () => {
  const rewriter = new Rewriter({ setHeaders: { 'X-Team': 'a', 'x-new': 'b' }, removeHeaders: ['X-Debug'] }, undefined)
  const call = testCall({ headers: ['x-team', 'old', 'X-TEAM', 'older', 'accept', '*/*', 'x-debug', '1'] })
  assert.deepEqual(rewriter.headersOf(call), ['accept', '*/*', 'X-Team', 'a', 'x-new', 'b'])
})

test('a rewrite that names no path and no headers leaves both as they are', () => {
  const call = testCall({ path: '/a?b', headers: ['c', 'd'] })
  const rewriter = new Rewriter({}, undefined)
  assert.equal(rewriter.pathOf(call), call.path)
  assert.equal(rewriter.headersOf(call), call.headers)
})
