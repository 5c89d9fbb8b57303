import type { Call } from '../call/call.ts'
import { callRoute } from '../call/call-route.ts'
import type { CircuitOfService } from '../health/circuit-of-service.ts'
import { RouteMatcher } from '../routing/route-match.ts'
import type { ExplainedPolicy } from './explanation.ts'
import { onRoute } from './route-layers.ts'
import { planOnRoute } from './route-plan.ts'
import type { ServiceFacts } from './service-facts.ts'

/** A call as its route would have it, and the service as it is for the calls of that route. */
export interface ExplainedRoute {
  readonly name: string | undefined
  readonly call: Call
  readonly facts: ServiceFacts
  /** The circuit that its calls meet: that of the route, or of the service. */
  readonly circuit: CircuitOfService
  /** What the routes would say that come before, and take a share of such calls. */
  readonly policies: readonly ExplainedPolicy[]
}

/**
 * The route that a call would take. Chance is not asked: a route that takes a share of such calls is told of, and passed over.
 *
 * @param call a call that nobody carries.
 * @param facts the service.
 */
export function explainRoute(call: Call, facts: ServiceFacts): ExplainedRoute {
  const end = call.path.indexOf('?')
  const path = end < 0 ? call.path : call.path.slice(0, end)
  const policies: ExplainedPolicy[] = []
  const { parts, judges } = facts
  for (const route of parts.routes) {
    if (!new RouteMatcher(route.match).fits({ call, path, query: undefined })) continue
    const { share = 1 } = route.match
    if (share < 1) {
      policies.push({ name: `route ${route.name}`, does: 'sees', detail: `takes ${Math.round(share * 10_000) / 100} of 100 such calls` })
      continue
    }
    call.context.set(callRoute, route)
    const { circuit, ...own } = route.own
    const { concurrency = parts.concurrency } = route
    const plan = planOnRoute(parts.plan, route.plan)
    return {
      name: route.name,
      call: onRoute(call, route),
      // What it has of its own stands where that of the service stands, also where its own is none.
      facts: { ...facts, parts: { ...parts, ...own, concurrency, plan } },
      circuit: circuit === undefined ? judges.circuits.service : route.circuit,
      policies: [...policies, ...route.policies.map(({ policy }) => policySeen(policy.name, policy.scope))],
    }
  }
  return { name: undefined, call, facts, circuit: judges.circuits.service, policies }
}

function policySeen(name: string, scope: 'call' | 'attempt'): ExplainedPolicy {
  return { name, does: 'sees', detail: `a policy of yours, for each ${scope} of the route` }
}
