import { Call } from '../call/call.ts'
import { noBody } from '../call/call-body.ts'
import { callPriority, hashKey, repeatable } from '../call/call-options.ts'
import { ownDeadline } from '../call/call-route.ts'
import { Cancellation } from '../call/cancellation.ts'
import { ContextValues } from '../call/context-values.ts'
import type { CallOutline } from '../fetch/read-outline.ts'
import { inboundRequest } from '../inbound/inbound-context.ts'
import type { Host } from '../runtime/host.ts'
import { redactPath } from '../telemetry/redact-path.ts'
import { telemetryDefaults } from '../telemetry/telemetry-options.ts'
import { explainRoute } from './explain-route.ts'
import { explainService } from './explain-service.ts'
import type { Explanation } from './explanation.ts'
import type { MeshPlan } from './plan.ts'
import type { ServiceSet } from './service-set.ts'

const usualSecrets: ReadonlySet<string> = new Set(telemetryDefaults.redact)

const nobody = {
  by: 'nobody',
  matched: undefined,
  route: undefined,
  subset: undefined,
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
  const deadline = deadlineOf(mesh.deadlineMs, runtime?.deadlineMs)
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
  const route = explainRoute(callOf(outline, runtime.service, runtime.authority ?? written, host, deadline.ms), facts)
  const isName = runtime.service.toLowerCase() === hostname.toLowerCase()
  return {
    ...said,
    path: redactPath(route.call.path, secrets),
    deadline: deadlineOnRoute(deadline, route.call),
    by: 'service',
    service: runtime.service,
    matched: { kind: isName ? 'name' : 'alias', host: written },
    route: route.name,
    ...explainService(route, facts, said.repeatable),
  }
}

function refused(code: string, because: string): Pick<Explanation, 'outcome' | 'because' | 'code'> {
  return { outcome: 'refused', because, code }
}

function deadlineOf(own: number | undefined, service: number | undefined): Explanation['deadline'] {
  const ms = own ?? service ?? Number.POSITIVE_INFINITY
  const above = inboundRequest()?.leftMs ?? Number.POSITIVE_INFINITY
  if (above < ms) return { ms: above, from: 'inbound' }
  if (ms === Number.POSITIVE_INFINITY) return { ms: undefined, from: own === undefined ? 'nobody' : 'call' }
  return { ms, from: own === undefined ? 'service' : 'call' }
}

/** A route may give its calls another time; what the inbound request leaves is shorter all the same. */
function deadlineOnRoute(said: Explanation['deadline'], call: Call): Explanation['deadline'] {
  const ms = call.deadline - call.startedAt
  if (ms === (said.ms ?? Number.POSITIVE_INFINITY)) return said
  const above = inboundRequest()?.leftMs ?? Number.POSITIVE_INFINITY
  if (above < ms) return { ms: above, from: 'inbound' }
  return { ms: Number.isFinite(ms) ? ms : undefined, from: 'route' }
}

/** A call that nobody will carry. */
function callOf(
  { target, method, headers, mesh, idempotent }: CallOutline,
  service: string,
  authority: string,
  host: Host,
  ms = Number.POSITIVE_INFINITY,
): Call {
  const context = new ContextValues()
  if (mesh.deadlineMs !== undefined) context.set(ownDeadline, true)
  if (!mesh.mayRepeat) context.set(repeatable, false)
  if (mesh.hashKey !== undefined) context.set(hashKey, mesh.hashKey)
  if (mesh.priority !== undefined) context.set(callPriority, mesh.priority)
  const startedAt = host.clock.now()
  const deadline = startedAt + ms
  const { subset } = mesh
  const { path } = target
  return new Call({
    ...{ service, method, path, authority, headers, idempotent, startedAt, deadline, subset, context },
    body: noBody,
    cancellation: new Cancellation(),
  })
}
