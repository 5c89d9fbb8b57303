import type { Call } from '../call/call.ts'
import { pathAfterRewrite, pathBeforeRewrite } from '../call/call-route.ts'
import { inherited } from '../call/inbound-call.ts'
import { previousHop } from '../call/previous-hop.ts'
import { decidingAttempt } from '../call/side-by-side.ts'
import type { MeshError } from '../errors/mesh-error.ts'
import type { Clock } from '../runtime/clock.ts'
import { redactPath } from '../telemetry/redact-path.ts'
import type { DeadlineRecord, DecisionRecord, RecordedError } from './decision-record.ts'
import { whyNotRepeated } from './not-repeated.ts'
import { attemptsOf, shortened } from './tell-attempts.ts'
import { timeOf, waitsOf } from './tell-time.ts'

/** How a call ended, for its record. */
export interface Ending {
  /** What the caller got instead of a reply, or of the rest of its body. */
  readonly error?: MeshError | undefined
  /** Monotonic time at which that was known; only with an error. */
  readonly at?: number | undefined
}

/** What the call itself does not know. */
export type KnownBeside = Pick<DecisionRecord, 'kept' | 'protocol' | 'version' | 'passedOver' | 'passedOverCounts' | 'state'> & {
  /** Most attempts of a call to the service; `undefined` when it does not repeat them at all. */
  readonly mostAttempts: number | undefined
}

/**
 * The record of a call.
 *
 * @param call the call, or any copy of it.
 * @param ending how it ended.
 * @param secrets see {@link redactPath}.
 * @param clock time.
 * @param beside what the call itself does not know.
 */
export function describeCall(call: Call, ending: Ending, secrets: ReadonlySet<string>, clock: Clock, beside: KnownBeside): DecisionRecord {
  const now = clock.now()
  const { error, at } = ending
  const { mostAttempts, ...rest } = beside
  const decided = decidingAttempt(call)
  const attempts = attemptsOf(call, decided, now)
  const told = shortened(attempts)
  const isReply = error === undefined && decided !== undefined && decided.error === undefined
  return {
    service: call.service,
    route: call.route,
    method: call.method,
    path: redactPath(call.context.get(pathBeforeRewrite) ?? call.path, secrets),
    sentPath: sentPathOf(call, secrets),
    startedAt: clock.wallTime() - (now - call.startedAt),
    result: resultOf(call, error),
    status: isReply && typeof decided.result === 'number' ? decided.result : undefined,
    error: error && recordedError(error),
    endpoint: decided?.endpoint.address ?? call.underway[0]?.endpoint.address ?? error?.facts.endpoint,
    subset: call.subset && { ...call.subset },
    redirects: redirectsOf(call),
    attempts: told,
    attemptsLeftOut: attempts.length - told.length,
    notRepeated: whyNotRepeated(call, decided, mostAttempts, at ?? now),
    waits: waitsOf(call, at ?? now),
    time: timeOf(call, decided, at, now),
    deadline: deadlineOf(call, at ?? now),
    ...rest,
  }
}

/** An error as plain data. */
export function recordedError({ code, message, facts }: MeshError): RecordedError {
  return { code, message, sent: facts.sent, retryAfterMs: facts.retryAfterMs }
}

/** A path that nobody else should see is left out there, too. */
function sentPathOf(call: Call, secrets: ReadonlySet<string>): string | undefined {
  const path = call.context.get(pathAfterRewrite)
  return path === undefined ? undefined : redactPath(path, secrets)
}

function resultOf(call: Call, error: MeshError | undefined): DecisionRecord['result'] {
  if (error !== undefined) return error.code === 'ABORTED' || error.code === 'BODY_FAILED' ? 'ignored' : 'failed'
  const decided = decidingAttempt(call)
  if (decided === undefined) return 'underway'
  if (decided.verdict.kind === 'ignored') return 'ignored'
  if (decided.bodyError !== undefined) return decided.bodyError === 'ABORTED' ? 'ignored' : 'failed'
  return decided.verdict.kind === 'failure' ? 'failed' : 'succeeded'
}

function redirectsOf(call: Call): number {
  let count = 0
  for (let hop = call.context.get(previousHop); hop !== undefined; hop = hop.context.get(previousHop)) count += 1
  return count
}

function deadlineOf(call: Call, at: number): DeadlineRecord {
  const above = call.context.get(inherited)
  const deadline = above?.limits === true ? (above.deadline ?? call.deadline) : call.deadline
  if (deadline === Number.POSITIVE_INFINITY) return { ms: undefined, leftMs: undefined, inherited: false }
  return { ms: deadline - call.startedAt, leftMs: Math.max(0, deadline - at), inherited: above?.limits === true }
}
