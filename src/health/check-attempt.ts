import { Attempt } from '../call/attempt.ts'
import { Call } from '../call/call.ts'
import type { CallBody } from '../call/call-body.ts'
import type { Cancellation } from '../call/cancellation.ts'
import { ContextValues } from '../call/context-values.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Host } from '../runtime/host.ts'

/** What every request of a check looks like. */
export interface CheckRequest {
  readonly method: string
  readonly path: string
  readonly authority: string
  readonly headers: readonly string[]
  readonly body: CallBody
}

/** The attempt that a check puts on the wire. It belongs to no caller's call, and passes through no layer. */
export function checkAttempt(request: CheckRequest, endpoint: Endpoint, host: Host, cancellation: Cancellation): Attempt {
  const call = new Call({
    ...request,
    service: host.service,
    idempotent: true,
    startedAt: host.clock.now(),
    deadline: Number.POSITIVE_INFINITY,
    cancellation,
    subset: undefined,
    context: new ContextValues(),
  })
  return new Attempt(call, endpoint, 1)
}

/** Headers as they go over the wire. */
export function headerList(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).flat()
}
