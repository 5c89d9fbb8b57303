import type { Attempt } from '../call/attempt.ts'
import type { Send } from '../call/layer.ts'
import { otelApi } from './otel-api.ts'
import { suppressed } from './trace-context.ts'

/**
 * Sends what no call asked for, such as a health check: instrumentations below make no span for it and add no header.
 *
 * @param send of the transport.
 */
export function untraced(send: Send<Attempt>): Send<Attempt> {
  return (attempt) => {
    const context = otelApi()?.context
    return context === undefined ? send(attempt) : context.with(suppressed(context.active()), send, undefined, attempt)
  }
}
