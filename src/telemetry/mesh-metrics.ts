import type { MeshEventListener, MeshEventName } from '../runtime/events.ts'
import type { Host } from '../runtime/host.ts'
import type { AttemptLabels } from './attempt-metrics.ts'
import type { CallLabels } from './call-metrics.ts'
import { DurationListeners } from './duration-listeners.ts'
import type { MetricsSettings } from './metrics-options.ts'
import { type MetricsListeners, ServiceMetrics } from './service-metrics.ts'

/** Adds a listener to the events of a mesh. */
type Listen = <Name extends MeshEventName>(name: Name, listener: MeshEventListener<Name>) => () => void

/**
 * What a mesh counts for metrics: a {@link ServiceMetrics} for each service, and one for all hosts that no service declares. Attempts are heard of by
 * routing, calls where they come in; what happens now and then, by the events of the mesh.
 */
export class MeshMetrics {
  readonly #settings: MetricsSettings
  readonly #byHost = new WeakMap<Host, ServiceMetrics>()
  readonly #byName = new Map<string, ServiceMetrics>()
  /** Who hears of durations, also of services that are yet to come. */
  readonly listeners: MetricsListeners = {
    attempts: new DurationListeners<AttemptLabels>(),
    calls: new DurationListeners<CallLabels>(),
  }
  #passthrough: ServiceMetrics | undefined

  /** @param settings see {@link MetricsSettings}. */
  constructor(settings: MetricsSettings) {
    this.#settings = settings
  }

  /** The counts of a running service: the same for the same host. */
  of(host: Host): ServiceMetrics {
    let metrics = this.#byHost.get(host)
    if (metrics === undefined) {
      metrics = new ServiceMetrics(host, host.service, this.#settings, this.listeners)
      this.#byHost.set(host, metrics)
      this.#byName.set(host.service, metrics)
    }
    return metrics
  }

  /** The counts of hosts that no service declares. */
  passthroughOf(host: Host): ServiceMetrics {
    this.#passthrough ??= new ServiceMetrics(host, undefined, this.#settings, this.listeners)
    return this.#passthrough
  }

  /** See {@link passthroughOf}; `undefined` before the first call to one. */
  get passthrough(): ServiceMetrics | undefined {
    return this.#passthrough
  }

  /** Begins to count what the events of the mesh tell. */
  watch(on: Listen): void {
    const count = (service: string, add: (metrics: ServiceMetrics) => void) => {
      const metrics = this.#byName.get(service) ?? this.#passthrough
      if (metrics !== undefined) add(metrics)
    }
    on('attempt-repeated', ({ service, code }) => count(service, ({ repeated }) => repeated.add(code)))
    on('endpoint-ejected', ({ service, rule, enforced }) => {
      if (enforced) count(service, ({ ejected }) => ejected.add(rule))
    })
    on('connection-closed', ({ service, openForMs }) => count(service, ({ connections }) => connections.record(openForMs / 1_000)))
    on('resolver-failed', ({ service }) =>
      count(service, (metrics) => {
        metrics.resolverFailures += 1
      }),
    )
    on('part-threw', ({ service }) =>
      count(service, (metrics) => {
        metrics.partFaults += 1
      }),
    )
    on('plan-applied', ({ removed }) => {
      for (const name of removed) this.#byName.delete(name)
    })
  }
}
