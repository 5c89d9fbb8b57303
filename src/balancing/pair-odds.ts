import type { Endpoint } from '../endpoint/endpoint.ts'
import { hearLateRejection } from '../runtime/late-rejection.ts'
import type { PickQuery } from './balancer.ts'
import type { LoadMeter } from './load-meter.ts'
import { untriedOf } from './odds.ts'

/** How often a pair with a spent endpoint is drawn before looking at all endpoints. */
export const redraws = 4
/** Most pairs that are drawn for one in which nobody fails, as in go-zero. */
export const mostPairs = 3
/** Most pairs that are drawn for one in which not both fail: with half of all failing, that is one choice in seven thousand. */
export const mostFailingPairs = 8

/** How likely it is that the pair which decides has nobody who fails, one, or two; or that it is drawn from all who were not tried. */
interface PairChances {
  well: number
  mixed: number
  failing: number
  searched: number
}

/** Follows the draws of `powerOfTwo`, given how likely each kind of pair is in one of them. */
function decidingPair(spent: number, well: number, mixed: number, failing: number): PairChances {
  const chances: PairChances = { well: 0, mixed: 0, failing: 0, searched: 0 }
  // How likely it is to get to so many pairs, each without a spent endpoint, after so many with one.
  const reached = Array.from({ length: redraws + 1 }, () => new Float64Array(mostFailingPairs))
  const first = reached[0] as Float64Array
  first[0] = 1
  for (let spentDraws = 0; spentDraws <= redraws; spentDraws += 1) {
    const row = reached[spentDraws] as Float64Array
    const next = reached[spentDraws + 1]
    for (let pairs = 0; pairs < mostFailingPairs; pairs += 1) {
      const here = row[pairs] as number
      if (next === undefined) chances.searched += here * spent
      else next[pairs] = (next[pairs] as number) + here * spent
      const drawsOn = (pairs + 1 < mostPairs ? mixed : 0) + (pairs + 1 < mostFailingPairs ? failing : 0)
      chances.well += here * well
      if (pairs + 1 >= mostPairs) chances.mixed += here * mixed
      if (pairs + 1 < mostFailingPairs) row[pairs + 1] = (row[pairs + 1] as number) + here * drawsOn
      else chances.failing += here * failing
    }
  }
  return chances
}

/** How many of some loads are higher than one; equal ones count half. */
function beaten(load: number, sorted: readonly number[]): number {
  const below = countWhile(sorted, (other) => other < load)
  const notAbove = countWhile(sorted, (other) => other <= load)
  return sorted.length - (below + notAbove) / 2
}

/** How many numbers at the beginning of a list something holds for, by halving. */
function countWhile(sorted: readonly number[], holds: (load: number) => boolean): number {
  let from = 0
  let to = sorted.length
  while (from < to) {
    const middle = (from + to) >>> 1
    if (holds(sorted[middle] as number)) from = middle + 1
    else to = middle
  }
  return from
}

function pairsOf(count: number): number {
  return (count * (count - 1)) / 2
}

/**
 * The chances of `powerOfTwo`: the less loaded of two distinct ones by chance, a tie won half of the time, with another pair drawn as long as somebody
 * in it fails or was tried, as often as `powerOfTwo` does that.
 *
 * @returns `undefined` when the meter cannot be looked at without being asked.
 */
export function pairOdds(endpoints: readonly Endpoint[], query: PickQuery, meter: LoadMeter): readonly number[] | undefined {
  if (meter.peek === undefined) return undefined
  const among = untriedOf(endpoints, query)
  const loads = new Map<Endpoint, number>()
  const failing = new Set<Endpoint>()
  for (const endpoint of among) {
    const load: unknown = meter.peek(endpoint)
    hearLateRejection(load)
    if (typeof load !== 'number' || Number.isNaN(load)) return undefined
    loads.set(endpoint, load)
    if (meter.isFailing?.(endpoint) === true) failing.add(endpoint)
  }
  if (among.size === 1) return endpoints.map((endpoint) => (among.has(endpoint) ? 1 : 0))
  const sorted = (of: Iterable<Endpoint>): number[] => Array.from(of, (endpoint) => loads.get(endpoint) as number).sort((a, b) => a - b)
  const all = sorted(among)
  const fails = sorted(failing)
  const well = sorted([...among].filter((endpoint) => !failing.has(endpoint)))
  const drawn = pairsOf(endpoints.length)
  // When all were tried, no pair is without a spent one.
  const isAnyUntried = [...among].some((endpoint) => !query.isSpent(endpoint))
  const share = (pairs: number): number => (isAnyUntried ? pairs / drawn : 0)
  const chances = decidingPair(
    1 - share(pairsOf(all.length)),
    share(pairsOf(well.length)),
    share(well.length * fails.length),
    share(pairsOf(fails.length)),
  )
  // Of the pairs of a kind, the part that is won; none is of a kind that there is not.
  const won = (chance: number, wins: number, pairs: number): number => (pairs === 0 ? 0 : (chance * wins) / pairs)
  return endpoints.map((endpoint) => {
    const load = loads.get(endpoint)
    if (load === undefined) return 0
    const [alike, others, chance] = failing.has(endpoint) ? [fails, well, chances.failing] : [well, fails, chances.well]
    // Among those that are like it, it is itself half a tie.
    const sum =
      won(chance, beaten(load, alike) - 0.5, pairsOf(alike.length)) +
      won(chances.mixed, beaten(load, others), well.length * fails.length) +
      won(chances.searched, beaten(load, all) - 0.5, pairsOf(all.length))
    // Rounding may end above what is certain.
    return Math.min(1, sum)
  })
}
