import { failedStatus, spanKinds } from '../telemetry/otel-api.ts'
import type { EndedSpan } from './ended-span.ts'

/** Which traces are always kept. */
export interface KeepRules {
  readonly failed: boolean
  readonly repeated: boolean
  readonly slowMs: number
}

/**
 * Whether a span is a reason to keep its trace.
 *
 * An attempt failed when the judge of its service says so: a 404 is an error to the conventions, and nothing out of the ordinary to most services.
 *
 * @param span that is over.
 * @param rules see {@link KeepRules}.
 */
export function worthKeeping(span: EndedSpan, rules: KeepRules): boolean {
  const { attributes } = span
  if (rules.failed && hasFailed(span)) return true
  if (rules.repeated && (Number(attributes['proxyless.attempt']) > 1 || Number(attributes['proxyless.attempts']) > 1)) return true
  return rules.slowMs !== Number.POSITIVE_INFINITY && isTimed(span) && durationMs(span) >= rules.slowMs
}

function hasFailed({ attributes, status }: EndedSpan): boolean {
  const verdict = attributes['proxyless.verdict']
  return verdict === undefined ? status.code === failedStatus : verdict === 'failure'
}

/** Spans of one's own may last as long as they like: a job that makes a thousand calls is not slow. */
function isTimed({ kind, attributes }: EndedSpan): boolean {
  return kind === spanKinds.client || kind === spanKinds.server || attributes['proxyless.service'] !== undefined
}

function durationMs({ duration: [seconds, nanoseconds] }: EndedSpan): number {
  return seconds * 1_000 + nanoseconds / 1e6
}
