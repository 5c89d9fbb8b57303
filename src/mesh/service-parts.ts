import type { Balancer } from '../balancing/balancer.ts'
import { toBalancer } from '../balancing/to-balancer.ts'
import type { Attempt } from '../call/attempt.ts'
import type { Call } from '../call/call.ts'
import type { Layer } from '../call/layer.ts'
import type { Classifier } from '../call/verdict.ts'
import type { Resolver } from '../discovery/resolver.ts'
import { toResolver } from '../discovery/to-resolver.ts'
import { type EjectionParts, makeEjection } from '../health/ejection-parts.ts'
import type { HealthCheckParts } from '../health/health-checker.ts'
import { inherit } from '../inbound/inherit.ts'
import type { Admission } from '../policies/admission/admission.ts'
import type { ConcurrencyGate } from '../policies/concurrency/concurrency-gate.ts'
import { RateLimit } from '../policies/limit/rate-limit.ts'
import { rateLimitSettings } from '../policies/limit/rate-limit-options.ts'
import type { Policy, PolicyHost } from '../policies/policy.ts'
import { deadline } from '../policies/timeout/deadline.ts'
import type { EndpointPermits } from '../routing/endpoint-permits.ts'
import type { RoutingSettings } from '../routing/routing-settings.ts'
import { Split } from '../routing/split.ts'
import { splitSettings } from '../routing/split-options.ts'
import { samePart } from '../runtime/part.ts'
import type { Transport } from '../transport/transport.ts'
import { undiciTransport } from '../transport/undici-transport.ts'
import { guardLayer } from './guard-layer.ts'
import { type ConcurrencyParts, makeAdmission, makeConcurrency } from './make-concurrency.ts'
import { makeHealthCheck } from './make-health-check.ts'
import type { MeshOptions } from './mesh-options.ts'
import type { PartMaker } from './part-maker.ts'
import type { ServicePlan } from './plan.ts'
import { judgeOf, makeRepeatParts, type RepeatParts, sameJudge } from './repeat-parts.ts'

/** What the layers of a service are put together from. */
export interface LayerParts extends RepeatParts {
  readonly inherit: Layer<Call>
  readonly balancer: Balancer
  readonly routing: RoutingSettings
  readonly split: Split | undefined
  readonly transport: Transport
  readonly deadline: Layer<Call>
  readonly callPolicies: readonly Layer<Call>[]
  readonly rateLimit: RateLimit | undefined
  readonly admission: Admission | undefined
  readonly concurrencyGate: ConcurrencyGate | undefined
  readonly endpointPermits: EndpointPermits | undefined
  readonly attemptPolicies: readonly Layer<Attempt>[]
}

/** Everything that the plan of a service makes. */
export interface ServiceParts extends LayerParts {
  readonly plan: ServicePlan
  readonly resolver: Resolver
  /** The one judge of the service. */
  readonly judge: Classifier
  /** The guarded layer of each policy, in the order of the plan. */
  readonly policies: readonly PolicyLayer[]
  /** The limits of the gate and the permits, to be put in force; `undefined` for none. */
  readonly concurrency: ConcurrencyParts | undefined
  /** Who is left out for a while, and when; `undefined` for nobody. */
  readonly ejection: EjectionParts | undefined
  /** How endpoints are asked whether they are well; `undefined` for not at all. */
  readonly healthCheck: HealthCheckParts | undefined
  /** Whether the transport is this service's own. */
  readonly ownsTransport: boolean
}

/** A policy and the layer that it made. */
type PolicyLayer =
  | { readonly scope: 'call'; readonly policy: Policy; readonly layer: Layer<Call> }
  | { readonly scope: 'attempt'; readonly policy: Policy; readonly layer: Layer<Attempt> }

/**
 * Makes the parts of a service. A part whose settings are the same as before is taken over with all that it knows: loads, budgets,
 * connections.
 *
 * @param plan the service.
 * @param maker makes parts, and collects what goes wrong.
 * @param transport what the mesh uses instead of its own connections, if anything.
 * @param before the parts of the plan before, if there was one.
 */
export function makeParts(plan: ServicePlan, maker: PartMaker, transport: MeshOptions['transport'], before?: ServiceParts): ServiceParts {
  const same = (...slots: readonly (keyof ServicePlan)[]) =>
    before !== undefined && slots.every((slot) => samePart(before.plan[slot], plan[slot])) ? before : undefined
  const judge = before !== undefined && sameJudge(before.plan, plan) ? before.judge : judgeOf(plan, maker.clock)
  const policies = makePolicies(plan, maker, judge, judge === before?.judge ? before.policies : [])
  const { rateLimit } = plan
  return {
    plan,
    resolver: same('resolver', 'directory')?.resolver ?? maker.make('resolver', (host) => toResolver(plan.resolver, host)),
    balancer: same('balancer')?.balancer ?? maker.make('balancer', (host) => toBalancer(plan.balancer, host)),
    routing: { failover: plan.failover, locality: plan.locality, subsetFallback: plan.subsetFallback },
    split: makeSplit(plan, maker, same('split')),
    deadline: before?.deadline ?? maker.make('deadline', (host) => deadline(host)),
    rateLimit:
      rateLimit === false
        ? undefined
        : (same('rateLimit')?.rateLimit ?? maker.make('rateLimit', (host) => new RateLimit(rateLimitSettings(rateLimit), host))),
    ...makeConcurrency(plan, maker, same('concurrency'), before),
    admission: same('admission')?.admission ?? makeAdmission(plan, maker),
    ejection: makeEjectionParts(plan, maker, same('ejection')),
    healthCheck: (same('healthCheck', 'http', 'tls') ?? { healthCheck: makeHealthCheck(plan, maker, transport) }).healthCheck,
    inherit: before?.inherit ?? maker.make('deadline', (host) => inherit(host)),
    judge,
    ...makeRepeatParts(plan, maker, { retry: same('retry', 'classifier'), hedge: same('hedge', 'retry', 'classifier'), any: before }),
    policies,
    callPolicies: policies.flatMap((entry) => (entry.scope === 'call' ? [entry.layer] : [])),
    attemptPolicies: policies.flatMap((entry) => (entry.scope === 'attempt' ? [entry.layer] : [])),
    ...makeTransport(plan, maker, transport, same('http', 'tls')),
  }
}

function makeEjectionParts({ ejection }: ServicePlan, maker: PartMaker, before: ServiceParts | undefined): EjectionParts | undefined {
  if (before !== undefined) return before.ejection
  return ejection === false ? undefined : maker.make('ejection', (host) => makeEjection(ejection, host))
}

function makeSplit({ split }: ServicePlan, maker: PartMaker, before: ServiceParts | undefined): Split | undefined {
  if (before !== undefined) return before.split
  return split === false ? undefined : maker.make('split', (host) => new Split(splitSettings(split), host))
}

function makeTransport(
  plan: ServicePlan,
  maker: PartMaker,
  given: MeshOptions['transport'],
  before: ServiceParts | undefined,
): Pick<ServiceParts, 'transport' | 'ownsTransport'> {
  if (typeof given === 'object') return { transport: given, ownsTransport: false }
  if (before !== undefined) return { transport: before.transport, ownsTransport: true }
  const create = given ?? undiciTransport(plan.http, plan.tls)
  return { transport: maker.make('http', create), ownsTransport: true }
}

function makePolicies(plan: ServicePlan, maker: PartMaker, judge: Classifier, before: readonly PolicyLayer[]): PolicyLayer[] {
  const left = [...before]
  const made = plan.policies.map((policy, i) => {
    const known = left.findIndex((entry) => samePart(entry.policy, policy))
    const [kept] = known < 0 ? [] : left.splice(known, 1)
    return kept ?? maker.make(`policies[${i}]`, (host) => makePolicy(policy, { ...host, classify: judge }))
  })
  // One that could not be made is a problem that the maker knows of.
  return made.filter((entry) => entry !== undefined)
}

function makePolicy(policy: Policy, host: PolicyHost): PolicyLayer {
  return policy.scope === 'call'
    ? { scope: 'call', policy, layer: guardLayer(policy.name, policy.layer(host), host) }
    : { scope: 'attempt', policy, layer: guardLayer(policy.name, policy.layer(host), host) }
}
