import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ownerAt, SplitLayout, type VersionBounds } from '../../../../src/routing/split-layout.ts'

/** What each of some versions has. */
function sharesOf({ ends, owners }: VersionBounds, count: number): number[] {
  const shares = Array.from({ length: count }, () => 0)
  ends.forEach((end, i) => {
    shares[owners[i] as number] = (shares[owners[i] as number] as number) + end - (ends[i - 1] ?? 0)
  })
  return shares.map((share) => Number(share.toFixed(9)))
}

test('each version has its share', () => {
  const layout = new SplitLayout([0.05, 0.1, 0.85], [0.05, 0.1, 0.85])
  assert.deepEqual(sharesOf(layout.at(0), 3), [0.05, 0.1, 0.85])
  assert.deepEqual(sharesOf(layout.at(0.7), 3), [0.05, 0.1, 0.85])
})

test('on the way shares are between those at first and those at the end', () => {
  const layout = new SplitLayout([0, 0.2, 0.8], [0.5, 0.1, 0.4])
  assert.deepEqual(sharesOf(layout.at(0), 3), [0, 0.2, 0.8])
  assert.deepEqual(sharesOf(layout.at(0.5), 3), [0.25, 0.15, 0.6])
  assert.deepEqual(sharesOf(layout.at(1), 3), [0.5, 0.1, 0.4])
})

test('of two versions the last has the upper end, whether its share stays, shrinks or grows', () => {
  for (const layout of [
    new SplitLayout([0.3, 0.7], [0.3, 0.7]),
    new SplitLayout([0.1, 0.9], [0.5, 0.5]),
    new SplitLayout([0.5, 0.5], [0.1, 0.9]),
    new SplitLayout([0, 1], [1, 0]),
    new SplitLayout([1, 0], [0, 1]),
  ]) {
    for (const progress of [0, 0.25, 0.5, 1]) {
      const { owners } = layout.at(progress)
      assert.ok([...owners].join() === '0,1' || owners.length === 1, [...owners].join())
    }
  }
})

test('a version that has nothing is not met with, at either end of the interval', () => {
  const bounds = new SplitLayout([0, 1], [1, 0]).at(0)
  assert.equal(ownerAt(bounds, 0), 1)
  assert.equal(ownerAt(bounds, 1 - 2 ** -53), 1)
  const end = new SplitLayout([0, 1], [1, 0]).at(1)
  assert.equal(ownerAt(end, 0), 0)
  assert.equal(ownerAt(end, 1 - 2 ** -53), 0)
})
