import type { Endpoint } from '../endpoint/endpoint.ts'
import { endpointsOfSubset, type SubsetLabels } from './subset.ts'

/**
 * What becomes of a call whose labels no endpoint carries together; the rules are Envoy's.
 *
 * - `'none'`: it fails. This is the default.
 * - `'any'`: it goes to any endpoint.
 * - `{ subset: { version: 'v1' } }`: it goes to that subset.
 * - `{ alternatives: [{ version: 'v2' }, { version: 'v1' }] }`: to the first of these that has endpoints.
 * - `{ keys: ['version'] }`: only these labels still count, the others are dropped.
 *
 * With `panicModeAny: true` it goes to any endpoint when what the rule names has no endpoint that may be used.
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

/** Whether a call may go anywhere when everything else has failed. */
export function anyInPanic(rule: SubsetFallback): boolean {
  return typeof rule === 'object' && rule.panicModeAny === true
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
