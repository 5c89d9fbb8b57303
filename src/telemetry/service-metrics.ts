import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Host } from '../runtime/host.ts'
import { type AttemptDurations, type AttemptLabels, AttemptMetrics } from './attempt-metrics.ts'
import { type CallDurations, type CallLabels, CallMetrics } from './call-metrics.ts'
import type { DurationListeners } from './duration-listeners.ts'
import { connectionDurationBounds, Histogram, type HistogramSnapshot } from './histogram.ts'
import type { MetricsSettings } from './metrics-options.ts'
import { ThroughputWindow } from './throughput-window.ts'

/** What is counted of a service for metrics alone, since it was added. */
export interface ServiceMetricsSnapshot {
  /** Attempts by how they were judged at the head of their reply. */
  readonly attempts: { readonly success: number; readonly failure: number; readonly ignored: number }
  /** How long calls took until the head of their reply, or their failure, with all their attempts and waits. */
  readonly calls: readonly CallDurations[]
  /** How long attempts took until the head of their reply, or their failure. */
  readonly durations: readonly AttemptDurations[]
  /** How long connections were open that are closed now. */
  readonly connections: HistogramSnapshot
  /** Attempts that were repeated, by why: the status, or the code of the error. */
  readonly repeatedBecause: Readonly<Record<string, number>>
  /** Ejections that were carried out, by the rule. */
  readonly ejectedBecause: Readonly<Record<string, number>>
  /** How often the resolver threw. */
  readonly resolverFailures: number
  /** How often a user's code threw: policies, balancer, meters, classifier. */
  readonly partFaults: number
}

/** Most reasons that are told apart; there are fewer than a hundred unless servers make statuses up. */
const mostReasons = 100

/** Counts by reason. */
class Reasons {
  readonly #counts = new Map<string, number>()

  add(reason: string): void {
    const known = this.#counts.has(reason) || this.#counts.size < mostReasons ? reason : '_OTHER'
    this.#counts.set(known, (this.#counts.get(known) ?? 0) + 1)
  }

  snapshot(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }
}

/** Who hears of the durations of a mesh, as they end. */
export interface MetricsListeners {
  readonly attempts: DurationListeners<AttemptLabels>
  readonly calls: DurationListeners<CallLabels>
}

/** Counts what is asked for of one service by metrics alone. It stays as long as the service is part of the mesh, whatever its plan. */
export class ServiceMetrics {
  readonly attempts: AttemptMetrics
  readonly calls: CallMetrics
  readonly connections = new Histogram(connectionDurationBounds)
  readonly repeated = new Reasons()
  readonly ejected = new Reasons()
  readonly throughput: ThroughputWindow
  resolverFailures = 0
  partFaults = 0

  /**
   * @param host the service.
   * @param service what listeners are told.
   * @param settings see {@link MetricsSettings}.
   * @param listeners who hears of every attempt and call of the mesh.
   */
  constructor(host: Host, service: string | undefined, settings: MetricsSettings, listeners: MetricsListeners) {
    this.attempts = new AttemptMetrics(host, service, settings, listeners.attempts)
    this.calls = new CallMetrics(host, service, settings.mostSeries, listeners.calls)
    this.throughput = new ThroughputWindow(host.clock.now())
  }

  /**
   * What was counted, as plain data.
   *
   * @param endpoints those that there are: series of others are forgotten.
   */
  snapshot(endpoints: readonly Endpoint[]): ServiceMetricsSnapshot {
    this.attempts.retain(endpoints)
    return {
      attempts: this.attempts.verdicts,
      calls: this.calls.durations,
      durations: this.attempts.durations,
      connections: this.connections.snapshot(),
      repeatedBecause: this.repeated.snapshot(),
      ejectedBecause: this.ejected.snapshot(),
      resolverFailures: this.resolverFailures,
      partFaults: this.partFaults,
    }
  }
}
