// What it costs to count one attempt, or one whole call, for metrics: `node --expose-gc counted.ts '{"of":"attempt","otel":false,"methods":1}'`.
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import type { Attempt } from '../../src/call/attempt.ts'
import type { Call } from '../../src/call/call.ts'
import { ContextValues } from '../../src/call/context-values.ts'
import type { Outcome } from '../../src/call/outcome.ts'
import type { Host } from '../../src/runtime/host.ts'
import { systemClock } from '../../src/runtime/system-clock.ts'
import { systemRandom } from '../../src/runtime/system-random.ts'
import { type AttemptLabels, AttemptMetrics } from '../../src/telemetry/attempt-metrics.ts'
import { type CallLabels, CallMetrics } from '../../src/telemetry/call-metrics.ts'
import { DurationListeners } from '../../src/telemetry/duration-listeners.ts'
import { metricsSettings } from '../../src/telemetry/metrics-options.ts'
import { measureRuns } from './measure-runs.ts'

const input = JSON.parse(process.argv[2] as string) as { of: 'attempt' | 'call'; otel: boolean; methods: number }
const host: Host = { service: 'orders', clock: systemClock, random: systemRandom(), emit: () => {} }
const listeners = new DurationListeners<AttemptLabels>()
const callListeners = new DurationListeners<CallLabels>()
const metrics = new AttemptMetrics(host, 'orders', metricsSettings(), listeners)
const callMetrics = new CallMetrics(host, 'orders', metricsSettings().mostSeries, callListeners)
if (input.otel) {
  // Without a reader nothing would be recorded.
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const readers = [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 })]
  const histogram = new MeterProvider({ readers }).getMeter('bench').createHistogram('http.client.request.duration')
  const attributes = Object.freeze({ 'http.request.method': 'GET', 'server.address': 'orders', 'server.port': 80 })
  const record = (_service: unknown, _labels: unknown, seconds: number) => histogram.record(seconds, attributes)
  listeners.add(record)
  callListeners.add(record)
}
const attempts = ['GET', 'POST', 'PUT', 'DELETE'].slice(0, input.methods).map((method) => {
  const context = new ContextValues()
  const call = { method, authority: 'orders', startedAt: 0, spent: [{ startedAt: 1, latencyMs: 3 }], context }
  return { call, endpoint: { protocol: 'http:' } } as unknown as Attempt
})
const outcome = { ok: true, reply: { status: 200 } } as Outcome
const verdict = Object.freeze({ kind: 'success' } as const)
let turn = 0
const { ns, bytes } = measureRuns(() => {
  for (let i = 0; i < 1_000; i += 1) {
    const attempt = attempts[turn] as Attempt
    if (input.of === 'call') callMetrics.answered(attempt.call as Call, outcome)
    else metrics.judged(attempt, outcome, verdict)
    turn = turn + 1 === attempts.length ? 0 : turn + 1
  }
})
process.stdout.write(`${JSON.stringify({ ns: ns / 1_000, bytes: bytes / 1_000 })}\n`)
process.exit()
