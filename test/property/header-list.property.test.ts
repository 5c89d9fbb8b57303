import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type HeaderList, headerOf, withHeader } from '../../src/call/header-list.ts'

const name = fc.constantFrom('accept', 'Accept', 'ACCEPT', 'x-tag', 'X-Tag', 'host', 'accept-', 'x')
const list: fc.Arbitrary<HeaderList> = fc.array(fc.tuple(name, fc.string()), { maxLength: 8 }).map((pairs) => pairs.flat())

/** Name and value pairs whose name is not `but`. */
const others = (headers: HeaderList, but: string): string[] =>
  headers.flatMap((entry, i) => (i % 2 === 0 && entry.toLowerCase() !== but ? [entry, headers[i + 1]!] : []))

test('a header that was set is there once, and all others are as they were', () => {
  fc.assert(
    fc.property(list, name, fc.option(fc.string(), { nil: undefined }), (headers, set, value) => {
      const before = [...headers]
      const after = withHeader(headers, set, value)
      const lower = set.toLowerCase()
      assert.equal(headerOf(after, lower), value)
      assert.deepEqual(others(after, lower), others(headers, lower))
      assert.equal(after.length, others(headers, lower).length + (value === undefined ? 0 : 2))
      assert.deepEqual(headers, before)
    }),
  )
})
