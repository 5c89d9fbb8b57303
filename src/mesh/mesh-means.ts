import type { Clock } from '../runtime/clock.ts'
import type { Random } from '../runtime/random.ts'
import type { MeshMetrics } from '../telemetry/mesh-metrics.ts'
import type { TelemetrySettings } from '../telemetry/telemetry-options.ts'
import type { MeshOptions } from './mesh-options.ts'

/** What a mesh gives its services, apart from their plans. */
export interface ServiceMeans {
  /** What they use instead of their own connections, if anything. */
  readonly transport: MeshOptions['transport']
  /** How they are traced; `undefined` for not at all. */
  readonly telemetry: TelemetrySettings | undefined
  /** What is counted for metrics; `undefined` for nothing. */
  readonly metrics?: MeshMetrics | undefined
}

/** What a mesh runs on, apart from its plan. */
export interface MeshMeans extends ServiceMeans {
  readonly clock: Clock
  readonly random: Random | undefined
}
