import type { HistogramSnapshot } from '../telemetry/histogram.ts'
import { type MetricKind, type MetricName, meshMetrics } from './metric-table.ts'
import { prometheusName } from './prometheus-name.ts'
import type { Point, Readings } from './reading.ts'

/** OpenTelemetry's numbers for what a metric is made of. */
const pointTypes = Object.freeze({ histogram: 0, gauge: 2, sum: 3 } as const)
const cumulative = 1

/**
 * Readings as the SDK of OpenTelemetry hands metrics to an exporter, with the names of Prometheus; `undefined` when there are none.
 *
 * @param readings what meshes tell.
 */
export function prometheusData({ numbers, histograms }: Readings): unknown {
  const metrics = [...histograms, ...numbers].map(([name, points]) => metricData(name, points))
  if (metrics.length === 0) return undefined
  return { resource: { attributes: {} }, scopeMetrics: [{ scope: { name: 'proxyless' }, metrics }] }
}

/** The unit is in the name already. */
function metricData(name: MetricName, points: readonly Point<unknown>[]): unknown {
  const { kind, description } = meshMetrics[name]
  return {
    descriptor: { name: prometheusName(name), description, unit: '', valueType: 1, advice: {} },
    dataPointType: pointTypeOf(kind),
    aggregationTemporality: cumulative,
    isMonotonic: kind === 'counter',
    dataPoints: points.map(({ attributes, value }) => ({ startTime: [0, 0], endTime: [0, 0], attributes, value: dataOf(value) })),
  }
}

function pointTypeOf(kind: MetricKind): number {
  if (kind === 'histogram') return pointTypes.histogram
  return kind === 'gauge' ? pointTypes.gauge : pointTypes.sum
}

function dataOf(value: unknown): unknown {
  if (typeof value === 'number') return value
  const { count, sum, bounds, counts } = value as HistogramSnapshot
  return { count, sum, buckets: { boundaries: bounds, counts } }
}
