import type { Random } from './random.ts'
import { seededRandom } from './seeded-random.ts'

/**
 * Chance for production: a fresh seed from the platform, so that no two processes of a fleet walk in step.
 *
 * @returns a new {@link Random}.
 */
export function systemRandom(): Random {
  return seededRandom(`${Math.random()}${Math.random()}`)
}
