import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headerOf, noHeaders, replyHeader, withHeader } from '../../../src/call/header-list.ts'

const headers = Object.freeze(['Content-Type', 'text/plain', 'X-Tag', 'one', 'x-tag', 'two', 'X-Empty', ''])

test('a header is found whatever its case, the first of several', () => {
  assert.equal(headerOf(headers, 'content-type'), 'text/plain')
  assert.equal(headerOf(headers, 'x-tag'), 'one')
  assert.equal(headerOf(headers, 'x-empty'), '')
  assert.equal(headerOf(headers, 'x-other'), undefined)
  assert.equal(headerOf(noHeaders, 'x-tag'), undefined)
})

test('a value is not taken for a name', () => {
  assert.equal(headerOf(['a', 'x-tag', 'x-tag', 'b'], 'x-tag'), 'b')
})

test('setting a header replaces all it had, in a copy', () => {
  const copy = withHeader(headers, 'X-TAG', 'three')
  assert.deepEqual(copy, ['Content-Type', 'text/plain', 'X-Empty', '', 'X-TAG', 'three'])
  assert.equal(headers.length, 8)
})

test('setting a header to undefined leaves it out', () => {
  assert.deepEqual(withHeader(headers, 'x-tag', undefined), ['Content-Type', 'text/plain', 'X-Empty', ''])
  assert.deepEqual(withHeader(noHeaders, 'x-tag', undefined), [])
})

test('several values of a reply header are one text', () => {
  const reply = { 'content-type': 'text/plain', vary: ['accept', 'origin'], empty: '', none: [] }
  assert.equal(replyHeader(reply, 'content-type'), 'text/plain')
  assert.equal(replyHeader(reply, 'vary'), 'accept, origin')
  assert.equal(replyHeader(reply, 'empty'), '')
  assert.equal(replyHeader(reply, 'x-other'), undefined)
})

test('a name that every object has is not a header', () => {
  for (const name of ['constructor', 'tostring', 'toString', '__proto__']) assert.equal(replyHeader({}, name), undefined)
})
