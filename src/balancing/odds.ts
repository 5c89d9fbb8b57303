/** What balancers answer when they are asked for the chances of endpoints without choosing; see {@link Balancer.odds}. */
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { PickQuery } from './balancer.ts'
import type { LoadMeter } from './load-meter.ts'

/** The endpoints that a call has not tried, or all, when it has tried them all. */
function open(endpoints: readonly Endpoint[], query: PickQuery): ReadonlySet<Endpoint> {
  const untried = endpoints.filter((endpoint) => !query.isSpent(endpoint))
  return new Set(untried.length === 0 ? endpoints : untried)
}

/** The same for each. */
export function evenOdds(endpoints: readonly Endpoint[], query: PickQuery): readonly number[] {
  const among = open(endpoints, query)
  return endpoints.map((endpoint) => (among.has(endpoint) ? 1 / among.size : 0))
}

/** By weight. */
export function weightOdds(endpoints: readonly Endpoint[], query: PickQuery): readonly number[] {
  const among = open(endpoints, query)
  let sum = 0
  for (const { weight } of among) sum += weight
  return endpoints.map((endpoint) => (among.has(endpoint) ? endpoint.weight / sum : 0))
}

/** The heaviest, among equals the one that is listed first. */
export function firstOdds(endpoints: readonly Endpoint[], query: PickQuery): readonly number[] {
  const among = open(endpoints, query)
  const first = endpoints.toSorted((a, b) => b.weight - a.weight).find((endpoint) => among.has(endpoint))
  return endpoints.map((endpoint) => (endpoint === first ? 1 : 0))
}

/**
 * The less loaded of two distinct ones by chance: of `n`, whoever has `k` more loaded ones beside it wins `k` of the `n(n-1)/2` pairs; a tie is
 * won half of the time.
 *
 * @returns `undefined` when the meter cannot be looked at without being asked.
 */
export function pairOdds(endpoints: readonly Endpoint[], query: PickQuery, meter: LoadMeter): readonly number[] | undefined {
  if (meter.peek === undefined) return undefined
  const among = open(endpoints, query)
  const loads = new Map<Endpoint, number>()
  for (const endpoint of among) {
    const load = meter.peek(endpoint)
    if (load === undefined || Number.isNaN(load)) return undefined
    loads.set(endpoint, load)
  }
  if (loads.size === 1) return endpoints.map((endpoint) => (loads.has(endpoint) ? 1 : 0))
  const sorted = [...loads.values()].sort((a, b) => a - b)
  const pairs = (sorted.length * (sorted.length - 1)) / 2
  return endpoints.map((endpoint) => {
    const load = loads.get(endpoint)
    if (load === undefined) return 0
    const notAbove = sorted.findLastIndex((other) => other <= load) + 1
    const below = sorted.indexOf(load)
    const ties = notAbove - below - 1
    return (sorted.length - notAbove + ties / 2) / pairs
  })
}

/** The one that is chosen for sure; `undefined` when that is not known. */
export function sureOdds(endpoints: readonly Endpoint[], chosen: Endpoint | undefined): readonly number[] | undefined {
  return chosen === undefined ? undefined : endpoints.map((endpoint) => (endpoint === chosen ? 1 : 0))
}
