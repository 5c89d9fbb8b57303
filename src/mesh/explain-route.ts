import type { Call } from '../call/call.ts'
import { RouteTable } from '../routing/route-table.ts'
import { redactPath } from '../telemetry/redact-path.ts'
import type { ExplainedRoute } from './explanation.ts'
import { onRoute } from './route-layers.ts'
import type { RouteParts } from './route-parts.ts'
import { planOnRoute } from './route-plan.ts'
import type { ServiceFacts } from './service-facts.ts'

/** The routes that a call may take, first match first, and no route where that may be; together they are 1. Nothing is drawn. */
export type RouteOdds = readonly { readonly route: RouteParts | undefined; readonly chance: number }[]

/** What of a route's plan is no override. */
const notOwn: ReadonlySet<string> = new Set(['name', 'match', 'rewrite', 'subset'])

/** The odds of a call; nothing for a service without routes. */
export function routeOddsOf(call: Call, { parts: { routes } }: ServiceFacts): RouteOdds {
  return routes.length === 0 ? [] : new RouteTable(routes).odds(call)
}

/** The route that a call takes, or most likely takes; of equals the first. */
export function likeliestRoute(odds: RouteOdds): RouteParts | undefined {
  return odds.reduce<RouteOdds[number] | undefined>(
    (best, one) => (best !== undefined && best.chance >= one.chance ? best : one),
    undefined,
  )?.route
}

/** The odds as plain data. */
export function explainRoutes(call: Call, odds: RouteOdds, secrets: ReadonlySet<string>): readonly ExplainedRoute[] {
  return odds.map(({ route, chance }) => {
    if (route === undefined) return { name: undefined, chance, path: redactPath(call.path, secrets), own: [] }
    const { path } = onRoute(call, route)
    const own = Object.entries(route.plan).filter(([name, value]) => value !== undefined && !notOwn.has(name))
    return { name: route.name, chance, path: redactPath(path, secrets), own: own.map(([name]) => name) }
  })
}

/** What is known of a service, as it is for the calls of a route: what the route has of its own is in the place of what the service has. */
export function factsOnRoute(facts: ServiceFacts, route: RouteParts | undefined): ServiceFacts {
  if (route === undefined) return facts
  const { parts } = facts
  const { circuit: _, ...own } = route.own
  const limited =
    route.plan.concurrency === undefined ? parts.concurrency : { gate: route.concurrency?.gate, permits: parts.concurrency?.permits }
  return { ...facts, route, parts: { ...parts, ...own, concurrency: limited, plan: planOnRoute(parts.plan, route.plan) } }
}

/** The circuit that the calls go through: that of the route if it has its own; `undefined` where there is none. */
export function circuitOf({ route, judges }: ServiceFacts) {
  return route?.own.circuit === undefined ? judges.circuits.service.snapshot() : route.circuit.snapshot()
}
