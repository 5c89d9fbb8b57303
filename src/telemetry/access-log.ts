import type { Call } from '../call/call.ts'
import type { Layer } from '../call/layer.ts'
import type { Outcome } from '../call/outcome.ts'
import { decidingAttempt } from '../call/side-by-side.ts'
import { waits } from '../call/waiting-for.ts'
import type { Host } from '../runtime/host.ts'
import { hearLateRejection } from '../runtime/late-rejection.ts'
import type { AccessLogEntry, AccessLogSettings } from './access-log-options.ts'
import { callTrace } from './call-trace.ts'
import { redactPath } from './redact-path.ts'
import type { TelemetrySettings } from './telemetry-options.ts'

/**
 * Writes a line for each call when the head of its reply is there, or when it failed. Only calls that came to a good end are sampled.
 *
 * @param telemetry says where to, and how many.
 * @param host time, chance, and who hears of a logger that throws.
 * @returns a layer that surrounds all others; none when nothing is to be written.
 */
export function accessLog(telemetry: TelemetrySettings | undefined, host: Host): readonly Layer<Call>[] {
  return telemetry?.accessLog === undefined ? [] : [writing(telemetry.accessLog, telemetry.redact, host)]
}

function writing({ sample, write }: AccessLogSettings, redact: ReadonlySet<string>, host: Host): Layer<Call> {
  const random = sample < 1 ? host.random.fork('access-log') : undefined
  const threw = (error: unknown): void => host.emit('part-threw', { service: host.service, part: 'access log', error })
  return (next) => async (call) => {
    const outcome = await next(call)
    try {
      const failed = !outcome.ok || decidingAttempt(call)?.verdict.kind === 'failure'
      if (failed || random === undefined || random.next() < sample) hearLateRejection(write(entryOf(call, outcome, redact, host)), threw)
    } catch (error) {
      threw(error)
    }
    return outcome
  }
}

function entryOf(call: Call, outcome: Outcome, redact: ReadonlySet<string>, { clock }: Host): AccessLogEntry {
  const { service, method, path, startedAt, spent, underway, context } = call
  const tookMs = clock.now() - startedAt
  const decided = decidingAttempt(call)
  return {
    time: new Date(Math.round(clock.wallTime() - tookMs)).toISOString(),
    service,
    method,
    path: redactPath(path, redact),
    status: outcome.ok ? outcome.reply.status : outcome.error.code,
    endpoint: (decided ?? underway[0])?.endpoint.address,
    attempts: spent.length + underway.length,
    durationMs: rounded(tookMs),
    waitedMs: rounded(context.get(waits).reduce((sum, { ms }) => sum + ms, 0)),
    traceId: context.get(callTrace)?.traceId,
  }
}

/** To a tenth: the rest is noise, and makes lines long. */
function rounded(ms: number): number {
  return Math.round(ms * 10) / 10
}
