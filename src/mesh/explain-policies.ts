import type { Call } from '../call/call.ts'
import type { QuotaCounts } from '../policies/limit/leased-bucket.ts'
import type { Policy } from '../policies/policy.ts'
import { circuitOf } from './explain-route.ts'
import { explainFaults, explainMirror } from './explain-traffic.ts'
import type { ExplainedPolicy } from './explanation.ts'
import type { RouteOverrides } from './route-options.ts'
import type { ServiceFacts } from './service-facts.ts'

/**
 * What each policy of a service would say to a call now, outermost first, in the order in which `assemble.ts` puts them.
 *
 * @param call a call that nobody carries.
 * @param facts the service.
 * @param repeatable whether the call may be repeated, as far as its caller and its body go.
 */
export function explainPolicies(call: Call, facts: ServiceFacts, repeatable: boolean): readonly ExplainedPolicy[] {
  const { route } = facts
  const users = (scope: 'call' | 'attempt') => [
    ...usersOf(facts.parts.plan.policies, scope),
    ...usersOf(route?.plan.use ?? [], scope).map((policy) => ({ ...policy, route: route?.name })),
  ]
  /** What is the route's alone says so, also that it is off. */
  const of = (slot: keyof RouteOverrides, name: string, told: readonly ExplainedPolicy[]): readonly ExplainedPolicy[] => {
    if (route === undefined || route.plan[slot] === undefined) return told
    const shown = told.length > 0 || route.plan[slot] !== false ? told : [{ name, does: 'sees', detail: 'off' } as const]
    return shown.map((policy) => ({ ...policy, route: route.name }))
  }
  return [
    ...of('deadline', 'deadline', [deadline(call)]),
    ...users('call'),
    ...of('rateLimit', 'rate limit', rateLimit(call, facts)),
    ...of('admission', 'admission', admission(facts)),
    ...of('concurrency', 'concurrency limit', concurrency(facts)),
    ...of('circuitBreaker', 'circuit', circuit(facts)),
    ...of('mirror', 'mirror', explainMirror(call, facts)),
    ...of(route?.plan.retry === undefined ? 'attemptTimeout' : 'retry', 'retry', retry(call, facts, repeatable)),
    ...of('hedge', 'hedge', hedge(call, facts, repeatable)),
    ...of('fault', 'faults', explainFaults(call, facts)),
    ...users('attempt'),
  ]
}

function usersOf(policies: readonly Policy[], scope: 'call' | 'attempt'): readonly ExplainedPolicy[] {
  return policies
    .filter((policy) => policy.scope === scope)
    .map(({ name }) => ({ name, does: 'sees', detail: `a policy of yours, for each ${scope}` }))
}

function deadline({ deadline, startedAt }: Call): ExplainedPolicy {
  const ms = Math.round(deadline - startedAt)
  if (deadline === Number.POSITIVE_INFINITY) return { name: 'deadline', does: 'passes', detail: 'none' }
  return { name: 'deadline', does: ms <= 0 ? 'refuses' : 'passes', detail: `${ms} ms` }
}

function rateLimit(call: Call, { parts: { rateLimit: limit, plan } }: ServiceFacts): readonly ExplainedPolicy[] {
  if (limit === undefined || plan.rateLimit === false) return []
  const { overflow, enforce, maxQueue } = plan.rateLimit
  const { permitsLeft, cost, serverHoldMs, waiting } = limit.peek(call)
  const { quota } = limit
  const left = `${round(permitsLeft)} permits left, ${waiting} calls wait${quota === undefined ? '' : `, ${quotaText(quota.counts)}`}`
  const held = serverHoldMs > 0 ? `, the server asked to wait ${Math.ceil(serverHoldMs)} ms` : ''
  const name = 'rate limit'
  if (waiting === 0 && permitsLeft >= cost && serverHoldMs <= 0) return [{ name, does: 'passes', detail: `${left}, it costs ${cost}` }]
  // Whoever finds no permit here waits until the quota has answered.
  if (quota?.counts.outage === false && serverHoldMs <= 0) return [{ name, does: 'waits', detail: `${left}, it costs ${cost}` }]
  if (enforce < 1) return [{ name, does: enforce === 0 ? 'passes' : 'may-refuse', detail: `${left}${held}, enforced for ${enforce}` }]
  return [
    { name, does: overflow === 'queue' && limit.waiting < maxQueue ? 'waits' : 'refuses', detail: `${left}${held}, it costs ${cost}` },
  ]
}

function quotaText({ held, processes, outage }: QuotaCounts): string {
  if (outage) return 'their quota is out of reach'
  return `${round(held)} of them leased from a quota that ${processes === 1 ? 'this process has alone' : `${processes} processes share`}`
}

function admission({ parts: { admission: control } }: ServiceFacts): readonly ExplainedPolicy[] {
  if (control === undefined) return []
  const share = control.rejectedShare
  return [{ name: 'admission', does: share > 0 ? 'may-refuse' : 'passes', detail: `refuses ${round(share * 100)} of 100 calls` }]
}

function concurrency({ parts: { concurrencyGate: gate, concurrency: settings } }: ServiceFacts): readonly ExplainedPolicy[] {
  if (gate === undefined) return []
  const detail = `${gate.inFlight} of ${gate.limit} permits taken, ${gate.waiting} calls wait`
  const { queue = 0, enforce = 1 } = settings?.gate ?? {}
  const does = gate.free || enforce === 0 ? 'passes' : enforce < 1 ? 'may-refuse' : gate.waiting < queue ? 'waits' : 'refuses'
  return [{ name: 'concurrency limit', does, detail }]
}

function circuit(facts: ServiceFacts): readonly ExplainedPolicy[] {
  const found = circuitOf(facts)
  if (found === undefined) return []
  const { state, enforced, reason, retryAfterMs, failures, calls } = found
  const name = 'circuit'
  if (state === 'closed') return [{ name, does: 'passes', detail: `closed: ${failures} of ${calls} calls failed` }]
  const left = retryAfterMs !== undefined && Number.isFinite(retryAfterMs) ? `, for ${Math.ceil(retryAfterMs)} ms more` : ''
  const detail = `${state}: ${reason ?? 'forced'}${left}${enforced ? '' : ', only counted'}`
  return [{ name, does: enforced ? (state === 'open' ? 'refuses' : 'may-refuse') : 'passes', detail }]
}

function retry(
  { idempotent }: Call,
  { parts: { plan, extra }, host, route }: ServiceFacts,
  repeatable: boolean,
): readonly ExplainedPolicy[] {
  if (plan.retry === false) return [{ name: 'retry', does: 'sees', detail: 'off' }]
  const left = extra.budgetLeft(host.clock.now())
  const budget = left === undefined ? 'no budget' : `budget for ${round(left)} more`
  const what = repeatable ? (idempotent ? 'idempotent' : 'only if it was never sent') : 'not this call'
  const { attempts, attemptTimeout } = plan.retry
  const each = route === undefined || attemptTimeout === undefined ? '' : ` of ${attemptTimeout} ms`
  return [{ name: 'retry', does: 'sees', detail: `up to ${attempts} attempts${each}, ${what}, ${budget}` }]
}

function hedge({ idempotent }: Call, { parts: { plan } }: ServiceFacts, repeatable: boolean): readonly ExplainedPolicy[] {
  if (plan.hedge === false) return []
  const detail = repeatable && idempotent ? `up to ${plan.hedge.attempts} side by side` : 'not this call'
  return [{ name: 'hedge', does: 'sees', detail }]
}

function round(value: number): number {
  return Math.floor(value * 100) / 100
}
