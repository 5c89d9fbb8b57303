import assert from 'node:assert/strict'
import { test } from 'node:test'
import { printValue } from '../../../src/errors/print-value.ts'

test('values are printed as a reader would write them', () => {
  assert.equal(printValue('12 seconds'), '"12 seconds"')
  assert.equal(printValue(''), '""')
  assert.equal(printValue(0), '0')
  assert.equal(printValue(Number.NaN), 'NaN')
  assert.equal(printValue(undefined), 'undefined')
  assert.equal(printValue(null), 'null')
  assert.equal(printValue({ a: 1 }), '{ a: 1 }')
  assert.equal(printValue([1, 2, 3, 4]), '[ 1, 2, 3, ... 1 more item ]')
  assert.equal(printValue(10n), '10n')
})

test('functions are printed by name', () => {
  assert.equal(
    printValue(function pick() {}),
    'the function pick',
  )
  assert.equal(
    printValue(() => {}),
    'a function',
  )
})

test('what is long is cut, and on one line', () => {
  const text = printValue('x'.repeat(500))
  assert.ok(text.length <= 60)
  assert.match(text, /…$/)
  const nested = printValue({ a: { b: { c: { d: 1 } } }, list: Array.from({ length: 50 }, (_, i) => `entry ${i}`) })
  assert.ok(nested.length <= 60 && !nested.includes('\n'))
})
