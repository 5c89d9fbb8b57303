import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from '../../../src/errors/config-error.ts'
import { MeshError } from '../../../src/errors/mesh-error.ts'

const attempts = { path: 'services.orders.retry.attempts', expected: 'an integer in [1, 100]', received: '0' }
const weight = { path: 'services.orders.weight', expected: 'a number in (0, Infinity)', received: '-1' }

test('one problem is told in one line', () => {
  assert.equal(new ConfigError([attempts]).message, 'services.orders.retry.attempts: expected an integer in [1, 100], got 0')
})

test('several problems are all told at once, in order', () => {
  const error = new ConfigError([attempts, weight])
  assert.equal(
    error.message,
    '2 problems:\n  services.orders.retry.attempts: expected an integer in [1, 100], got 0\n  services.orders.weight: expected a number in (0, Infinity), got -1',
  )
  assert.deepEqual(error.problems, [attempts, weight])
  assert.ok(Object.isFrozen(error.problems))
  assert.equal(error.code, 'INVALID_CONFIG')
})

test('the list of problems does not follow the array it was made from', () => {
  const problems = [attempts]
  const error = new ConfigError(problems)
  problems.push(weight)
  assert.equal(error.problems.length, 1)
})

test('the error is recognised across copies of the package, and is no error of a call', async () => {
  const specifier = '../../../src/errors/config-error.ts?copy'
  const other: typeof import('../../../src/errors/config-error.ts') = await import(specifier)
  const theirs = new other.ConfigError([attempts])
  assert.ok(!(theirs instanceof ConfigError))
  assert.ok(ConfigError.is(theirs))
  assert.ok(!MeshError.is(theirs))
  assert.ok(!ConfigError.is(new Error('x')))
  assert.ok(!ConfigError.is(null))
})
