import type { Destination } from '../fetch/destination.ts'
import type { CallRecords } from '../records/call-records.ts'
import type { RecordsSettings } from '../records/records-options.ts'
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
  /** See {@link MeshOptions.production}. */
  readonly production: boolean
  /** Where records of calls are kept; `undefined` for nowhere. */
  readonly records?: CallRecords | undefined
  /** What is counted for metrics; `undefined` for nothing. */
  readonly metrics?: MeshMetrics | undefined
}

/** What a running service is given, apart from its plan. */
export interface RuntimeMeans extends ServiceMeans {
  /** Finds a service of the mesh by its name, for those that call others. */
  readonly find: (service: string) => Destination | undefined
}

/** What a mesh runs on, apart from its plan. */
export interface MeshMeans extends Omit<ServiceMeans, 'records'> {
  /** Which calls leave a record; `undefined` for none. */
  readonly records: RecordsSettings | undefined
  readonly clock: Clock
  readonly random: Random | undefined
}
