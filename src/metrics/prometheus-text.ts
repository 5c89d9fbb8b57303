import { type MetricsExportOptions, metricsExportSettings } from './export-options.ts'
import { type Metered, meteredMeshes, readMeshes } from './metered.ts'
import { type MetricKind, type MetricName, meshMetrics } from './metric-table.ts'
import { prometheusName } from './prometheus-name.ts'
import type { Point } from './reading.ts'

/** What writes the text: the serializer of OpenTelemetry's exporter, which knows the format and its escapes. */
interface Serializer {
  serialize(metrics: unknown): string
}

/** OpenTelemetry's numbers for what a metric is made of. */
const pointTypes = Object.freeze({ histogram: 0, gauge: 2, sum: 3 } as const)
const cumulative = 1

/** One for all: it keeps nothing but which conflicts it has told of. */
let serializer: Promise<Serializer> | undefined

/**
 * What meshes count, in the text format of Prometheus. See {@link metricsHandler} for a server that hands it out.
 *
 * It is written by the serializer of `@opentelemetry/exporter-prometheus`, an optional peer of this package; nothing of it is loaded before the first
 * text is asked for, and no OpenTelemetry has to be set up.
 *
 * @param nets a mesh, or several of one process; they are told apart by the label `proxyless_mesh`.
 * @param options see {@link MetricsExportOptions}.
 * @returns the text; rejects when the peer is not installed.
 * @throws TypeError when it is given no mesh, or a wrong option.
 * @example
 * ```ts
 * import { fixed, mesh } from 'proxyless'
 * import { prometheusText } from 'proxyless/metrics'
 *
 * await using net = mesh({ name: 'checkout' })
 *   .service('orders', (s) => s.resolve(fixed(['http://10.0.0.7:8080'])))
 *   .build()
 * console.log(await prometheusText(net))
 * ```
 */
export function prometheusText(nets: Metered | readonly Metered[], options?: MetricsExportOptions): Promise<string> {
  const meshes = meteredMeshes(nets, 'prometheusText')
  const settings = metricsExportSettings(options, 'prometheusText')
  return writeText(() => {
    const snapshots = meshes.map((net) => net.snapshot())
    const { numbers, histograms } = readMeshes(snapshots, settings)
    return [
      ...[...histograms].map(([name, points]) => metricData(name, points)),
      ...[...numbers].map(([name, points]) => metricData(name, points)),
    ]
  })
}

async function writeText(read: () => readonly unknown[]): Promise<string> {
  serializer ??= loadSerializer()
  const writer = await serializer.catch((error) => {
    // It may be installed by the next time.
    serializer = undefined
    throw error
  })
  const metrics = read()
  // The serializer writes a sentence of its own where there is nothing.
  if (metrics.length === 0) return ''
  return `${writer.serialize({ resource: { attributes: {} }, scopeMetrics: [{ scope: { name: 'proxyless' }, metrics }] }).trimEnd()}\n`
}

async function loadSerializer(): Promise<Serializer> {
  try {
    const { PrometheusSerializer } = await import('@opentelemetry/exporter-prometheus')
    // Without a target and a scope: both would be the same on every line.
    return new PrometheusSerializer('', false, undefined, true, true) as Serializer
  } catch (cause) {
    throw new Error('prometheusText: expected the package @opentelemetry/exporter-prometheus to be installed beside proxyless', { cause })
  }
}

/** A metric as the SDK of OpenTelemetry hands it to an exporter. The unit is in the name already. */
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
  const { count, sum, bounds, counts } = value as import('../telemetry/histogram.ts').HistogramSnapshot
  return { count, sum, buckets: { boundaries: bounds, counts } }
}
