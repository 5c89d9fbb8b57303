/**
 * What a mesh counts, for those who graph it: as text for Prometheus, and through the metrics API of OpenTelemetry.
 *
 * @module
 */

// What there is.
export { type MetricsExportOptions, metricsExportDefaults } from './export-options.ts'
// For Prometheus.
export type { Metered } from './metered.ts'
export { everyAttribute, type MetricDefinition, type MetricKind, type MetricName, meshMetrics } from './metric-table.ts'
export { type MetricsRequest, type MetricsResponse, metricsHandler, prometheusContentType } from './metrics-handler.ts'

// For OpenTelemetry.
export { type OpenTelemetryMetricsOptions, openTelemetryMetrics } from './open-telemetry-metrics.ts'
export type { OtelMeterProvider } from './otel-meter.ts'
export { prometheusName } from './prometheus-name.ts'
export { prometheusText } from './prometheus-text.ts'
