import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MeshError } from '../../../src/errors/mesh-error.ts'

const facts = { service: 'orders', endpoint: 'http://10.0.0.7:8080', sent: false }

/** A second copy of the module, as two versions of a package in one program are. */
async function otherCopy(): Promise<typeof import('../../../src/errors/mesh-error.ts')> {
  const specifier = '../../../src/errors/mesh-error.ts?copy'
  return import(specifier)
}

test('an error says whose service failed, why, and what is known', () => {
  const cause = new Error('ECONNREFUSED')
  const error = new MeshError('CONNECT_FAILED', 'no connection to http://10.0.0.7:8080', facts, cause)
  assert.equal(error.message, 'orders: no connection to http://10.0.0.7:8080')
  assert.equal(String(error), 'MeshError: orders: no connection to http://10.0.0.7:8080')
  assert.equal(error.code, 'CONNECT_FAILED')
  assert.equal(error.facts, facts)
  assert.equal(error.cause, cause)
  assert.ok(error instanceof Error)
})

test('an error without a cause has none', () => {
  assert.ok(!('cause' in new MeshError('CLOSED', 'closed', facts)))
})

test('an error is recognised across copies of the package', async () => {
  const other = await otherCopy()
  assert.notEqual(other.MeshError, MeshError)
  const theirs = new other.MeshError('CLOSED', 'closed', facts)
  assert.ok(!(theirs instanceof MeshError))
  assert.ok(MeshError.is(theirs))
  assert.ok(other.MeshError.is(new MeshError('CLOSED', 'closed', facts)))
  assert.equal(MeshError.from(new TypeError('fetch failed', { cause: theirs })), theirs)
})

test('what only looks like an error of the mesh is none', () => {
  const lookalike = Object.assign(new Error('orders: closed'), { name: 'MeshError', code: 'CLOSED', facts })
  for (const value of [lookalike, new Error('x'), 'CLOSED', null, undefined, 5, { code: 'CLOSED' }, () => {}]) {
    assert.ok(!MeshError.is(value))
    assert.equal(MeshError.from(value), undefined)
  }
})

test('the error is found among the causes of another', () => {
  const error = new MeshError('NO_ENDPOINT', 'nobody', facts)
  assert.equal(MeshError.from(error), error)
  assert.equal(MeshError.from(new TypeError('fetch failed', { cause: error })), error)
  assert.equal(MeshError.from(new Error('a', { cause: new Error('b', { cause: error }) })), error)
  assert.equal(MeshError.from({ cause: error }), error)
})

test('causes that go in a circle, or on and on, are not followed for ever', () => {
  const circle: { cause?: unknown } = {}
  circle.cause = circle
  assert.equal(MeshError.from(circle), undefined)
  let deep: unknown = new MeshError('CLOSED', 'closed', facts)
  for (let i = 0; i < 100; i += 1) deep = { cause: deep }
  assert.equal(MeshError.from(deep), undefined)
})
