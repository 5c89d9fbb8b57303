import type { Random } from '../runtime/random.ts'
import { seededRandom } from '../runtime/seeded-random.ts'
import { systemRandom } from '../runtime/system-random.ts'

/** Chance for one case of a suite; its seed is in the message of whatever fails. */
export interface SuiteCase {
  /** Repeats this case. */
  readonly seed: string
  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number
  /** Chance for the host of the part under test. */
  readonly random: Random
}

/**
 * Runs a law on many cases made by chance.
 *
 * @param seed repeats all cases; a new one for each run by default.
 * @param cases how many.
 * @param law throws when it does not hold.
 */
export function forCases(seed: string | number | undefined, cases: number, law: (made: SuiteCase) => void): void {
  const root = String(seed ?? Math.floor(systemRandom().next() * 2 ** 32))
  for (let index = 0; index < cases; index += 1) {
    const random = seededRandom(`${root}/${index}`)
    const draws = random.fork('case')
    const between = (least: number, most: number): number => least + Math.floor(draws.next() * (most - least + 1))
    try {
      law({ seed: root, between, random: random.fork('host') })
    } catch (error) {
      if (error instanceof Error) error.message = `${error.message}\n(case ${index} of seed '${root}': pass it as "seed" to repeat it)`
      throw error
    }
  }
}
