import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { leastDifference, wilson } from '../../src/routing/proportions.ts'
import { Split } from '../../src/routing/split.ts'
import { ownerAt, SplitLayout } from '../../src/routing/split-layout.ts'
import { type SplitOptions, splitSettings } from '../../src/routing/split-options.ts'
import type { SubsetCandidates } from '../../src/routing/version-choice.ts'
import { seededRandom, testCall, testHost } from '../../src/testing/index.ts'

/** Shares of some versions that add up to 1, at first and at the end. */
const journey = fc
  .integer({ min: 2, max: 6 })
  .chain((count) => {
    const parts = fc
      .array(fc.integer({ min: 0, max: 100 }), { minLength: count, maxLength: count })
      .filter((given) => given.some((part) => part > 0))
    return fc.tuple(parts, parts)
  })
  .map(([from, to]) => [sharesOf(from), sharesOf(to)] as const)

function sharesOf(parts: readonly number[]): number[] {
  const all = parts.reduce((sum, part) => sum + part, 0)
  return parts.map((part) => part / all)
}

const points = Array.from({ length: 2_000 }, (_, i) => (i + 0.5) / 2_000)
const progresses = fc
  .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 2 })
  .map(([a = 0, b = 0]) => (a < b ? [a, b] : [b, a]) as [number, number])

test('at any point of the way each version has what is between its shares at first and at the end', () => {
  fc.assert(
    fc.property(journey, fc.double({ min: 0, max: 1, noNaN: true }), ([from, to], progress) => {
      const { ends, owners } = new SplitLayout(from, to).at(progress)
      assert.equal(ends.at(-1), 1)
      for (const [version, share] of from.entries()) {
        const has = ends.reduce((sum, end, i) => sum + (owners[i] === version ? end - (ends[i - 1] ?? 0) : 0), 0)
        assert.ok(Math.abs(has - (share + progress * ((to[version] as number) - share))) < 1e-9)
      }
    }),
  )
})

test('between two points of the way nobody moves but those who must: from a version that loses, to one that gains, and no more of them than that', () => {
  fc.assert(
    fc.property(journey, progresses, ([from, to], [earlier, later]) => {
      const layout = new SplitLayout(from, to)
      const [before, after] = [layout.at(earlier), layout.at(later)]
      let moved = 0
      for (const point of points) {
        const [left, right] = [ownerAt(before, point), ownerAt(after, point)]
        if (left === right) continue
        moved += 1
        assert.ok((to[left] as number) < (from[left] as number), 'left a version that does not lose')
        assert.ok((to[right] as number) > (from[right] as number), 'came to a version that does not gain')
      }
      const must = (later - earlier) * from.reduce((sum, share, i) => sum + Math.max(0, share - (to[i] as number)), 0)
      // Each border between pieces may cut a distance between two points.
      assert.ok(Math.abs(moved / points.length - must) <= 16 / points.length, `${moved / points.length} moved, ${must} had to`)
    }),
  )
})

test('with two versions nobody moves back and forth from plan to plan either', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 2 }),
      progresses,
      ([a = 0, b = 0], [p, q]) => {
        const small = new SplitLayout([Math.min(a, b), 1 - Math.min(a, b)], [p, 1 - p]).at(0)
        const large = new SplitLayout([q, 1 - q], [Math.max(a, b), 1 - Math.max(a, b)]).at(1)
        for (const point of points) if (ownerAt(small, point) === 0) assert.equal(ownerAt(large, point), 0)
      },
    ),
  )
})

/** Endpoints of every version, all well. */
const everywhere = (by: string): SubsetCandidates => ({
  of: (labels) =>
    ({
      narrowed: { matching: 1, tiers: [{ endpoints: [{ labels: { [by]: labels?.[by] } }] }] },
      tiers: [{ healthy: 1, degraded: 0 }],
    }) as unknown as ReturnType<SubsetCandidates['of']>,
})

/** The sum over versions of (found - expected)^2 / expected: chi-square with one degree of freedom less than there are versions that have a share. */
function chiSquare(options: SplitOptions, calls: number, seed: number): number {
  const split = new Split(splitSettings(options), testHost({ random: seededRandom(seed) }))
  const found = new Map<string | undefined, number>()
  for (let i = 0; i < calls; i += 1) {
    const version = split.choose(testCall({ headers: ['x-user-id', `user ${seed} ${i}`] }), everywhere('version'))?.labels.version
    found.set(version, (found.get(version) ?? 0) + 1)
  }
  return Object.entries(options.weights).reduce((sum, [version, weight = 0]) => {
    const expected = (calls * weight) / 100
    return expected === 0 ? sum : sum + ((found.get(version) ?? 0) - expected) ** 2 / expected
  }, 0)
}

for (const [title, stickyBy] of [
  ['by chance', undefined],
  ['by the hash of users', { header: 'x-user-id' }],
] as const) {
  test(`shares are those of the weights, ${title}`, () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 98 }), (seed, part) => {
        const weights = { v1: 99 - part, v2: part, v3: 1 }
        const found = chiSquare({ by: 'version', weights, ...(stickyBy && { stickyBy }) }, 3_000, seed)
        // Two degrees of freedom: beyond 23 by chance once in 100,000.
        assert.ok(found < 23, String(found))
      }),
      { numRuns: 40 },
    )
  })
}

test('an interval holds the share that was seen, and is the narrower the more was seen', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e6 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0.1, max: 5, noNaN: true }),
      (calls, part, z) => {
        const hits = Math.floor(calls * part)
        const { low, high } = wilson(hits, calls, z)
        assert.ok(low >= 0 && high <= 1 && low <= hits / calls + 1e-12 && high >= hits / calls - 1e-12)
        const more = wilson(hits * 4, calls * 4, z)
        assert.ok(more.high - more.low <= high - low + 1e-12)
      },
    ),
  )
})

test('a difference is never surely greater than it was seen to be, nor surely there the other way round', () => {
  const count = fc.integer({ min: 1, max: 1e4 })
  const part = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(count, part, count, part, (n, p, m, q) => {
      const [a, b] = [Math.floor(n * p), Math.floor(m * q)]
      const least = leastDifference(a, n, b, m, 3)
      assert.ok(least <= a / n - b / m + 1e-12)
      if (least > 0) assert.ok(leastDifference(b, m, a, n, 3) < 0)
    }),
  )
})
