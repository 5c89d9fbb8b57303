import * as v from 'valibot'
import { MeshMetrics } from '../telemetry/mesh-metrics.ts'
import { type MetricsOptions, metricsDefaults, metricsSettings } from '../telemetry/metrics-options.ts'
import { flag, integer, options } from './plan-pieces.ts'

/** What a mesh counts for metrics. */
export const metricsSchema = options({
  durationsByEndpoint: v.optional(flag(), metricsDefaults.durationsByEndpoint),
  mostSeries: v.optional(integer({ from: 1 }), metricsDefaults.mostSeries),
} satisfies { readonly [K in keyof Required<MetricsOptions>]: v.GenericSchema })

/** What the option `metrics` of a mesh comes to; `undefined` for nothing. */
export function meshMetricsOf(given: MetricsOptions | false | undefined): MeshMetrics | undefined {
  return given === false ? undefined : new MeshMetrics(metricsSettings(given))
}
