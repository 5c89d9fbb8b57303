/** What a mesh counts beside what its snapshot has anyway. Every option has a default, see {@link metricsDefaults}. */
export interface MetricsOptions {
  /**
   * Whether durations are told apart by endpoint, too: a set of buckets for each endpoint, method and status. What is counted of endpoints otherwise
   * does not need it.
   *
   * @defaultValue {@link metricsDefaults}.durationsByEndpoint
   */
  readonly durationsByEndpoint?: boolean | undefined
  /**
   * Most series of durations of one service: a whole number of at least 1. Hosts, and endpoints, that come when there are as many share one series,
   * `_OTHER`, for each method and status.
   *
   * @defaultValue {@link metricsDefaults}.mostSeries
   */
  readonly mostSeries?: number | undefined
}

/** The defaults of {@link MetricsOptions}. */
export const metricsDefaults = Object.freeze({ durationsByEndpoint: false, mostSeries: 500 } as const satisfies MetricsOptions)

/** {@link MetricsOptions} with every default filled in. */
export interface MetricsSettings {
  /** See {@link MetricsOptions.durationsByEndpoint}. */
  readonly durationsByEndpoint: boolean
  /** See {@link MetricsOptions.mostSeries}. */
  readonly mostSeries: number
}

/** Fills in defaults. */
export function metricsSettings(options?: MetricsOptions): MetricsSettings {
  return Object.freeze({
    durationsByEndpoint: options?.durationsByEndpoint ?? metricsDefaults.durationsByEndpoint,
    mostSeries: options?.mostSeries ?? metricsDefaults.mostSeries,
  })
}
