/**
 * Tracing for programs that have no OpenTelemetry SDK yet: one call starts one, and a wrapper makes the spans of a server.
 *
 * Begin with {@link startTracing}.
 *
 * @module
 */

export { ConfigError, type ConfigProblem } from '../errors/config-error.ts'
export type { Clock, Timer, TimerOptions } from '../runtime/clock.ts'
export type { Duration } from '../runtime/duration.ts'
export type { ExportResult, SpanExporter } from './ended-span.ts'
export type { ExportCounts } from './export-queue.ts'
export { type RunningTracing, startTracing, type TracingCounts } from './start-tracing.ts'
export type { KeeperCounts } from './trace-keeper.ts'
export { type TraceServerOptions, traceServer } from './trace-server.ts'
export { type KeepOptions, keepDefaults, type TracingOptions, tracingDefaults } from './tracing-options.ts'
