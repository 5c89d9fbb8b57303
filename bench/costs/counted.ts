// What it costs to count one attempt for metrics, and to read it all: `node --expose-gc counted.ts '{"otel":false,"methods":1}'`.
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import type { Attempt } from '../../src/call/attempt.ts'
import type { Outcome } from '../../src/call/outcome.ts'
import type { Host } from '../../src/runtime/host.ts'
import { systemClock } from '../../src/runtime/system-clock.ts'
import { systemRandom } from '../../src/runtime/system-random.ts'
import type { DurationListeners } from '../../src/telemetry/attempt-metrics.ts'
import { AttemptMetrics } from '../../src/telemetry/attempt-metrics.ts'
import { metricsSettings } from '../../src/telemetry/metrics-options.ts'
import { measureRuns } from './measure-runs.ts'

const input = JSON.parse(process.argv[2] as string) as { otel: boolean; methods: number }
const host: Host = { service: 'orders', clock: systemClock, random: systemRandom(), emit: () => {} }
const listeners: DurationListeners = { all: undefined }
const metrics = new AttemptMetrics(host, 'orders', metricsSettings(), listeners)
if (input.otel) {
  // Without a reader nothing would be recorded.
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const readers = [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 })]
  const histogram = new MeterProvider({ readers }).getMeter('bench').createHistogram('http.client.request.duration')
  const attributes = Object.freeze({ 'http.request.method': 'GET', 'server.address': 'orders', 'server.port': 80 })
  listeners.all = [(_service, _labels, seconds) => histogram.record(seconds, attributes)]
}
const attempts = ['GET', 'POST', 'PUT', 'DELETE'].slice(0, input.methods).map((method) => {
  const call = { method, authority: 'orders', spent: [{ latencyMs: 3 }] }
  return { call, endpoint: { protocol: 'http:' } } as unknown as Attempt
})
const outcome = { ok: true, reply: { status: 200 } } as Outcome
const verdict = Object.freeze({ kind: 'success' } as const)
let turn = 0
const { ns, bytes } = measureRuns(() => {
  for (let i = 0; i < 1_000; i += 1) {
    metrics.judged(attempts[turn] as Attempt, outcome, verdict)
    turn = turn + 1 === attempts.length ? 0 : turn + 1
  }
})
process.stdout.write(`${JSON.stringify({ ns: ns / 1_000, bytes: bytes / 1_000 })}\n`)
process.exit()
