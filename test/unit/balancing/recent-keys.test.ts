import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RecentKeys } from '../../../src/balancing/recent-keys.ts'

test('what is known of a key is what was noted of it, whatever else was noted', () => {
  const key = fc.oneof(fc.integer({ min: -8, max: 8 }), fc.integer())
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.nat(9)), { maxLength: 300 }), fc.integer({ min: 1, max: 40 }), (steps, size) => {
      const recent = new RecentKeys(size)
      const noted = new Map<number, number>()
      for (const [each, index] of steps) {
        const found = recent.find(each)
        if (found >= 0) assert.equal(found, noted.get(each))
        else {
          recent.note(each, index)
          noted.set(each, index)
          assert.equal(recent.find(each), index)
        }
      }
    }),
  )
})

test('as many keys as it was made for are known at once, nearly all of them, with a sign or without', () => {
  const recent = new RecentKeys(4_096)
  const keys = Array.from({ length: 1_024 }, (_, i) => Math.imul(i, 0x9e3779b1))
  for (const [i, key] of keys.entries()) recent.note(key, i)
  assert.ok(keys.filter((key, i) => recent.find(key >>> 0) === i).length > 1_000)
})

test('keys that are asked for often outlive those that are not', () => {
  const recent = new RecentKeys(4)
  for (const often of [1, 2]) recent.note(often, often)
  for (let once = 3; once < 100; once += 1) {
    for (const often of [1, 2, 1, 2]) assert.equal(recent.find(often), often)
    recent.note(once, 7)
  }
})
