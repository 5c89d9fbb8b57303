import { printValue } from '../../errors/print-value.ts'
import type { Random } from '../../runtime/random.ts'

/**
 * A number by chance, such as the time that a server works for one call. Any function of this shape will do.
 *
 * @param random where chance comes from.
 */
export type Distribution = (random: Random) => number

function positive(value: number, what: string): number {
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value
  throw new TypeError(`${what}: expected a number greater than 0, got ${printValue(value)}`)
}

/** Always the same. */
export function constant(value: number): Distribution {
  if (!(value >= 0 && Number.isFinite(value))) throw new TypeError(`constant: expected a number of at least 0, got ${printValue(value)}`)
  return () => value
}

/**
 * Exponential: most values are small, and how long it took so far says nothing about how long it will still take.
 *
 * @param mean the mean, greater than 0.
 */
export function exponential(mean: number): Distribution {
  positive(mean, 'exponential: mean')
  return (random) => -Math.log(1 - random.next()) * mean
}

/**
 * Lognormal, as most measured latencies nearly are.
 *
 * @param median half of the values are smaller.
 * @param sigma the spread: 0.5 for a service that does much the same for each call, 1 and more for a long tail.
 */
export function lognormal(median: number, sigma: number): Distribution {
  positive(median, 'lognormal: median')
  positive(sigma, 'lognormal: sigma')
  // Box and Muller.
  return (random) => {
    const radius = Math.sqrt(-2 * Math.log(1 - random.next()))
    return median * Math.exp(sigma * radius * Math.cos(2 * Math.PI * random.next()))
  }
}
