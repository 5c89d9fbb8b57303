import type { Endpoint } from '../endpoint/endpoint.ts'
import type { TierSet } from './priority.ts'
import type { TierHealth } from './spill.ts'
import { carries, endpointsOfSubset, type SubsetLabels } from './subset.ts'

/**
 * What becomes of a call whose labels no endpoint carries together; the rules are Envoy's.
 *
 * - `'none'`: it fails. This is the default.
 * - `'any'`: it goes to any endpoint.
 * - `{ subset: { version: 'v1' } }`: it goes to that subset.
 * - `{ alternatives: [{ version: 'v2' }, { version: 'v1' }] }`: to the first of these that has endpoints.
 * - `{ keys: ['version'] }`: only these labels still count, the others are dropped.
 *
 * With `panicModeAny: true` it goes to any endpoint when what the rule names has no endpoint, or none that is fit.
 */
export type SubsetFallback<Labels extends object = Readonly<Record<string, string>>> =
  | 'none'
  | 'any'
  | { readonly subset: Labels; readonly panicModeAny?: boolean | undefined }
  | { readonly alternatives: readonly Labels[]; readonly panicModeAny?: boolean | undefined }
  | { readonly keys: readonly (keyof Labels & string)[]; readonly panicModeAny?: boolean | undefined }

/** What a service has that says nothing: see {@link SubsetFallback}. */
export const subsetFallbackDefault = 'none' satisfies SubsetFallback

/** The endpoints for a call's labels: those that carry them, or those that the rule names instead. */
export function endpointsFor(endpoints: readonly Endpoint[], labels: SubsetLabels, rule: SubsetFallback): readonly Endpoint[] {
  const matching = endpointsOfSubset(endpoints, labels)
  if (matching.length > 0 || rule === 'none') return matching
  if (rule === 'any') return endpoints
  for (const other of othersOf(labels, rule)) {
    const found = endpointsOfSubset(endpoints, other)
    if (found.length > 0) return found
  }
  return matching
}

/**
 * Whether a call may go anywhere, because what it got has nobody who may be used; or, if that is what the rule names, nobody who is fit.
 *
 * @param rule what becomes of calls whose labels no endpoint carries.
 * @param labels those of the call.
 * @param count how many endpoints may be used, ill ones too in panic.
 * @param tierSets what there is.
 * @param tiers how that is.
 */
export function anyInPanic(
  rule: SubsetFallback,
  labels: SubsetLabels,
  count: number,
  tierSets: readonly TierSet[],
  tiers: readonly TierHealth[],
): boolean {
  if (typeof rule !== 'object' || rule.panicModeAny !== true) return false
  if (count === 0) return true
  const [endpoint] = tierSets[0]?.endpoints ?? []
  return tiers.every(({ healthy, degraded }) => healthy + degraded === 0) && endpoint !== undefined && !carries(endpoint, labels)
}

/** Says which other endpoints were looked for, to be put behind the reason for which the first ones were not found. */
export function describeFallback(labels: SubsetLabels, rule: SubsetFallback): string {
  if (typeof rule !== 'object') return ''
  const texts = othersOf(labels, rule).map((other) =>
    Object.entries(other)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}=${value}`)
      .join(', '),
  )
  return texts.length === 0 ? '' : `; nor does any carry what the fallback names: ${texts.join(' or ')}`
}

function othersOf(labels: SubsetLabels, rule: Exclude<SubsetFallback, string>): readonly SubsetLabels[] {
  if ('subset' in rule) return [rule.subset]
  if ('alternatives' in rule) return rule.alternatives
  const kept = Object.entries(labels).filter(([name]) => rule.keys.includes(name))
  // With no label left, every endpoint would do, which is another rule.
  return kept.length === 0 ? [] : [Object.fromEntries(kept)]
}
