import type { Call, SpentAttempt, UnderwayAttempt } from '../call/call.ts'
import { injectedFaults } from '../call/injected-faults.ts'
import { type RepeatNote, repeats } from '../call/repeat-notes.ts'
import { LostRace } from '../call/side-by-side.ts'
import { type AttemptRecord, mostAttempts } from './decision-record.ts'

/**
 * The attempts of a call, in the order in which they began.
 *
 * @param call the call.
 * @param decided the attempt that it went on with.
 * @param now monotonic time: for what is not over.
 */
export function attemptsOf(call: Call, decided: SpentAttempt | undefined, now: number): readonly AttemptRecord[] {
  const faults = call.context.get(injectedFaults)
  const notes = new Map<SpentAttempt, RepeatNote>()
  for (const note of call.context.get(repeats)) notes.set(note.after, note)
  const began: readonly (SpentAttempt | UnderwayAttempt)[] = [...call.spent, ...call.underway].sort((a, b) => a.startedAt - b.startedAt)
  let reached = Number.NEGATIVE_INFINITY
  return began.map((attempt, i): AttemptRecord => {
    const { endpoint, startedAt } = attempt
    const hedge = startedAt < reached
    const spent = 'verdict' in attempt ? attempt : undefined
    const tookMs = spent?.latencyMs ?? now - startedAt
    reached = Math.max(reached, startedAt + tookMs)
    const note = spent && notes.get(spent)
    return {
      number: i + 1,
      endpoint: endpoint.address,
      zone: endpoint.locality.zone,
      startMs: startedAt - call.startedAt,
      tookMs,
      bodyMs: spent?.error === undefined ? spent?.bodyMs : undefined,
      result: spent?.result,
      message: spent === undefined ? undefined : messageOf(spent),
      verdict: spent === undefined ? 'underway' : spent.error instanceof LostRace ? 'lost' : spent.verdict.kind,
      sent: spent?.sent ?? true,
      hedge,
      decided: spent !== undefined && spent === decided,
      injected: faults.filter(({ attempt: number }) => number === i + 1).map(({ what }) => what),
      repeated: note && { how: note.how, waitMs: note.waitMs },
    }
  })
}

/** The first and the last ones of very many. */
export function shortened(attempts: readonly AttemptRecord[]): readonly AttemptRecord[] {
  const half = mostAttempts / 2
  return attempts.length <= mostAttempts ? attempts : [...attempts.slice(0, half), ...attempts.slice(-half)]
}

function messageOf({ error, bodyError }: SpentAttempt): string | undefined {
  if (error === undefined) return bodyError === undefined ? undefined : `the body broke: ${bodyError}`
  const { cause } = error
  const code = typeof cause === 'object' && cause !== null ? (cause as { code?: unknown }).code : undefined
  return typeof code === 'string' && code !== error.code ? `${error.message} (${code})` : error.message
}
