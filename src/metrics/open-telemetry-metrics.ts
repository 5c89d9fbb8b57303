import { printValue } from '../errors/print-value.ts'
import { metricsOfMesh } from '../mesh/metered-meshes.ts'
import type { DurationListeners } from '../telemetry/duration-listeners.ts'
import { requestDurationBounds } from '../telemetry/histogram.ts'
import { exportOptionNames, type MetricsExportOptions, type MetricsExportSettings, metricsExportSettings } from './export-options.ts'
import { type Metered, readMeshes } from './metered.ts'
import { type MetricName, meshMetrics } from './metric-table.ts'
import {
  type OtelBatchResult,
  type OtelMeter,
  type OtelMeterProvider,
  type OtelMetricAttributes,
  type OtelObservable,
  registeredMeterProvider,
} from './otel-meter.ts'
import { callAttributes, durationAttributes, passthroughService } from './read-mesh.ts'
import type { Attributes } from './reading.ts'
import { beginTelling, type Telling } from './told-meters.ts'

/** How metrics are handed to OpenTelemetry. */
export interface OpenTelemetryMetricsOptions extends MetricsExportOptions {
  /** Makes the meter. @defaultValue the provider that the program has set up with `metrics.setGlobalMeterProvider(...)` */
  readonly meterProvider?: OtelMeterProvider | undefined
}

/** The name of our meter, which tells our series from those of an instrumentation of undici. */
const meterName = 'proxyless'

/**
 * Hands what a mesh counts to the OpenTelemetry SDK of the program, until the mesh is closed. Counters and gauges are read when the SDK collects,
 * so they cost calls nothing; the duration of an attempt, and of a call, is recorded as it ends, because OpenTelemetry has no histogram that could be read.
 *
 * `http.client.connection.duration` is told to Prometheus alone, for the same reason.
 *
 * Several meshes may be told to one provider; those with the same name are told apart by a number.
 *
 * @param net the mesh.
 * @param options see {@link OpenTelemetryMetricsOptions}.
 * @returns a function that ends it earlier.
 * @throws TypeError when it is given no mesh, a wrong option, a mesh that this provider is told of already, which would count everything twice, or
 * when the program has not set up a meter provider.
 * @example
 * ```ts
 * import { metrics } from '@opentelemetry/api'
 * import { MeterProvider } from '@opentelemetry/sdk-metrics'
 * import { fixed, mesh } from 'proxyless'
 * import { openTelemetryMetrics } from 'proxyless/metrics'
 *
 * metrics.setGlobalMeterProvider(new MeterProvider())
 * await using net = mesh({ name: 'checkout' })
 *   .service('orders', (s) => s.resolve(fixed(['http://10.0.0.7:8080'])))
 *   .build()
 * openTelemetryMetrics(net)
 * ```
 */
export function openTelemetryMetrics(net: Metered, options?: OpenTelemetryMetricsOptions): () => void {
  // One at a time, and no list: each is ended by itself.
  if (typeof (net as Partial<Metered> | undefined)?.snapshot !== 'function')
    throw new TypeError(`openTelemetryMetrics: expected a mesh, got ${printValue(net)}`)
  const settings = metricsExportSettings(options, 'openTelemetryMetrics', [...exportOptionNames, 'meterProvider'])
  const provider: unknown = options?.meterProvider ?? registeredMeterProvider()
  if (typeof (provider as OtelMeterProvider | undefined)?.getMeter !== 'function') {
    const expected = 'expected a meter provider, given or set up with metrics.setGlobalMeterProvider(...)'
    throw new TypeError(`openTelemetryMetrics: meterProvider: ${expected}, got ${printValue(provider)}`)
  }
  const meter = (provider as OtelMeterProvider).getMeter(meterName) as OtelMeter
  if (typeof meter?.addBatchObservableCallback !== 'function')
    throw new TypeError(
      `openTelemetryMetrics: meterProvider: expected one of OpenTelemetry's API 1.9 or later, got the meter ${printValue(meter)}`,
    )
  const telling = beginTelling(net, provider as OtelMeterProvider, meter)
  const ends = [telling.end]
  const end = () => {
    for (const each of ends.splice(0)) each()
  }
  try {
    const mesh = telling.nameOf(net.snapshot().name)
    const listeners = metricsOfMesh(net)?.listeners
    if (listeners !== undefined) {
      ends.push(recordDurations(meter, 'http.client.request.duration', mesh, listeners.attempts, durationAttributes))
      ends.push(recordDurations(meter, 'proxyless.call.duration', mesh, listeners.calls, callAttributes))
    }
    ends.push(observe(net, meter, settings, telling, end))
  } catch (error) {
    end()
    throw error
  }
  return end
}

function recordDurations<Labels extends object>(
  meter: OtelMeter,
  name: MetricName,
  mesh: string,
  listeners: DurationListeners<Labels>,
  attributesOf: (labels: Labels) => Attributes,
): () => void {
  const { unit, description } = meshMetrics[name]
  const advice = { explicitBucketBoundaries: [...requestDurationBounds] }
  const histogram = meter.createHistogram(name, { unit, description, advice })
  // The labels of a series are one object, and so are its attributes: building them costs more than recording.
  const known = new WeakMap<Labels, OtelMetricAttributes>()
  return listeners.add((service, labels, seconds) => {
    let attributes = known.get(labels)
    if (attributes === undefined) {
      attributes = present({ 'proxyless.mesh': mesh, 'proxyless.service': service ?? passthroughService, ...attributesOf(labels) })
      known.set(labels, attributes)
    }
    histogram.record(seconds, attributes)
  })
}

function present(all: Attributes): OtelMetricAttributes {
  return Object.freeze(Object.fromEntries(Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))))
}

function observe(net: Metered, meter: OtelMeter, settings: MetricsExportSettings, telling: Telling, closed: () => void): () => void {
  const observables = new Map<MetricName, OtelObservable>()
  for (const [name, { kind, unit, description }] of Object.entries(meshMetrics)) {
    const options = { unit, description }
    if (kind === 'counter') observables.set(name as MetricName, meter.createObservableCounter(name, options))
    else if (kind === 'up-down') observables.set(name as MetricName, meter.createObservableUpDownCounter(name, options))
    else if (kind === 'gauge') observables.set(name as MetricName, meter.createObservableGauge(name, options))
  }
  const all = [...observables.values()]
  const callback = (result: OtelBatchResult) => {
    const snapshot = net.snapshot()
    if (snapshot.state === 'closed') closed()
    for (const [name, points] of readMeshes([{ ...snapshot, name: telling.nameOf(snapshot.name) }], settings).numbers) {
      const observable = observables.get(name) as OtelObservable
      for (const { attributes, value } of points) result.observe(observable, value, attributes)
    }
  }
  meter.addBatchObservableCallback(callback, all)
  return () => meter.removeBatchObservableCallback(callback, all)
}
