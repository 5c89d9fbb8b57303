import type { RecordsOptions } from '../records/records-options.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Part } from '../runtime/host.ts'
import type { Random } from '../runtime/random.ts'
import type { MetricsOptions } from '../telemetry/metrics-options.ts'
import type { TelemetryOptions } from '../telemetry/telemetry-options.ts'
import type { Transport } from '../transport/transport.ts'

/** What {@link mesh} takes. Every option has a default, see {@link meshDefaults}. */
export interface MeshOptions {
  /** Names the mesh in its snapshot, such as the name of the program. @defaultValue {@link meshDefaults}.name */
  readonly name?: string | undefined
  /**
   * What happens to a host that no service declares: `'passthrough'` sends the call straight to it, without balancing, retries or a
   * deadline; `'registered-only'` refuses it.
   *
   * @defaultValue {@link meshDefaults}.outbound
   */
  readonly outbound?: 'passthrough' | 'registered-only' | undefined
  /** The source of time. @defaultValue {@link systemClock} */
  readonly clock?: Clock | undefined
  /** The source of chance; the mesh takes it over. @defaultValue a fresh {@link systemRandom} */
  readonly random?: Random | undefined
  /**
   * Carries every attempt, in place of the mesh's own connections. A transport is shared by all services and closed with the mesh; a part
   * makes one for each service.
   *
   * @defaultValue `undiciTransport`, one for each service
   */
  readonly transport?: Transport | Part<Transport> | undefined
  /**
   * How calls are traced: with the OpenTelemetry SDK that the program sets up, if it does; `false` for not at all, which leaves the trace headers
   * that the caller writes alone.
   *
   * @defaultValue {@link telemetryDefaults}
   */
  readonly telemetry?: TelemetryOptions | false | undefined
  /**
   * Whether this is production, where faults are not injected unless they are allowed there.
   *
   * @defaultValue whether the environment variable `NODE_ENV` is `production` when the mesh is built
   */
  readonly production?: boolean | undefined
  /**
   * Which calls leave a record in {@link Mesh.recent}: the failed and the slowest ones; `false` for none. {@link meshInfo} works without it.
   *
   * @defaultValue {@link recordsDefaults}
   */
  readonly records?: RecordsOptions | false | undefined
  /**
   * What is counted for `proxyless/metrics` beside what the snapshot has anyway; `false` for nothing: then there are no durations, no reasons of
   * repeated attempts and no connection times.
   *
   * @defaultValue {@link metricsDefaults}
   */
  readonly metrics?: MetricsOptions | false | undefined
}

/** The defaults of {@link MeshOptions} and of `net.close`. */
export const meshDefaults = Object.freeze({
  name: 'mesh',
  outbound: 'passthrough',
  /** How long calls in flight may take to end when a mesh is closed, or a service leaves the plan. */
  grace: '30s',
  /** How many hosts that no service declares are remembered; the longest unused idle ones are forgotten first. */
  passthroughOrigins: 1_024,
} as const)
