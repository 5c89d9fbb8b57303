import type { Attempt } from '../call/attempt.ts'
import type { Call } from '../call/call.ts'
import type { CallRoute } from '../call/call-route.ts'
import type { Layer } from '../call/layer.ts'
import type { Classifier } from '../call/verdict.ts'
import { CircuitOfService } from '../health/circuit-of-service.ts'
import type { ServiceCircuit } from '../policies/breaker/service-breaker.ts'
import { RateLimit } from '../policies/limit/rate-limit.ts'
import { rateLimitSettings } from '../policies/limit/rate-limit-options.ts'
import { RouteMatcher } from '../routing/route-match.ts'
import { Rewriter } from '../routing/route-rewrite.ts'
import type { TableRoute } from '../routing/route-table.ts'
import { samePart } from '../runtime/part.ts'
import { CallLedger } from './call-ledger.ts'
import { makeAdmission, makeConcurrency } from './make-concurrency.ts'
import { attemptLayersOf, callLayersOf, makePolicies, type PolicyLayer } from './make-policies.ts'
import type { RuntimeMeans } from './mesh-means.ts'
import type { PartMaker } from './part-maker.ts'
import type { ServicePlan } from './plan.ts'
import { judgeOf, makeRepeatParts, type RepeatParts } from './repeat-parts.ts'
import { toldOf } from './route-host.ts'
import { planOnRoute, type RoutePlan } from './route-plan.ts'
import { makeRouteTraffic, type RouteTraffic } from './route-traffic.ts'
import type { LayerParts, ServiceParts } from './service-parts.ts'

/** The built-in layers that a route may have in place of those of the service. */
type Replaceable = Pick<LayerParts, 'rateLimit' | 'admission' | 'concurrencyGate' | keyof RepeatParts>

/** What a route has in place of what the service has; what is not there is the service's. */
export interface RouteOwn extends Partial<Replaceable>, RouteTraffic {
  /** Its circuit. */
  readonly circuit?: ServiceCircuit
}

/** Everything that the plan of a route makes. */
export interface RouteParts extends CallRoute, TableRoute {
  readonly plan: RoutePlan
  /** What it changes in requests, if anything. */
  readonly rewriter: Rewriter | undefined
  /** Its calls, counted as long as it is part of the service. */
  readonly ledger: CallLedger
  /** See {@link RouteOwn}. */
  readonly own: RouteOwn
  /** The layers that make attempts beyond the first: its own, or the service's. */
  readonly repeat: RepeatParts
  /** The limit of its own gate, to be put in force. */
  readonly concurrency: ServiceParts['concurrency']
  /** Its circuit. It stays as long as the route does; without settings it lets everything pass. */
  readonly circuit: CircuitOfService
  readonly judge: Classifier
  readonly policies: readonly PolicyLayer[]
  /** Layers of its own policies. */
  readonly callPolicies: readonly Layer<Call>[]
  readonly attemptPolicies: readonly Layer<Attempt>[]
}

/** What of the service the routes are made beside. */
interface Basis extends RepeatParts {
  /** See {@link Judges.lastingJudge}. */
  readonly judge: Classifier
}

/** What was there before, and what the mesh gives. */
interface Before {
  readonly means: RuntimeMeans
  /** The route of the same name. */
  readonly route: RouteParts | undefined
  /** Whether the service repeats attempts as it did. */
  readonly repeatsAlike: boolean
}

/**
 * Makes the parts of a service's routes. A route is known by its name: one that was there before keeps its counts, and whatever its new plan does
 * not change.
 *
 * @param plan the service.
 * @param maker makes parts, and collects what goes wrong.
 * @param basis the parts of the service.
 * @param means what the mesh gives its services.
 * @param before the parts of the plan before, if there was one.
 */
export function makeRoutes(
  plan: ServicePlan,
  maker: PartMaker,
  basis: Basis,
  means: RuntimeMeans,
  before: ServiceParts | undefined,
): readonly RouteParts[] {
  const alike = (...slots: readonly (keyof ServicePlan)[]) => slots.every((slot) => samePart(before?.plan[slot], plan[slot]))
  const repeatsAlike = alike('retry', 'hedge', 'classifier')
  if (before !== undefined && repeatsAlike && alike('routes', 'sendOn') && before.lastingJudge === basis.judge) return before.routes
  const known = new Map(before?.routes.map((route) => [route.name, route]))
  return plan.routes.map((route, i) =>
    makeRoute(plan, route, maker.within(`routes[${i}]`, `route ${route.name}`), basis, {
      route: known.get(route.name),
      repeatsAlike,
      means,
    }),
  )
}

function makeRoute(plan: ServicePlan, route: RoutePlan, maker: PartMaker, basis: Basis, before: Before): RouteParts {
  const known = before.route
  const effective = planOnRoute(plan, route)
  const matcher = new RouteMatcher(route.match)
  const repeat = makeRouteRepeat(effective, route, maker, basis, before)
  const limits = makeLimits(effective, route, maker, known)
  const circuit = known?.circuit ?? maker.make('circuitBreaker', (host) => new CircuitOfService(toldOf(host, route.name), host.random))
  const policies = makePolicies(route.use ?? [], maker, basis.judge, known?.judge === basis.judge ? known.policies : [], 'use')
  return {
    name: route.name,
    template: matcher.path?.template,
    deadlineMs: route.deadline,
    classify: route.retry === undefined ? undefined : judgeOf(effective, maker.clock),
    plan: route,
    match: route.match,
    draws: known?.draws ?? maker.make('match', ({ random }) => random),
    rewriter: route.rewrite === undefined ? undefined : new Rewriter(route.rewrite, matcher.path),
    ledger: known?.ledger ?? new CallLedger(),
    own: {
      ...limits.own,
      ...(repeat === basis ? undefined : repeat),
      ...makeRouteTraffic(route, maker, before.means, known),
      ...(route.circuitBreaker === undefined ? undefined : { circuit }),
    },
    repeat,
    concurrency: limits.concurrency,
    circuit,
    judge: basis.judge,
    policies,
    callPolicies: callLayersOf(policies),
    attemptPolicies: attemptLayersOf(policies),
  }
}

function makeRouteRepeat(effective: ServicePlan, route: RoutePlan, maker: PartMaker, basis: Basis, before: Before): RepeatParts {
  const { retry, hedge, attemptTimeout } = route
  if (retry === undefined && hedge === undefined && attemptTimeout === undefined) return basis
  const known = before.repeatsAlike ? before.route : undefined
  const sameRetry = known !== undefined && samePart(known.plan.retry, retry)
  // An own budget goes with own retries; a route that says nothing of them shares the service's.
  const keptRetry = retry === undefined ? basis : sameRetry ? known.repeat : undefined
  const sameHedge = sameRetry && samePart(known.plan.hedge, hedge) && known.repeat.extra === keptRetry?.extra
  const keptHedge = retry === undefined && hedge === undefined ? basis : sameHedge ? known.repeat : undefined
  return makeRepeatParts(effective, maker, { retry: keptRetry, hedge: keptHedge, any: basis })
}

function makeLimits(
  effective: ServicePlan,
  route: RoutePlan,
  maker: PartMaker,
  known: RouteParts | undefined,
): { readonly own: RouteOwn; readonly concurrency: ServiceParts['concurrency'] } {
  /** What the route had of its own, if it said the same of this. */
  const same = (slot: 'rateLimit' | 'concurrency' | 'admission') =>
    known !== undefined && samePart(known.plan[slot], route[slot]) ? known : undefined
  const { rateLimit } = route
  const gateBefore = known === undefined ? undefined : gateOf(known)
  const limited =
    route.concurrency === undefined ? undefined : makeConcurrency(effective, maker, same('concurrency') && gateBefore, gateBefore)
  return {
    own: {
      ...(rateLimit === undefined
        ? undefined
        : {
            rateLimit:
              rateLimit === false
                ? undefined
                : (same('rateLimit')?.own.rateLimit ??
                  maker.make('rateLimit', (host) => new RateLimit(rateLimitSettings(rateLimit), toldOf(host, route.name)))),
          }),
      ...(limited && { concurrencyGate: limited.concurrencyGate }),
      ...(route.admission === undefined ? undefined : { admission: same('admission')?.own.admission ?? makeAdmission(effective, maker) }),
    },
    concurrency: limited?.concurrency,
  }
}

/** The gate of a route, as the makers of gates know one. */
export function gateOf({ own, concurrency }: RouteParts) {
  return { concurrency, concurrencyGate: own.concurrencyGate, endpointPermits: undefined }
}
