import type { Attempt } from '../call/attempt.ts'
import type { Call, CallParts } from '../call/call.ts'
import { type CallRoute, callRoute, ownDeadline, pathAfterRewrite, pathBeforeRewrite } from '../call/call-route.ts'
import { compose, type Layer, type Send } from '../call/layer.ts'
import { failed, type Outcome } from '../call/outcome.ts'
import { previousHop } from '../call/previous-hop.ts'
import { MeshError } from '../errors/mesh-error.ts'
import { RouteTable } from '../routing/route-table.ts'
import { CallGate } from './call-gate.ts'
import type { RouteParts } from './route-parts.ts'
import type { RoutePlan } from './route-plan.ts'

/**
 * Layers of which a route may have others than the service.
 *
 * @param routes those that do; without any, the calls and attempts of the service pay nothing.
 * @param routeOf the route of a call or an attempt.
 * @param of the layers of a route; of the service for `undefined`.
 */
export function byRoute<C>(
  routes: readonly RouteParts[],
  routeOf: (carried: C) => CallRoute | undefined,
  of: (route: RouteParts | undefined) => readonly Layer<C>[],
): readonly Layer<C>[] {
  if (routes.length === 0) return of(undefined)
  return [
    (next) => {
      const usual = compose(of(undefined), next)
      const others = new Map<CallRoute | undefined, Send<C>>(routes.map((route) => [route, compose(of(route), next)]))
      return (carried) => (others.get(routeOf(carried)) ?? usual)(carried)
    },
  ]
}

/** The route of a call. */
export const routeOfCall = (call: Call): CallRoute | undefined => call.context.get(callRoute)

/** The route of an attempt. */
export const routeOfAttempt = ({ call }: Attempt): CallRoute | undefined => call.context.get(callRoute)

/**
 * Finds the route of each call, once, and does to the call what the route says: path, headers, labels, deadline. It counts the calls of each
 * route, and names the route in their errors.
 *
 * @param routes first match first; at least one.
 */
export function routeCalls(routes: readonly RouteParts[]): Layer<Call> {
  const table = new RouteTable(routes)
  return (next) => {
    const named = routes.map((route) => {
      const gate = new CallGate((call) => next(call).then((outcome) => inRoute(outcome, route.name)), route.ledger)
      return [route, gate] as const
    })
    const gates = new Map(named)
    return (call) => {
      const route = table.find(call)
      if (route === undefined) return next(call)
      call.context.set(callRoute, route)
      return (gates.get(route) as CallGate).send(onRoute(call, route))
    }
  }
}

/** An error that says which route its call took. A copy, because several calls may fail with one error, and because it may come from elsewhere. */
function inRoute(outcome: Outcome, route: string): Outcome {
  if (outcome.ok || outcome.error.facts.route !== undefined) return outcome
  const { code, message, facts, cause } = outcome.error
  const before = `${facts.service}: `
  const text = message.startsWith(before) ? message.slice(before.length) : message
  return failed(new MeshError(code, text, { ...facts, route }, cause))
}

/** A call as its route wants it: the very same if the route changes nothing. */
export function onRoute(call: Call, route: RouteParts): Call {
  const { rewriter, plan } = route
  const path = rewriter?.pathOf(call) ?? call.path
  const headers = rewriter?.headersOf(call) ?? call.headers
  const deadline = deadlineOnRoute(call, route)
  const subset = subsetOnRoute(call, plan)
  if (path !== call.path) {
    call.context.set(pathBeforeRewrite, call.path)
    call.context.set(pathAfterRewrite, path)
  }
  if (path === call.path && headers === call.headers && deadline === call.deadline && subset === call.subset) return call
  const change: Partial<CallParts> = { path, headers, deadline, subset }
  return call.with(change)
}

/** The labels of a call on its route: one that the caller asks for goes before that of the route. */
export function subsetOnRoute(call: Call, plan: RoutePlan): Call['subset'] {
  return plan.subset === undefined ? call.subset : call.subset === undefined ? plan.subset : { ...plan.subset, ...call.subset }
}

/** What the caller says goes first. Redirects do not begin a new time: the first hop's route decides. */
export function deadlineOnRoute(call: Call, route: CallRoute): number {
  if (call.context.get(ownDeadline)) return call.deadline
  let first = call
  for (let before = call.context.get(previousHop); before !== undefined; before = before.context.get(previousHop)) first = before
  const deadlineMs = first === call ? route.deadlineMs : first.context.get(callRoute)?.deadlineMs
  return deadlineMs === undefined ? call.deadline : call.startedAt + deadlineMs
}
