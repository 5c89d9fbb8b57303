import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RouteMatchPlan } from '../../../src/routing/route-match.ts'
import { RouteTable } from '../../../src/routing/route-table.ts'
import type { Random } from '../../../src/runtime/random.ts'
import { seededRandom } from '../../../src/testing/index.ts'
import { testCall } from '../../../src/testing/test-call.ts'

function tableOf(matches: Readonly<Record<string, RouteMatchPlan>>, draws: Random = seededRandom('routes')) {
  return new RouteTable(Object.entries(matches).map(([name, match]) => ({ name, match, draws: draws.fork(name) })))
}

test('the first route that fits a call is its route, however exact later ones are', () => {
  const table = tableOf({
    posts: { method: ['POST'], path: { prefix: '/v1' } },
    one: { path: { pattern: '/v1/orders/:id' } },
    same: { path: '/v1/orders/42' },
    all: { path: { prefix: '/v1' } },
    beta: { headers: { 'x-beta': true } },
  })
  const nameOf = (parts: Parameters<typeof testCall>[0]) => table.find(testCall(parts))?.name
  assert.equal(nameOf({ path: '/v1/orders/42', method: 'POST' }), 'posts')
  assert.equal(nameOf({ path: '/v1/orders/42?x=1' }), 'one')
  assert.equal(nameOf({ path: '/v1/orders' }), 'all')
  assert.equal(nameOf({ path: '/v1' }), 'all')
  assert.equal(nameOf({ path: '/v2', headers: ['X-Beta', '1'] }), 'beta')
  assert.equal(nameOf({ path: '/v1', headers: ['X-Beta', '1'] }), 'all')
  assert.equal(nameOf({ path: '/v2' }), undefined)
  assert.equal(nameOf({ path: '*', method: 'OPTIONS' }), undefined)
})

test('a share is drawn once for each call that fits the rest, and the others go on to later routes', () => {
  let drawn = 0
  const counted: Random = { next: () => [0.1, 0.6, 0.4][drawn++ % 3] as number, fork: () => counted }
  const table = tableOf({ some: { path: '/a', share: 0.5 }, rest: { path: '/a' } }, counted)
  const names = Array.from({ length: 6 }, () => table.find(testCall({ path: '/a' }))?.name)
  assert.deepEqual(names, ['some', 'rest', 'some', 'some', 'rest', 'some'])
  table.find(testCall({ path: '/b' }))
  assert.equal(drawn, 6)
})

test('a share of a twentieth takes a twentieth, and the same calls for the same seed', () => {
  const takenBy = (seed: string) => {
    const table = tableOf({ canary: { share: 0.05 } }, seededRandom(seed))
    return Array.from({ length: 10_000 }, () => (table.find(testCall()) === undefined ? 0 : 1))
  }
  const taken = takenBy('one')
  const total = taken.reduce<number>((sum, one) => sum + one, 0)
  assert.ok(total > 430 && total < 570, `${total} of 10,000`)
  assert.deepEqual(taken, takenBy('one'))
  assert.notDeepEqual(taken, takenBy('two'))
})
