import type { Random } from './random.ts'

/** FNV-1a over UTF-16 code units: spreads a label over 32 bits. */
function hashLabel(label: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < label.length; i += 1) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** SplitMix32, used only to spread a seed over the four words of state. */
function spread(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let word = state
    word = Math.imul(word ^ (word >>> 16), 0x21f0aaad)
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97)
    return (word ^ (word >>> 15)) >>> 0
  }
}

/** Chris Doty-Humphrey's sfc32: 128 bits of state, passes PractRand, four additions a draw. */
class SeededRandom implements Random {
  readonly #seed: string
  readonly #labels = new Set<string>()
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: string) {
    this.#seed = seed
    const word = spread(hashLabel(seed))
    this.#a = word() | 0
    this.#b = word() | 0
    this.#c = word() | 0
    for (let i = 0; i < 12; i += 1) this.next()
  }

  next(): number {
    return (this.#word() >>> 0) / 4294967296
  }

  below(count: number): number {
    return Math.floor(((this.#word() >>> 0) / 4294967296) * count)
  }

  /** 32 bits. */
  #word(): number {
    // Said again to be whole: V8 would add what it reads from a field as numbers with fractions, which takes three times as long.
    const a = this.#a | 0
    const b = this.#b | 0
    const c = this.#c | 0
    const counter = this.#counter | 0
    const sum = (((a + b) | 0) + counter) | 0
    this.#counter = (counter + 1) | 0
    this.#a = b ^ (b >>> 9)
    this.#b = (c + (c << 3)) | 0
    this.#c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum
  }

  fork(label: string): Random {
    if (this.#labels.has(label)) throw new Error(`random: the stream "${label}" was already taken; two consumers must not share draws`)
    this.#labels.add(label)
    // With its length, so that fork('a/b') and fork('a').fork('b') are two streams.
    return new SeededRandom(`${this.#seed}/${label.length}:${label}`)
  }
}

/**
 * Chance that repeats: the same seed gives the same draws, on every machine.
 *
 * @param seed any number or text.
 * @returns a {@link Random} whose forks depend on the seed and their labels only.
 * @example
 * ```ts
 * import { seededRandom } from 'proxyless/testing'
 *
 * const random = seededRandom('friday')
 * console.log(random.next() === seededRandom('friday').next()) // true
 * ```
 */
export function seededRandom(seed: string | number): Random {
  return new SeededRandom(String(seed))
}
