import type { Call, SpentAttempt } from '../../call/call.ts'
import { routeFact } from '../../call/call-route.ts'
import { noteRepeat, type RepeatNote } from '../../call/repeat-notes.ts'
import type { Host } from '../../runtime/host.ts'

/**
 * Tells that a call goes on to another attempt.
 *
 * @param host hears of it.
 * @param call the call.
 * @param last the attempt that is repeated.
 * @param waitMs how long the call waits first, in milliseconds.
 * @param how see {@link RepeatNote}.
 */
export function tellRepeated(host: Host, call: Call, last: SpentAttempt, waitMs: number, how: RepeatNote['how']): void {
  noteRepeat(call, { after: last, how, waitMs })
  host.emit('attempt-repeated', {
    service: call.service,
    endpoint: last.endpoint.address,
    code: String(last.result),
    attempt: call.spent.length,
    sent: last.sent,
    waitMs,
    ...routeFact(call),
  })
}
