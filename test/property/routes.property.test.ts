import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type PathMatch, pathMatcher } from '../../src/routing/path-match.ts'
import { coveredBy, coversPath } from '../../src/routing/route-cover.ts'
import { RouteMatcher, type RouteMatchPlan, type ValueMatch } from '../../src/routing/route-match.ts'
import { Rewriter } from '../../src/routing/route-rewrite.ts'
import { RouteTable } from '../../src/routing/route-table.ts'
import { seededRandom } from '../../src/testing/index.ts'
import { testCall } from '../../src/testing/test-call.ts'

/** Few words, so that routes and calls meet. */
const word = fc.constantFrom('a', 'b', 'ab', '')
const path = fc.array(word, { minLength: 1, maxLength: 4 }).map((words): `/${string}` => `/${words.join('/')}`)
const pattern = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', 'ab', ':p'), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([words, rest]): `/${string}` => `/${[...words.map((one, i) => (one === ':p' ? `:p${i}` : one)), ...(rest ? ['*'] : [])].join('/')}`)
const pathMatch: fc.Arbitrary<PathMatch> = fc.oneof(
  path,
  path.map((prefix) => ({ prefix })),
  pattern.map((made) => ({ pattern: made })),
)
const value: fc.Arbitrary<ValueMatch> = fc.oneof(
  fc.boolean(),
  fc.constantFrom('1', '12', '2'),
  fc.constantFrom(['1', '2'], ['12']),
  fc.constantFrom('', '1').map((prefix) => ({ prefix })),
)
const values = fc.dictionary(fc.constantFrom('x', 'y'), value, { maxKeys: 2 })
const method = fc.subarray(['GET', 'POST'], { minLength: 1 })
const match: fc.Arbitrary<RouteMatchPlan> = fc.record({ path: pathMatch, method, headers: values, query: values }, { requiredKeys: [] })
const pairs = fc.array(fc.tuple(fc.constantFrom('x', 'y'), fc.constantFrom('', '1', '12', '2', '3')), { maxLength: 3 })
const call = fc.record({ path, method: fc.constantFrom('GET', 'POST', 'PUT'), headers: pairs, query: pairs }).map((made) => {
  const query = made.query.map((pair) => pair.join('=')).join('&')
  return testCall({ path: `${made.path}${query === '' ? '' : `?${query}`}`, method: made.method, headers: made.headers.flat() })
})

function fits(plan: RouteMatchPlan, made: ReturnType<typeof testCall>): boolean {
  return new RouteMatcher(plan).fits({ call: made, path: made.path.split('?')[0] as string, query: undefined })
}

test('a table finds the first route that fits, whatever it looks at', () => {
  fc.assert(
    fc.property(fc.array(match, { maxLength: 12 }), fc.array(call, { minLength: 1, maxLength: 20 }), (matches, calls) => {
      const draws = seededRandom(1)
      const table = new RouteTable(matches.map((plan, place) => ({ match: plan, place, draws })))
      for (const made of calls) {
        const first = matches.findIndex((plan) => fits(plan, made))
        assert.equal(table.find(made)?.place ?? -1, first)
      }
    }),
    { numRuns: 500 },
  )
})

test('a path match that means all paths of another one matches whatever the other one matches', () => {
  fc.assert(
    fc.property(pathMatch, pathMatch, fc.array(path, { minLength: 5, maxLength: 30 }), (wide, narrow, paths) => {
      fc.pre(coversPath(wide, narrow))
      for (const one of paths) if (pathMatcher(narrow).matches(one)) assert.ok(pathMatcher(wide).matches(one), one)
    }),
    { numRuns: 1_000 },
  )
})

test('a route that is said never to match is never found', () => {
  fc.assert(
    fc.property(
      fc.array(match, { minLength: 1, maxLength: 5 }),
      match,
      fc.array(call, { minLength: 5, maxLength: 30 }),
      (earlier, last, calls) => {
        fc.pre(coveredBy(last, earlier) !== undefined)
        for (const made of calls) if (fits(last, made)) assert.ok(earlier.some((plan) => fits(plan, made)))
      },
    ),
    { numRuns: 1_000 },
  )
})

test('every path match means all of its own paths, and so does one for any path', () => {
  fc.assert(
    fc.property(pathMatch, (one) => {
      assert.ok(coversPath(one, one))
      assert.ok(coversPath(undefined, one))
      assert.ok(coversPath({ prefix: '/' }, one))
    }),
  )
})

test('a pattern that is filled in with what it read gives the path back', () => {
  fc.assert(
    fc.property(pattern, path, (made, one) => {
      const matcher = pathMatcher({ pattern: made })
      fc.pre(matcher.matches(one))
      assert.equal(new Rewriter({ path: made }, matcher).pathOf(testCall({ path: `${one}?q` })), `${one}?q`)
    }),
    { numRuns: 1_000 },
  )
})

test('a prefix in place of itself gives the path back', () => {
  fc.assert(
    fc.property(path, path, (prefix, one) => {
      const matcher = pathMatcher({ prefix })
      // Slashes in a row at the seam become one.
      fc.pre(matcher.matches(one) && !`${prefix}${one}`.includes('//'))
      assert.equal(new Rewriter({ path: { prefix } }, matcher).pathOf(testCall({ path: one })), one)
    }),
  )
})
