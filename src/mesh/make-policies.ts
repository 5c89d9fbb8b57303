import type { Attempt } from '../call/attempt.ts'
import type { Call } from '../call/call.ts'
import type { Layer } from '../call/layer.ts'
import type { Classifier } from '../call/verdict.ts'
import type { Policy, PolicyHost } from '../policies/policy.ts'
import { samePart } from '../runtime/part.ts'
import { guardLayer } from './guard-layer.ts'
import type { PartMaker } from './part-maker.ts'

/** A policy and the layer that it made. */
export type PolicyLayer =
  | { readonly scope: 'call'; readonly policy: Policy; readonly layer: Layer<Call> }
  | { readonly scope: 'attempt'; readonly policy: Policy; readonly layer: Layer<Attempt> }

/**
 * Makes the guarded layers of policies. A policy that was there before keeps what it knows.
 *
 * @param policies outermost first.
 * @param maker makes parts, and collects what goes wrong.
 * @param judge the one judge of the service.
 * @param before what the plan before made of its policies.
 * @param slot where the policies stand.
 */
export function makePolicies(
  policies: readonly Policy[],
  maker: PartMaker,
  judge: Classifier,
  before: readonly PolicyLayer[],
  slot = 'policies',
): PolicyLayer[] {
  const left = [...before]
  const made = policies.map((policy, i) => {
    const known = left.findIndex((entry) => samePart(entry.policy, policy))
    const [kept] = known < 0 ? [] : left.splice(known, 1)
    return kept ?? maker.make(`${slot}[${i}]`, (host) => makePolicy(policy, { ...host, classify: judge }))
  })
  // One that could not be made is a problem that the maker knows of.
  return made.filter((entry) => entry !== undefined)
}

/** The layers for calls, in their order. */
export function callLayersOf(policies: readonly PolicyLayer[]): readonly Layer<Call>[] {
  return policies.flatMap((entry) => (entry.scope === 'call' ? [entry.layer] : []))
}

/** The layers for attempts, in their order. */
export function attemptLayersOf(policies: readonly PolicyLayer[]): readonly Layer<Attempt>[] {
  return policies.flatMap((entry) => (entry.scope === 'attempt' ? [entry.layer] : []))
}

function makePolicy(policy: Policy, host: PolicyHost): PolicyLayer {
  return policy.scope === 'call'
    ? { scope: 'call', policy, layer: guardLayer(policy.name, policy.layer(host), host) }
    : { scope: 'attempt', policy, layer: guardLayer(policy.name, policy.layer(host), host) }
}
