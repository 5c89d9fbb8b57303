import type { EndedSpan } from '../../../src/tracing/ended-span.ts'

/** How a span of a test differs from an ordinary one. */
export interface SpanChange {
  readonly kind?: number
  readonly sampled?: boolean
  readonly failed?: boolean
  readonly ms?: number
  readonly attributes?: Readonly<Record<string, unknown>>
}

let made = 0

/** A span that is over. */
export function endedSpan(trace: string, name: string, change: SpanChange = {}): EndedSpan {
  made += 1
  const traceFlags = change.sampled === true ? 1 : 0
  const context = { traceId: trace.padStart(32, '0'), spanId: String(made).padStart(16, '0'), traceFlags }
  const { ms = 1 } = change
  return {
    name,
    kind: change.kind ?? 0,
    attributes: change.attributes ?? {},
    status: { code: change.failed === true ? 2 : 0 },
    duration: [Math.floor(ms / 1_000), (ms % 1_000) * 1e6],
    spanContext: () => context,
  }
}
