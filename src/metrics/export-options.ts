import { printValue } from '../errors/print-value.ts'

/** What of a mesh is exported. */
export interface MetricsExportOptions {
  /**
   * Most endpoints of a service that have series of their own; where there are more, none has, and the numbers of the service are all that is told. 0 for
   * never. A whole number of at least 0.
   *
   * @defaultValue {@link metricsExportDefaults}.mostEndpoints
   */
  readonly mostEndpoints?: number | undefined
}

/** The defaults of {@link MetricsExportOptions}. */
export const metricsExportDefaults = Object.freeze({ mostEndpoints: 100 } as const satisfies MetricsExportOptions)

/** {@link MetricsExportOptions} with every default filled in. */
export interface MetricsExportSettings {
  /** See {@link MetricsExportOptions.mostEndpoints}. */
  readonly mostEndpoints: number
}

/**
 * Fills in defaults.
 *
 * @throws TypeError when an option is none that it can be.
 */
export function metricsExportSettings(options: MetricsExportOptions | undefined, of: string): MetricsExportSettings {
  const mostEndpoints: unknown = options?.mostEndpoints ?? metricsExportDefaults.mostEndpoints
  if (
    typeof mostEndpoints !== 'number' ||
    !(mostEndpoints >= 0) ||
    (!Number.isInteger(mostEndpoints) && mostEndpoints !== Number.POSITIVE_INFINITY)
  )
    throw new TypeError(`${of}: mostEndpoints: expected a whole number of at least 0, got ${printValue(mostEndpoints)}`)
  return { mostEndpoints }
}
