import { printValue } from '../../errors/print-value.ts'
import type { Random } from '../../runtime/random.ts'

/**
 * When calls begin. Given chance, it answers with a function that is asked for one call after the other.
 *
 * @param random where chance comes from.
 * @returns for the time of the last call (0 at first), the time of the next one, in milliseconds since the beginning; `undefined` when there
 * is none.
 */
export type Arrivals = (random: Random) => (lastMs: number) => number | undefined

/** Calls per second: a number, or a function of the milliseconds since the beginning. */
export type Rate = number | ((ms: number) => number)

/** How soon a rate is looked at again that is 0, in milliseconds. */
const idleMs = 10

function rateAt(rate: Rate, ms: number, what: string): number {
  const perSecond = typeof rate === 'function' ? rate(ms) : rate
  if (perSecond >= 0 && Number.isFinite(perSecond)) return perSecond
  throw new TypeError(`${what}: expected a number of calls per second, got ${printValue(perSecond)}`)
}

function byGaps(rate: Rate, what: string, gap: (random: Random) => number): Arrivals {
  if (typeof rate === 'number') rateAt(rate, 0, what)
  return (random) => (lastMs) => {
    let ms = lastMs
    for (let looks = 0; looks < 1e6; looks += 1) {
      const perSecond = rateAt(rate, ms, what)
      if (perSecond > 0) return ms + (gap(random) * 1_000) / perSecond
      ms += idleMs
    }
    return undefined
  }
}

/**
 * Calls that know nothing of each other, as those of many users: a Poisson process.
 *
 * @param rate see {@link Rate}; one that changes is taken as it is at the last call.
 * @throws TypeError when it is not a number of calls.
 */
export function poisson(rate: Rate): Arrivals {
  return byGaps(rate, 'poisson', (random) => -Math.log(1 - random.next()))
}

/**
 * Calls at equal distances.
 *
 * @param rate see {@link Rate}.
 * @throws TypeError when it is not a number of calls.
 */
export function evenly(rate: Rate): Arrivals {
  return byGaps(rate, 'evenly', () => 1)
}

/**
 * Calls at given times, such as those of a log.
 *
 * @param timesMs milliseconds since the beginning, in order.
 * @throws TypeError when they are not in order.
 */
export function trace(timesMs: Iterable<number>): Arrivals {
  const times = [...timesMs]
  const wrong = times.findIndex((ms, i) => !(ms >= (times[i - 1] ?? 0)))
  if (wrong >= 0) throw new TypeError(`trace: [${wrong}]: expected a time that is not before the last one, got ${printValue(times[wrong])}`)
  return () => {
    let next = 0
    return () => times[next++]
  }
}
