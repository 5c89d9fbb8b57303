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

/** The names of {@link MetricsExportOptions}. */
export const exportOptionNames: readonly string[] = Object.freeze(['mostEndpoints'])

/** {@link MetricsExportOptions} with every default filled in. */
export interface MetricsExportSettings {
  /** See {@link MetricsExportOptions.mostEndpoints}. */
  readonly mostEndpoints: number
}

/**
 * Fills in defaults.
 *
 * @param of who was given them, for messages.
 * @param names those that there are.
 * @throws TypeError when an option is none that it can be.
 */
export function metricsExportSettings(
  options: MetricsExportOptions | undefined,
  of: string,
  names: readonly string[] = exportOptionNames,
): MetricsExportSettings {
  if (options !== undefined && (typeof options !== 'object' || options === null))
    throw new TypeError(`${of}: options: expected an object, got ${printValue(options)}`)
  for (const name of Object.keys(options ?? {})) {
    if (!names.includes(name)) throw new TypeError(`${of}: options: expected one of ${names.join(', ')}, got ${printValue(name)}`)
  }
  const mostEndpoints: unknown = options?.mostEndpoints ?? metricsExportDefaults.mostEndpoints
  if (
    typeof mostEndpoints !== 'number' ||
    !(mostEndpoints >= 0) ||
    (!Number.isInteger(mostEndpoints) && mostEndpoints !== Number.POSITIVE_INFINITY)
  )
    throw new TypeError(`${of}: mostEndpoints: expected a whole number of at least 0, got ${printValue(mostEndpoints)}`)
  return { mostEndpoints }
}
