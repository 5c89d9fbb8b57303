import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawBelow, type Random } from '../../../src/runtime/random.ts'
import { seededRandom } from '../../../src/runtime/seeded-random.ts'
import { systemRandom } from '../../../src/runtime/system-random.ts'

const draw = (random: Random, count = 20): number[] => Array.from({ length: count }, () => random.next())

test('the same seed gives the same draws', () => {
  assert.deepEqual(draw(seededRandom('friday')), draw(seededRandom('friday')))
  assert.deepEqual(draw(seededRandom(7)), draw(seededRandom('7')))
})

test('draws are the same on every machine and in every version', () => {
  assert.deepEqual(draw(seededRandom('pinned'), 3), [0.6185781785752624, 0.8853377571795136, 0.9059663764201105])
})

test('different seeds give different draws', () => {
  const firsts = new Set(Array.from({ length: 1_000 }, (_, seed) => seededRandom(seed).next()))
  assert.equal(firsts.size, 1_000)
})

test('a stream depends on the seed and its label, not on how much was drawn or forked before', () => {
  const fresh = seededRandom('s')
  const used = seededRandom('s')
  draw(used, 1_000)
  used.fork('other')
  assert.deepEqual(draw(fresh.fork('retry')), draw(used.fork('retry')))
})

test('drawing from a stream does not move the one it was forked from', () => {
  const [alone, forked] = [seededRandom('s'), seededRandom('s')]
  draw(forked.fork('a'), 100)
  assert.deepEqual(draw(alone), draw(forked))
})

test('streams with different labels, and nested ones, differ from each other', () => {
  const root = seededRandom('s')
  const streams = [root, root.fork('a/b'), root.fork('a').fork('b'), root.fork('ab'), root.fork('b'), root.fork('')]
  assert.equal(new Set(streams.map((stream) => draw(stream).join())).size, streams.length)
})

test('a label is given out once', () => {
  const random = seededRandom('s')
  random.fork('retry')
  assert.throws(() => random.fork('retry'), /the stream "retry" was already taken/)
  assert.doesNotThrow(() => seededRandom('s').fork('retry'))
})

/** The chi-square statistic of counts that should be equal. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

test('draws are uniform in [0, 1)', () => {
  for (const seed of ['a', 'b', 'c', 'd', 'e']) {
    const counts = new Array<number>(100).fill(0)
    const random = seededRandom(seed)
    for (let i = 0; i < 100_000; i += 1) {
      const value = random.next()
      assert.ok(value >= 0 && value < 1)
      counts[Math.floor(value * 100)]! += 1
    }
    // 99 degrees of freedom: 99 +- 14; 160 is more than four standard deviations out.
    assert.ok(chiSquare(counts) < 160, `seed ${seed}: ${chiSquare(counts)}`)
  }
})

test('two streams of one seed are independent of each other', () => {
  for (const seed of ['a', 'b', 'c', 'd', 'e']) {
    const root = seededRandom(seed)
    const [left, right] = [root.fork('left'), root.fork('right')]
    const cells = new Array<number>(100).fill(0)
    for (let i = 0; i < 100_000; i += 1) cells[Math.floor(left.next() * 10) * 10 + Math.floor(right.next() * 10)]! += 1
    assert.ok(chiSquare(cells) < 160, `seed ${seed}: ${chiSquare(cells)}`)
  }
})

test('the first draws of streams with numbered labels are uniform', () => {
  const root = seededRandom('fleet')
  const counts = new Array<number>(20).fill(0)
  for (let i = 0; i < 20_000; i += 1) counts[Math.floor(root.fork(`service-${i}`).next() * 20)]! += 1
  // 19 degrees of freedom: 19 +- 6.
  assert.ok(chiSquare(counts) < 46, String(chiSquare(counts)))
})

test('the chance of production differs from one mesh to the next', () => {
  assert.equal(new Set(Array.from({ length: 100 }, () => systemRandom().next())).size, 100)
})

test('a whole number below a count is the next draw, scaled', () => {
  const [numbers, draws] = [seededRandom('s'), seededRandom('s')]
  for (const count of [1, 2, 7, 1_000, 100_000, 2 ** 31]) {
    for (let i = 0; i < 20; i += 1) assert.equal(numbers.below?.(count), Math.floor(draws.next() * count))
  }
})

test('chance that tells no whole numbers is scaled by whoever asks', () => {
  const own: Random = { next: () => 0.75, fork: () => own }
  assert.equal(drawBelow(own, 8), 6)
})
