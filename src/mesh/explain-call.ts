import { Call } from '../call/call.ts'
import { noBody } from '../call/call-body.ts'
import { callPriority, hashKey, repeatable } from '../call/call-options.ts'
import { Cancellation } from '../call/cancellation.ts'
import { ContextValues } from '../call/context-values.ts'
import { clientAddress } from '../call/inbound-call.ts'
import type { CallOutline } from '../fetch/read-outline.ts'
import { inboundRequest } from '../inbound/inbound-context.ts'
import type { Host } from '../runtime/host.ts'
import { redactPath } from '../telemetry/redact-path.ts'
import { telemetryDefaults } from '../telemetry/telemetry-options.ts'
import { explainRoutes, factsOnRoute, likeliestRoute, routeOddsOf } from './explain-route.ts'
import { explainService } from './explain-service.ts'
import type { Explanation } from './explanation.ts'
import type { MeshPlan } from './plan.ts'
import { onRoute } from './route-layers.ts'
import type { ServiceSet } from './service-set.ts'

const usualSecrets: ReadonlySet<string> = new Set(telemetryDefaults.redact)

const nobody = {
  by: 'nobody',
  matched: undefined,
  route: undefined,
  routes: [],
  subset: undefined,
  split: undefined,
  tiers: [],
  groups: [],
  balancer: undefined,
  endpoints: [],
  policies: [],
  state: undefined,
} as const satisfies Partial<Explanation>

/**
 * What would become of a call now.
 *
 * @param outline the call.
 * @param plan the plan in force.
 * @param services the running services.
 * @param host the mesh.
 * @param closed whether the mesh takes no calls any more.
 * @param secrets see {@link redactPath}.
 */
export function explainCall(
  outline: CallOutline,
  plan: MeshPlan,
  services: ServiceSet,
  host: Host,
  closed: boolean,
  secrets: ReadonlySet<string> = usualSecrets,
): Explanation {
  const { target, method, idempotent, mesh, bodyRepeats } = outline
  const { protocol, hostname, port, host: written } = target.origin
  const path = redactPath(target.path, secrets)
  const runtime = services.hosts.find(protocol, hostname, port)
  const said = { method, path, idempotent, repeatable: mesh.mayRepeat && bodyRepeats }
  const deadline = deadlineOf(mesh.deadlineMs, undefined, runtime?.deadlineMs)
  if (closed) return { ...nobody, ...said, deadline, service: written, ...refused('CLOSED', `the mesh "${plan.name}" is closed`) }
  if (runtime === undefined) {
    if (plan.outbound === 'registered-only')
      return {
        ...nobody,
        ...said,
        deadline,
        service: written,
        ...refused('UNKNOWN_SERVICE', 'no service has this host, and the mesh calls nobody else'),
      }
    const sent = { outcome: 'sent', because: undefined, code: undefined, by: 'passthrough' } as const
    return { ...nobody, ...said, deadline, service: written, ...sent }
  }
  const facts = runtime.facts
  if (facts === undefined) return { ...nobody, ...said, deadline, service: runtime.service, ...refused('CLOSED', 'the service is gone') }
  const call = callOf(outline, runtime.service, runtime.authority ?? written, host)
  const odds = routeOddsOf(call, facts)
  const route = likeliestRoute(odds)
  const limit = deadlineOf(mesh.deadlineMs, route?.deadlineMs, runtime.deadlineMs)
  const limited = { deadline: call.startedAt + (limit.ms ?? Number.POSITIVE_INFINITY) }
  const taken = (route === undefined ? call : onRoute(call, route)).with(limited)
  const isName = runtime.service.toLowerCase() === hostname.toLowerCase()
  return {
    ...said,
    deadline: limit,
    by: 'service',
    service: runtime.service,
    matched: { kind: isName ? 'name' : 'alias', host: written },
    route: route?.name,
    routes: explainRoutes(call, odds, secrets),
    ...explainService(taken, factsOnRoute(facts, route), said.repeatable),
  }
}

function refused(code: string, because: string): Pick<Explanation, 'outcome' | 'because' | 'code'> {
  return { outcome: 'refused', because, code }
}

function deadlineOf(own: number | undefined, route: number | undefined, service: number | undefined): Explanation['deadline'] {
  const ms = own ?? route ?? service ?? Number.POSITIVE_INFINITY
  const above = inboundRequest()?.leftMs ?? Number.POSITIVE_INFINITY
  if (above < ms) return { ms: above, from: 'inbound' }
  if (ms === Number.POSITIVE_INFINITY) return { ms: undefined, from: own === undefined ? 'nobody' : 'call' }
  return { ms, from: own !== undefined ? 'call' : route === undefined ? 'service' : 'route' }
}

/** A call that nobody will carry. */
function callOf({ target, method, headers, mesh, idempotent }: CallOutline, service: string, authority: string, host: Host): Call {
  const context = new ContextValues()
  if (!mesh.mayRepeat) context.set(repeatable, false)
  if (mesh.hashKey !== undefined) context.set(hashKey, mesh.hashKey)
  if (mesh.priority !== undefined) context.set(callPriority, mesh.priority)
  const client = inboundRequest()?.client
  if (client !== undefined) context.set(clientAddress, client)
  const startedAt = host.clock.now()
  const deadline = Number.POSITIVE_INFINITY
  const { subset } = mesh
  const { path } = target
  return new Call({
    ...{ service, method, path, authority, headers, idempotent, startedAt, deadline, subset, context },
    body: noBody,
    cancellation: new Cancellation(),
  })
}
