/** What balancers answer when they are asked for the chances of endpoints without choosing; see {@link Balancer.odds}. */
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { PickQuery } from './balancer.ts'
import { summable } from './summable-weight.ts'

/** The endpoints that a call has not tried, or all, when it has tried them all. */
export function untriedOf(endpoints: readonly Endpoint[], query: PickQuery): ReadonlySet<Endpoint> {
  const untried = endpoints.filter((endpoint) => !query.isSpent(endpoint))
  return new Set(untried.length === 0 ? endpoints : untried)
}

/** The same for each. */
export function evenOdds(endpoints: readonly Endpoint[], query: PickQuery): readonly number[] {
  const among = untriedOf(endpoints, query)
  return endpoints.map((endpoint) => (among.has(endpoint) ? 1 / among.size : 0))
}

/** By weight. */
export function weightOdds(endpoints: readonly Endpoint[], query: PickQuery): readonly number[] {
  const among = untriedOf(endpoints, query)
  let sum = 0
  for (const { weight } of among) sum += summable(weight)
  return endpoints.map((endpoint) => (among.has(endpoint) ? summable(endpoint.weight) / sum : 0))
}

/** The heaviest, among equals the one that is listed first. */
export function firstOdds(endpoints: readonly Endpoint[], query: PickQuery): readonly number[] {
  const among = untriedOf(endpoints, query)
  const first = endpoints.toSorted((a, b) => b.weight - a.weight).find((endpoint) => among.has(endpoint))
  return endpoints.map((endpoint) => (endpoint === first ? 1 : 0))
}

/** The one that is chosen for sure; `undefined` when that is not known. */
export function sureOdds(endpoints: readonly Endpoint[], chosen: Endpoint | undefined): readonly number[] | undefined {
  return chosen === undefined ? undefined : endpoints.map((endpoint) => (endpoint === chosen ? 1 : 0))
}
