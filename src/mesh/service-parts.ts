import type { Balancer } from '../balancing/balancer.ts'
import { toBalancer } from '../balancing/to-balancer.ts'
import type { Attempt } from '../call/attempt.ts'
import type { Call } from '../call/call.ts'
import type { Layer } from '../call/layer.ts'
import type { Resolver } from '../discovery/resolver.ts'
import { toResolver } from '../discovery/to-resolver.ts'
import { type EjectionParts, makeEjection } from '../health/ejection-parts.ts'
import type { HealthCheckParts } from '../health/health-checker.ts'
import { inherit } from '../inbound/inherit.ts'
import type { Admission } from '../policies/admission/admission.ts'
import type { ConcurrencyGate } from '../policies/concurrency/concurrency-gate.ts'
import type { FaultInjector } from '../policies/fault/fault-injector.ts'
import { RateLimit } from '../policies/limit/rate-limit.ts'
import { rateLimitSettings } from '../policies/limit/rate-limit-options.ts'
import type { Mirror } from '../policies/mirror/mirror.ts'
import { deadline } from '../policies/timeout/deadline.ts'
import type { EndpointPermits } from '../routing/endpoint-permits.ts'
import type { RoutingSettings } from '../routing/routing-settings.ts'
import { Split } from '../routing/split.ts'
import { splitSettings } from '../routing/split-options.ts'
import { samePart } from '../runtime/part.ts'
import type { Transport } from '../transport/transport.ts'
import { undiciTransport } from '../transport/undici-transport.ts'
import { type ConcurrencyParts, makeAdmission, makeConcurrency } from './make-concurrency.ts'
import { makeHealthCheck } from './make-health-check.ts'
import { attemptLayersOf, callLayersOf, makePolicies, type PolicyLayer } from './make-policies.ts'
import { makeFault, makeMirror } from './make-traffic.ts'
import type { RuntimeMeans } from './mesh-means.ts'
import type { MeshOptions } from './mesh-options.ts'
import type { PartMaker } from './part-maker.ts'
import type { ServicePlan } from './plan.ts'
import { type Judges, makeJudges, makeRepeatParts, type RepeatParts } from './repeat-parts.ts'
import { makeRoutes, type RouteParts } from './route-parts.ts'

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
  readonly routes: readonly RouteParts[]
  /** Sends copies of calls elsewhere; `undefined` for none. */
  readonly mirror: Mirror | undefined
  /** Puts faults into attempts; `undefined` for none. */
  readonly fault: FaultInjector | undefined
}

/** Everything that the plan of a service makes. */
export interface ServiceParts extends LayerParts, Judges {
  readonly plan: ServicePlan
  readonly resolver: Resolver
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

/**
 * Makes the parts of a service. A part whose settings are the same as before is taken over with all that it knows: loads, budgets,
 * connections.
 *
 * @param plan the service.
 * @param maker makes parts, and collects what goes wrong.
 * @param means what the mesh gives its services.
 * @param before the parts of the plan before, if there was one.
 */
export function makeParts(plan: ServicePlan, maker: PartMaker, means: RuntimeMeans, before?: ServiceParts): ServiceParts {
  const { transport } = means
  const same = (...slots: readonly (keyof ServicePlan)[]) =>
    before !== undefined && slots.every((slot) => samePart(before.plan[slot], plan[slot])) ? before : undefined
  const judges = makeJudges(plan, maker.clock, before)
  const { lastingJudge: judge } = judges
  const policies = makePolicies(plan.policies, maker, judge, judge === before?.lastingJudge ? before.policies : [])
  const { rateLimit } = plan
  const repeat = makeRepeatParts(plan, maker, {
    retry: same('retry', 'classifier'),
    hedge: same('hedge', 'retry', 'classifier'),
    any: before,
  })
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
    ...judges,
    ...repeat,
    routes: makeRoutes(plan, maker, { ...repeat, judge }, means, before),
    mirror: same('mirror')?.mirror ?? makeMirror(plan, maker, means),
    fault: same('fault')?.fault ?? makeFault(plan, maker, means),
    policies,
    callPolicies: callLayersOf(policies),
    attemptPolicies: attemptLayersOf(policies),
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
