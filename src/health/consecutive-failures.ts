import type { Outcome } from '../call/outcome.ts'
import type { MeshErrorCode } from '../errors/mesh-error.ts'
import type { EjectionRule } from './ejection-rule.ts'
import { InARow } from './in-a-row.ts'

/** Failures that say something about this process, the call or the mesh, and nothing about the endpoint. */
const homemade: ReadonlySet<MeshErrorCode> = new Set([
  'UNKNOWN_SERVICE',
  'INVALID_CALL',
  'NO_ENDPOINT',
  'OVERLOADED',
  'QUEUE_FULL',
  'QUEUE_TIMEOUT',
  'REPLY_TOO_LARGE',
  'BODY_FAILED',
  'ABORTED',
  'CLOSED',
  'INTERNAL',
])

/** Whether a failure may be held against the endpoint: a queue that is full here is not its fault, and ejecting it would fill the others. */
export function blamesEndpoint(outcome: Outcome): boolean {
  return outcome.ok || !homemade.has(outcome.error.code)
}

/**
 * Ejects after so many replies in a row that the service's judge takes for failures. What brings no reply at all neither counts nor breaks the
 * row, as in Envoy's split mode.
 *
 * @param limit how many.
 * @param gatewayOnly whether only 502, 503 and 504 count; any other reply breaks the row.
 */
export function consecutiveReplies(limit: number, gatewayOnly: boolean): EjectionRule {
  const row = new InARow()
  return {
    name: gatewayOnly ? 'consecutive-gateway-errors' : 'consecutive-5xx',
    judge(endpoint, verdict, _latencyMs, outcome) {
      if (!outcome.ok) return undefined
      const { status } = outcome.reply
      if (verdict.kind === 'failure' && (!gatewayOnly || (status >= 502 && status <= 504))) return row.add(endpoint) >= limit
      row.reset(endpoint)
      return undefined
    },
    readmitted: (endpoint) => row.reset(endpoint),
  }
}

/**
 * Ejects after so many attempts in a row that brought no whole reply. The head of a reply alone does not break the row: a server may answer at once
 * and never finish.
 *
 * @param limit how many.
 */
export function consecutiveLocalFailures(limit: number): EjectionRule {
  const row = new InARow()
  return {
    name: 'consecutive-local-failures',
    judge: (endpoint, verdict, _latencyMs, outcome) => (!outcome.ok && verdict.kind === 'failure' ? row.add(endpoint) >= limit : undefined),
    completed: (endpoint) => row.reset(endpoint),
    readmitted: (endpoint) => row.reset(endpoint),
  }
}
