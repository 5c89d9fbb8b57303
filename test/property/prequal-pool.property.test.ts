import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PrequalPool } from '../../src/balancing/prequal-pool.ts'
import { seededRandom } from '../../src/runtime/seeded-random.ts'

interface Entry {
  readonly index: number
  rif: number
  readonly latencyMs: number
  readonly at: number
  uses: number
}

/** The pool as one would write it down: objects, and a look at all of them for every question. Of several alike, the first counts. */
class PlainPool {
  entries: Entry[] = []
  #removesWorst = false
  readonly #size: number
  readonly #maxAgeMs: number
  readonly #budget: number

  constructor(size: number, maxAgeMs: number, budget: number) {
    this.#size = size
    this.#maxAgeMs = maxAgeMs
    this.#budget = budget
  }

  admit(index: number, rif: number, latencyMs: number, at: number): void {
    const known = this.entries.findIndex((entry) => entry.index === index)
    if (known >= 0 && (this.entries[known] as Entry).at >= at) return
    const place = known >= 0 ? known : this.entries.length < this.#size ? this.entries.length : this.#oldest()
    this.entries[place] = { index, rif, latencyMs, at, uses: this.#budget }
  }

  choose(threshold: number, now: number, isBarred: (index: number) => boolean): number {
    for (let i = 0; i < this.entries.length; ) {
      if ((this.entries[i] as Entry).at < now - this.#maxAgeMs) this.#remove(i)
      else i += 1
    }
    const allowed = this.entries.filter(({ index }) => !isBarred(index))
    if (allowed.length < 2) return -1
    const chosen = allowed.reduce((best, entry) => (compare(entry, best, threshold) < 0 ? entry : best))
    chosen.rif += 1
    chosen.uses -= 1
    if (chosen.uses <= 0) this.#remove(this.entries.indexOf(chosen))
    return chosen.index
  }

  thin(threshold: number): void {
    if (this.entries.length === 0) return
    this.#removesWorst = !this.#removesWorst
    const worst = () => this.entries.reduce((found, entry, i, all) => (compare(all[found] as Entry, entry, threshold) < 0 ? i : found), 0)
    this.#remove(this.#removesWorst ? worst() : this.#oldest())
  }

  #oldest(): number {
    return this.entries.reduce((found, { at }, i, all) => (at < (all[found] as Entry).at ? i : found), 0)
  }

  /** The last one takes the place of the one that leaves. */
  #remove(place: number): void {
    const last = this.entries.pop() as Entry
    if (place < this.entries.length) this.entries[place] = last
  }
}

/** Cold ones by latency and then RIF, before hot ones by RIF and then latency. */
function compare(left: Entry, right: Entry, threshold: number): number {
  const [leftIsHot, rightIsHot] = [left.rif > threshold, right.rif > threshold]
  if (leftIsHot !== rightIsHot) return leftIsHot ? 1 : -1
  const [byRif, byLatency] = [left.rif - right.rif, left.latencyMs - right.latencyMs]
  return leftIsHot ? byRif || byLatency : byLatency || byRif
}

// Few different values, so that many are alike, and none that differ by next to nothing.
const index = fc.nat(39)
const rif = fc.oneof(fc.nat(6), fc.constant(200))
const latencyMs = fc.oneof(fc.nat(8), fc.constantFrom(0.001, 0.25, 64, 1_000, 1e5))
const threshold = fc.oneof({ weight: 4, arbitrary: fc.constant(3) }, { weight: 1, arbitrary: fc.nat(7) })
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('admit' as const), index, rif, latencyMs, age: fc.nat(120) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('choose' as const), threshold, barred: fc.array(index, { maxLength: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('thin' as const), threshold }) },
)

test('a pool chooses and forgets as one that compares all it knows does', () => {
  const budgets = fc.constantFrom(1, 2, 5, Number.POSITIVE_INFINITY)
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 40 }), budgets, fc.array(step, { minLength: 20, maxLength: 200 }), (size, budget, steps) => {
      const pool = new PrequalPool(40, size, 100, budget, seededRandom('pool'))
      const plain = new PlainPool(size, 100, budget)
      steps.forEach((each, now) => {
        if (each.kind === 'admit') {
          pool.admit(Int32Array.of(each.index), Float64Array.of(each.rif, each.latencyMs, now - each.age), 1)
          plain.admit(each.index, each.rif, each.latencyMs, now - each.age)
        } else if (each.kind === 'choose') {
          const isBarred = (one: number) => each.barred.includes(one)
          assert.equal(pool.choose(each.threshold, now, { isBarred }), plain.choose(each.threshold, now, isBarred))
        } else {
          pool.thin(each.threshold)
          plain.thin(each.threshold)
        }
        assert.equal(pool.count, plain.entries.length)
      })
    }),
    { numRuns: 500 },
  )
})

test('whoever is chosen is as fast as the fastest, as far as the pool tells latencies apart', () => {
  const latencies = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 200 })
  fc.assert(
    fc.property(latencies, fc.constantFrom(200, 1_024), (all, size) => {
      const pool = new PrequalPool(all.length, size, 1_000, Number.POSITIVE_INFINITY, seededRandom('pool'))
      const news = Float64Array.from(all.flatMap((latency) => [1, latency, 0]))
      for (let i = 0; i < all.length; i += 1) pool.admit(Int32Array.of(i), news.subarray(3 * i), 1)
      const chosen = all[pool.choose(3, 0, undefined)] as number
      assert.ok(chosen <= (1 + 1 / 64) * Math.min(...all) + 1e-6, `${chosen}`)
    }),
  )
})

test('after any time without calls, what is old makes room for what is new', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 2, max: 100_000 }), fc.nat(1e6), (size, ages, since) => {
      const pool = new PrequalPool(60, size, 100, Number.POSITIVE_INFINITY, seededRandom('pool'))
      for (let i = 0; i < size; i += 1) pool.admit(Int32Array.of(i), Float64Array.of(1, 1, since + i), 1)
      const now = since + 100 * ages
      pool.admit(Int32Array.of(50, 51), Float64Array.of(1, 9, now - 1, 1, 8, now), 2)
      assert.equal(pool.choose(3, now, undefined), 51)
      assert.equal(pool.count, 2)
    }),
  )
})
