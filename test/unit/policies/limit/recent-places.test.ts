import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type RecentPlace, RecentPlaces } from '../../../../src/policies/limit/recent-places.ts'

class Place implements RecentPlace<Place> {
  key = ''
  used = false
  next: Place | undefined
}

test('the oldest gives way that was not used since it was looked at last', () => {
  const places = new RecentPlaces<Place>(3)
  for (const key of ['a', 'b', 'c']) places.add(key, new Place())
  places.get('a')
  places.add('d', new Place())
  assert.deepEqual([...places.values()].map(({ key }) => key).sort(), ['a', 'c', 'd'])
  // "a" had its second chance, and was not used since; "c" is older by now.
  places.add('e', new Place())
  assert.deepEqual([...places.values()].map(({ key }) => key).sort(), ['a', 'd', 'e'])
  assert.equal(places.peek('c'), undefined)
  assert.equal(places.size, 3)
})

test('there is room for one alone', () => {
  const places = new RecentPlaces<Place>(1)
  for (const key of ['a', 'b', 'b2']) {
    places.add(key, new Place())
    places.get(key)
  }
  assert.deepEqual(
    [...places.values()].map(({ key }) => key),
    ['b2'],
  )
})

test('however many come once, there are never too many, and one that is used between any two of them stays', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 20 }), fc.integer({ min: 0, max: 200 }), (most, strangers) => {
      const places = new RecentPlaces<Place>(most)
      places.add('kept', new Place())
      for (let i = 0; i < strangers; i += 1) {
        assert.ok(places.get('kept') !== undefined)
        places.add(String(i), new Place())
        assert.ok(places.size <= most)
      }
    }),
  )
})

test('however they are used, there are never too many, and the one that came last is there', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 300 }), (most, keys) => {
      const places = new RecentPlaces<Place>(most)
      for (const key of keys) {
        if (places.get(String(key)) === undefined) places.add(String(key), new Place())
        assert.equal(places.peek(String(key))?.key, String(key))
        assert.equal(places.size, [...places.values()].length)
        assert.ok(places.size <= most)
      }
    }),
  )
})
