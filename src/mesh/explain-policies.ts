import type { Call } from '../call/call.ts'
import type { ExplainedRoute } from './explain-route.ts'
import type { ExplainedPolicy } from './explanation.ts'
import type { ServiceFacts } from './service-facts.ts'

/**
 * What each policy of a service would say to a call now, outermost first, in the order in which `assemble.ts` puts them.
 *
 * @param route the call, that nobody carries, and the service as it is for it.
 * @param repeatable whether the call may be repeated, as far as its caller and its body go.
 */
export function explainPolicies(route: ExplainedRoute, repeatable: boolean): readonly ExplainedPolicy[] {
  const { call, facts } = route
  const named = facts.parts.plan.policies
  const users = (scope: 'call' | 'attempt') =>
    named
      .filter((policy) => policy.scope === scope)
      .map(({ name }): ExplainedPolicy => ({ name, does: 'sees', detail: `a policy of yours, for each ${scope}` }))
  return [
    ...route.policies,
    deadline(call),
    ...users('call'),
    ...rateLimit(call, facts),
    ...admission(facts),
    ...concurrency(facts),
    ...circuitOf(route),
    ...retry(call, facts, repeatable),
    ...hedge(call, facts, repeatable),
    ...users('attempt'),
  ]
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
  const left = `${round(permitsLeft)} permits left, ${waiting} calls wait`
  const held = serverHoldMs > 0 ? `, the server asked to wait ${Math.ceil(serverHoldMs)} ms` : ''
  const name = 'rate limit'
  if (waiting === 0 && permitsLeft >= cost && serverHoldMs <= 0) return [{ name, does: 'passes', detail: `${left}, it costs ${cost}` }]
  // A call that finds none asks the source for more, and waits for its answer.
  if (limit.quota?.counts.outage === false && serverHoldMs <= 0)
    return [{ name, does: 'waits', detail: `${left}, the quota is asked for more` }]
  if (enforce < 1) return [{ name, does: enforce === 0 ? 'passes' : 'may-refuse', detail: `${left}${held}, enforced for ${enforce}` }]
  return [
    { name, does: overflow === 'queue' && limit.waiting < maxQueue ? 'waits' : 'refuses', detail: `${left}${held}, it costs ${cost}` },
  ]
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

function circuitOf({ circuit }: ExplainedRoute): readonly ExplainedPolicy[] {
  const found = circuit.snapshot()
  if (found === undefined) return []
  const { state, enforced, reason, retryAfterMs, failures, calls } = found
  const name = 'circuit'
  if (state === 'closed') return [{ name, does: 'passes', detail: `closed: ${failures} of ${calls} calls failed` }]
  const left = retryAfterMs !== undefined && Number.isFinite(retryAfterMs) ? `, for ${Math.ceil(retryAfterMs)} ms more` : ''
  const detail = `${state}: ${reason ?? 'forced'}${left}${enforced ? '' : ', only counted'}`
  return [{ name, does: enforced ? (state === 'open' ? 'refuses' : 'may-refuse') : 'passes', detail }]
}

function retry({ idempotent }: Call, { parts: { plan, extra }, host }: ServiceFacts, repeatable: boolean): readonly ExplainedPolicy[] {
  if (plan.retry === false) return [{ name: 'retry', does: 'sees', detail: 'off' }]
  const left = extra.budgetLeft(host.clock.now())
  const budget = left === undefined ? 'no budget' : `budget for ${round(left)} more`
  const what = repeatable ? (idempotent ? 'idempotent' : 'only if it was never sent') : 'not this call'
  return [{ name: 'retry', does: 'sees', detail: `up to ${plan.retry.attempts} attempts, ${what}, ${budget}` }]
}

function hedge({ idempotent }: Call, { parts: { plan } }: ServiceFacts, repeatable: boolean): readonly ExplainedPolicy[] {
  if (plan.hedge === false) return []
  const detail = repeatable && idempotent ? `up to ${plan.hedge.attempts} side by side` : 'not this call'
  return [{ name: 'hedge', does: 'sees', detail }]
}

function round(value: number): number {
  return Math.floor(value * 100) / 100
}
