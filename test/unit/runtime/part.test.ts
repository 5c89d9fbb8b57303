import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Host } from '../../../src/runtime/host.ts'
import { part, samePart } from '../../../src/runtime/part.ts'
import { testHost } from '../../../src/testing/test-host.ts'

const inner = (size: number) => part('inner', { size }, () => ({ size }))
const outer = (size: number, label = 'x') => part('outer', { inner: inner(size), label }, () => ({ label }))

test('a part is called with its host and gives what it makes', () => {
  const host = testHost({ service: 'orders' })
  const made = part('named', {}, ({ service }: Host) => ({ service }))(host)
  assert.deepEqual(made, { service: 'orders' })
})

test('a part prints as its kind and options, also within another', () => {
  assert.equal(JSON.stringify({ balance: outer(3) }), '{"balance":{"kind":"outer","inner":{"kind":"inner","size":3},"label":"x"}}')
})

test('a part and its options cannot be changed', () => {
  const options = { size: 3 }
  const made = part('inner', options, () => 1)
  options.size = 4
  assert.equal(made.options.size, 3)
  assert.ok(Object.isFrozen(made))
  assert.ok(Object.isFrozen(made.options))
})

test('parts of one kind with equal options are the same', () => {
  assert.ok(samePart(inner(3), inner(3)))
  assert.ok(samePart(outer(3), outer(3)))
  assert.ok(samePart({ list: [inner(1), { a: 1 }] }, { list: [inner(1), { a: 1 }] }))
})

test('parts that differ in kind or options, however deep, are not the same', () => {
  assert.ok(!samePart(inner(3), inner(4)))
  assert.ok(!samePart(outer(3), outer(4)))
  assert.ok(!samePart(outer(3, 'x'), outer(3, 'y')))
  assert.ok(
    !samePart(
      inner(3),
      part('other', { size: 3 }, () => 1),
    ),
  )
  assert.ok(!samePart([inner(1)], [inner(1), inner(2)]))
  assert.ok(!samePart({ a: undefined }, { b: undefined }))
  assert.ok(!samePart([], {}))
  assert.ok(!samePart(inner(3), { kind: 'inner', size: 3 }))
})

test('functions that are not described are the same only if they are one', () => {
  const one = () => 1
  assert.ok(samePart(one, one))
  assert.ok(!samePart(one, () => 1))
  assert.ok(!samePart(part('p', { pick: one }, one), part('p', { pick: () => 1 }, one)))
})

test('values without fields are compared by what they hold', () => {
  assert.ok(samePart(new Date(5), new Date(5)))
  assert.ok(!samePart(new Date(5), new Date(6)))
  assert.ok(samePart(new Set(['a']), new Set(['a'])))
  assert.ok(!samePart(new Map([['a', 1]]), new Map([['a', 2]])))
  assert.ok(!samePart(null, {}))
  assert.ok(!samePart('1', 1))
})
