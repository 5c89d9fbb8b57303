import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { openTelemetryMetrics } from 'proxyless/metrics'
import type { Open } from '../case.ts'
import { type AnyFetch, fetchJob } from '../fetch-jobs.ts'
import { openMesh } from './open-mesh.ts'

/** `net.fetch` with an SDK of OpenTelemetry that records every duration, and collects every second. */
export const open: Open = async ({ urls, job }) => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1_000, exportTimeoutMillis: 1_000 })
  // Kept, they would be memory that nobody measures here.
  setInterval(() => exporter.reset(), 1_000).unref()
  const net = openMesh(urls)
  openTelemetryMetrics(net, { meterProvider: new MeterProvider({ readers: [reader] }) })
  return { call: fetchJob(net.fetch as AnyFetch, 'http://orders', job) }
}
