import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PathMatch } from '../../../src/routing/path-match.ts'
import { coveredBy, coversPath } from '../../../src/routing/route-cover.ts'
import type { RouteMatchPlan } from '../../../src/routing/route-match.ts'

const paths: readonly (readonly [wide: PathMatch | undefined, narrow: PathMatch | undefined, covers: boolean])[] = [
  [undefined, undefined, true],
  [undefined, '/a', true],
  ['/a', undefined, false],
  [{ prefix: '/' }, undefined, true],
  [{ prefix: '/' }, { pattern: '/*' }, true],
  ['/a', '/a', true],
  ['/a', '/b', false],
  ['/a', { pattern: '/a' }, true],
  ['/a', { prefix: '/a' }, false],
  [{ prefix: '/a' }, '/a/b', true],
  [{ prefix: '/a' }, '/ab', false],
  [{ prefix: '/a' }, { prefix: '/a/' }, true],
  [{ prefix: '/a/' }, { prefix: '/a' }, false],
  [{ prefix: '/a' }, { prefix: '/ab' }, false],
  [{ prefix: '/a/b' }, { prefix: '/a' }, false],
  [{ prefix: '/a' }, { pattern: '/a/:id' }, true],
  [{ prefix: '/a/' }, { pattern: '/a/*' }, true],
  [{ prefix: '/a/' }, { pattern: '/:a/b' }, false],
  [{ pattern: '/a/:id' }, '/a/1', true],
  [{ pattern: '/a/:id' }, '/a/', false],
  [{ pattern: '/a/:id' }, { pattern: '/a/:name' }, true],
  [{ pattern: '/a/:id' }, { pattern: '/a/*' }, false],
  [{ pattern: '/a/*' }, { pattern: '/a/:id' }, true],
  [{ pattern: '/a/*' }, { pattern: '/a/:id/*' }, true],
  [{ pattern: '/a/:id/*' }, { pattern: '/a/*' }, false],
  [{ pattern: '/a/*' }, { prefix: '/a/' }, true],
  [{ pattern: '/a/*' }, { prefix: '/a' }, false],
  [{ pattern: '/:a/*' }, { prefix: '/a/b' }, true],
  [{ pattern: '/:a/:b' }, { prefix: '/a/b' }, false],
]

for (const [wide, narrow, covers] of paths) {
  test(`${JSON.stringify(wide)} ${covers ? 'means' : 'does not mean'} every path of ${JSON.stringify(narrow)}`, () => {
    assert.equal(coversPath(wide, narrow), covers)
  })
}

const all: RouteMatchPlan = {}
const matches: readonly (readonly [
  title: string,
  match: RouteMatchPlan,
  earlier: readonly RouteMatchPlan[],
  by: readonly number[] | undefined,
])[] = [
  ['nothing before it', all, [], undefined],
  ['every call taken before it', { path: '/a' }, [{ path: '/b' }, all], [1]],
  ['half of every call taken before it', { path: '/a' }, [{ share: 0.5 }], undefined],
  ['its one method taken', { method: ['GET'] }, [{ method: ['GET', 'POST'] }], [0]],
  ['one of its methods taken', { method: ['GET', 'PUT'] }, [{ method: ['GET'] }], undefined],
  ['its methods taken by several', { method: ['GET', 'PUT'] }, [{ method: ['GET'] }, { method: ['POST'] }, { method: ['PUT'] }], [0, 2]],
  ['some methods taken of any', all, [{ method: ['GET'] }], undefined],
  ['a header asked for before it', all, [{ headers: { a: '1' } }], undefined],
  ['its header taken in any value', { headers: { a: '1', b: '2' } }, [{ headers: { a: true } }], [0]],
  ['its header taken in one of several values', { headers: { a: ['1', '2'] } }, [{ headers: { a: ['1', '2', '3'] } }], [0]],
  ['its header taken in some values', { headers: { a: ['1', '2'] } }, [{ headers: { a: '1' } }], undefined],
  ['its header taken with a prefix', { headers: { a: { prefix: 'ab' } } }, [{ headers: { a: { prefix: 'a' } } }], [0]],
  ['its header taken where it is not there', { headers: { a: true } }, [{ headers: { a: false } }], undefined],
  ['its lack of a header taken', { headers: { a: false, b: '1' } }, [{ headers: { a: false } }], [0]],
  ['its parameter taken', { query: { q: 'x' } }, [{ query: { q: true } }], [0]],
  ['another parameter taken', { query: { q: 'x' } }, [{ query: { r: true } }], undefined],
]

for (const [title, match, earlier, by] of matches) {
  test(`a route with ${title} ${by === undefined ? 'can' : 'can never'} match`, () => {
    assert.deepEqual(coveredBy(match, earlier), by)
  })
}
