import type { Call, SpentAttempt } from '../call/call.ts'
import { waits } from '../call/waiting-for.ts'
import type { TimeRecord } from './decision-record.ts'

/** The words of {@link waits} by what they are, for the waits of the mesh itself. */
const kinds: Readonly<Record<string, 'discovery' | 'limit' | 'queue' | 'backoff' | 'connect'>> = Object.freeze({
  discovery: 'discovery',
  'a table of the balancer': 'discovery',
  'a permit of the rate limit': 'limit',
  'a permit of the concurrency limit': 'queue',
  'an endpoint with room': 'queue',
  'the next attempt': 'backoff',
  'a connection': 'connect',
})

/** What a call waited for, each thing once. */
export function waitsOf(call: Call, now: number): readonly { readonly for: string; readonly ms: number }[] {
  return call.context.get(waits).flatMap(({ reason, ms, since }) => {
    const waited = ms + (since === undefined ? 0 : now - since)
    return waited > 0 ? [{ for: reason, ms: waited }] : []
  })
}

/**
 * Where the time of a call went.
 *
 * @param call the call.
 * @param decided the attempt that it went on with.
 * @param endedAt monotonic time at which its outcome was there; `undefined` to take that of the deciding attempt.
 * @param now monotonic time: for what is not over.
 */
export function timeOf(call: Call, decided: SpentAttempt | undefined, endedAt: number | undefined, now: number): TimeRecord {
  const sums = { discovery: 0, limit: 0, queue: 0, backoff: 0, connect: 0 }
  for (const { for: reason, ms } of waitsOf(call, now)) {
    const kind = kinds[reason]
    if (kind !== undefined) sums[kind] += ms
  }
  const headAt = decided === undefined ? undefined : decided.startedAt + decided.latencyMs
  const bodyMs =
    decided === undefined || decided.error !== undefined || endedAt !== undefined ? 0 : (decided.bodyMs ?? now - (headAt as number))
  const until = endedAt ?? headAt ?? now
  const attemptsMs = covered(call, until)
  const connectMs = Math.min(sums.connect, attemptsMs)
  const headersMs = attemptsMs - connectMs
  const totalMs = Math.max(0, until - call.startedAt) + bodyMs
  const known = sums.discovery + sums.limit + sums.queue + sums.backoff + connectMs + headersMs + bodyMs
  return {
    totalMs,
    discoveryMs: sums.discovery,
    limitMs: sums.limit,
    queueMs: sums.queue,
    backoffMs: sums.backoff,
    connectMs,
    headersMs,
    bodyMs,
    otherMs: Math.max(0, totalMs - known),
  }
}

/** How long at least one attempt was under way: those that run side by side count once. */
function covered({ spent, underway }: Call, until: number): number {
  const spans = [
    ...spent.map(({ startedAt, latencyMs }) => [startedAt, Math.min(until, startedAt + latencyMs)] as const),
    ...underway.map(({ startedAt }) => [startedAt, until] as const),
  ].sort(([a], [b]) => a - b)
  let sum = 0
  let reached = Number.NEGATIVE_INFINITY
  for (const [from, to] of spans) {
    if (to <= reached) continue
    sum += to - Math.max(from, reached)
    reached = to
  }
  return sum
}
