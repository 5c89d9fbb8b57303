import type { Call } from '../call/call.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { MeshError } from '../errors/mesh-error.ts'
import { printValue } from '../errors/print-value.ts'
import type { DirectoryView } from './directory-view.ts'
import type { FailoverSettings } from './failover-options.ts'
import type { LocalitySettings } from './locality-options.ts'
import { placeName } from './place.ts'
import type { TierPlan } from './routing-plan.ts'

/** So many of the attempts that a call has spent are named. */
const mostNamed = 3

/** The error of a service that has no endpoints: it says which kind of nothing that is. */
export function nothingKnown(call: Call, directory: DirectoryView): MeshError {
  const { state, lastError } = directory
  if (state === 'absent') return noEndpoint(call, 'the resolver says that there is no such service')
  const afterwards = lastError === undefined ? '' : `; the resolver failed last with: ${reasonOf(lastError)}`
  if (state === 'unresolved') return noEndpoint(call, `the resolver has not answered yet${afterwards}`, lastError)
  return noEndpoint(call, `the service has no endpoints at the moment${afterwards}`, lastError)
}

/**
 * The error of a balancer that answers with no endpoint.
 *
 * @param count how many endpoints it had to choose from.
 * @param allTried whether the call had tried them all.
 */
export function declined(call: Call, balancer: string, count: number, allTried: boolean): MeshError {
  const all = count === 1 ? 'the only endpoint' : `all ${count} endpoints`
  if (!allTried) return noEndpoint(call, `the balancer ${balancer} declined ${all}`)
  return noEndpoint(call, `this call has tried ${all}, and the balancer ${balancer} offers none again (${triedBy(call)})`)
}

/** The error of an attempt beside another one when there is no endpoint that the call has not tried. */
export function nobodyElse(call: Call): MeshError {
  return noEndpoint(call, 'another attempt is under way, and there is no endpoint that the call has not tried')
}

/** The one error code of this room, with `sent` as it is for the call as a whole. */
export function noEndpoint(call: Call, reason: string, cause?: unknown): MeshError {
  const sent = call.spent.some((attempt) => attempt.sent) || call.underway.length > 0
  return new MeshError('NO_ENDPOINT', `no endpoint to try: ${reason}`, { service: call.service, sent }, cause)
}

/**
 * Why strict locality leaves nobody.
 *
 * @param endpoints those of the service.
 * @param matching how many of them the call might have gone to.
 * @param own where this process is.
 */
export function noneNear(endpoints: readonly Endpoint[], matching: number, own: LocalitySettings | undefined): string {
  const { region = '', zone = '' } = own ?? {}
  const here = zone === '' ? `region ${region}` : `zone ${placeName({ region, zone })}`
  const places = [...new Set(endpoints.map(({ locality }) => placeName(locality)))].filter((name) => name !== '').sort()
  const there = places.length === 0 ? 'no endpoint says where it is' : `endpoints are in ${listOf(places)}`
  return `locality is strict and none of ${counted(matching)} is in ${here}; ${there}`
}

/** Why health leaves nobody, when there is no panic in which ill endpoints would be used. */
export function noneFit(tiers: readonly TierPlan[]): string {
  const total = tiers.reduce((sum, tier) => sum + tier.total, 0)
  const ill = total === 1 ? 'the only endpoint is' : `all ${total} endpoints are`
  return `${ill} unhealthy, and panicThreshold is 0, so that none is used all the same`
}

/** Why a call fails at a tier in panic. */
export function trafficFailed(tiers: readonly TierPlan[], { panicThreshold }: FailoverSettings): string {
  const panicked = tiers.filter(({ load }) => load.panic)
  const fit = panicked.reduce((sum, { healthy, degraded }) => sum + healthy + degraded, 0)
  const total = panicked.reduce((sum, tier) => sum + tier.total, 0)
  return `only ${fit} of ${counted(total)} ${fit === 1 ? 'is' : 'are'} fit, which is below panicThreshold ${panicThreshold}, and failTrafficOnPanic is set`
}

function counted(endpoints: number): string {
  return endpoints === 1 ? '1 endpoint' : `${endpoints} endpoints`
}

function listOf(names: readonly string[]): string {
  const named = names.slice(0, mostNamed).join(', ')
  return names.length > mostNamed ? `${named} and ${names.length - mostNamed} more` : named
}

function triedBy(call: Call): string {
  const named = call.spent.slice(-mostNamed).map(({ endpoint, result }) => `${endpoint.address}: ${result}`)
  const more = call.spent.length - named.length
  return `${more > 0 ? `${more} more, then ` : ''}${named.join(', ')}`
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : printValue(error)
}
