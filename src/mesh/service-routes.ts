import { circuitSettings, serviceCircuitDefaults } from '../health/circuit-options.ts'
import { samePart } from '../runtime/part.ts'
import { gateOf, type RouteParts } from './route-parts.ts'
import { closeConcurrency, concurrencySnapshots, useConcurrency } from './service-concurrency.ts'
import type { RouteSnapshot } from './snapshot.ts'

/** Puts the limits and circuits of a plan's routes in force. */
export function useRoutes(next: readonly RouteParts[], before: readonly RouteParts[] = []): void {
  if (next === before) return
  for (const route of next) {
    const known = before.find(({ name }) => name === route.name)
    useConcurrency(gateOf(route), known && gateOf(known))
    const { circuitBreaker } = route.plan
    if (samePart(circuitBreaker, known?.plan.circuitBreaker)) continue
    const on = circuitBreaker !== undefined && circuitBreaker !== false
    route.circuit.configure(on ? circuitSettings(circuitBreaker, serviceCircuitDefaults) : undefined)
  }
}

/** The routes of a plan are not in use any more: what no route of the plan in force has is closed. */
export function closeRoutes(old: readonly RouteParts[], current: readonly RouteParts[] = []): void {
  if (old === current) return
  for (const { own, circuit } of old) {
    if (!current.some((route) => route.own.rateLimit === own.rateLimit)) own.rateLimit?.close()
    if (!current.some((route) => route.circuit === circuit)) circuit.close()
  }
}

/** The service ends: nobody is left waiting on any of its routes. */
export function endRoutes(routes: readonly RouteParts[], service: string): void {
  closeRoutes(routes)
  for (const route of routes) closeConcurrency(gateOf(route), service)
}

/** What is known about the routes, by their names. */
export function routeSnapshots(routes: readonly RouteParts[]): Readonly<Record<string, RouteSnapshot>> {
  return Object.fromEntries(
    routes.map((route) => {
      const { rateLimit, admission } = route.own
      const limits = concurrencySnapshots({ ...gateOf(route), admission }, [])
      return [
        route.name,
        {
          calls: route.ledger.snapshot(),
          rateLimit: rateLimit && {
            ...rateLimit.counts,
            permitsLeft: rateLimit.permitsLeft,
            waiting: rateLimit.waiting,
            ...(rateLimit.quota && { quota: rateLimit.quota.counts }),
          },
          concurrency: limits.concurrency,
          admission: limits.admission,
          circuit: route.circuit.snapshot(),
        },
      ]
    }),
  )
}
