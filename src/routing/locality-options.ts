/**
 * Where this process is, and what follows from it. Every option but the place has a default, see {@link localityDefaults}.
 *
 * A *place*, where names are asked for, is `'region/zone'`, a zone or a region, whichever is found first in this order.
 */
export interface LocalityOptions {
  /** The region of this process, such as `'eu-west-1'`. @defaultValue not known */
  readonly region?: string | undefined
  /** The zone of this process, such as `'eu-west-1b'`. @defaultValue not known */
  readonly zone?: string | undefined
  /** Labels of this process, for {@link LocalityOptions.failoverPriority}. @defaultValue none */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /**
   * - `'zone-aware'`: as much as possible stays in this zone, and yet every endpoint gets the same from all clients together (Envoy).
   * - `'weighted'`: each place gets its weight, less what it cannot take (Envoy).
   * - `'failover'`: this zone takes everything, then this region, then others; each steps in for as much as the one before cannot take (Istio).
   * - `'strict'`: this zone, or this region if no zone is given, and nobody else.
   *
   * @defaultValue {@link localityDefaults}.mode
   */
  readonly mode?: 'zone-aware' | 'weighted' | 'failover' | 'strict' | undefined
  /**
   * For `'weighted'`: the weight of each place, at least 0 and not all 0. A place that is not named gets nothing, except calls that have tried the others.
   */
  readonly weights?: Readonly<Record<string, number>> | undefined
  /**
   * For `'zone-aware'`: how the clients of the service, this process among them, are spread over places: numbers or shares, at least 0 and not all 0.
   *
   * @defaultValue {@link localityDefaults}.clients: as many in each zone as in any other that has endpoints
   */
  readonly clients?: 'equal' | Readonly<Record<string, number>> | undefined
  /**
   * For `'zone-aware'`: with fewer healthy endpoints than that, zones do not count. A whole number of at least 0.
   *
   * @defaultValue {@link localityDefaults}.minClusterSize
   */
  readonly minClusterSize?: number | undefined
  /**
   * For `'zone-aware'`: everything stays in this zone while it has so many healthy endpoints, uneven or not, and there are `minClusterSize` in all: a
   * whole number of at least 1, or `false`.
   *
   * @defaultValue {@link localityDefaults}.forceLocalZone
   */
  readonly forceLocalZone?: number | false | undefined
  /** For `'failover'`: which region steps in for which, before all others: `{ 'eu-west-1': 'eu-central-1' }`. @defaultValue none */
  readonly failover?: Readonly<Record<string, string>> | undefined
  /**
   * For `'failover'`: labels by which distance is counted instead of region and zone. An endpoint is the nearer the more of them, from the first one on, it has in common with this
   * process; `region` and `zone` are those of the place, and `'version=v1'` compares with a value of its own.
   */
  readonly failoverPriority?: readonly string[] | undefined
}

/** The defaults of {@link LocalityOptions}; the cluster size is Envoy's. */
export const localityDefaults = Object.freeze({
  mode: 'zone-aware',
  clients: 'equal',
  minClusterSize: 6,
  forceLocalZone: false,
} as const satisfies LocalityOptions)

/** {@link LocalityOptions} with the defaults filled in. */
export interface LocalitySettings extends LocalityOptions {
  /** See {@link LocalityOptions.mode}. */
  readonly mode: 'zone-aware' | 'weighted' | 'failover' | 'strict'
  /** See {@link LocalityOptions.clients}. */
  readonly clients: 'equal' | Readonly<Record<string, number>>
  /** See {@link LocalityOptions.minClusterSize}. */
  readonly minClusterSize: number
  /** See {@link LocalityOptions.forceLocalZone}. */
  readonly forceLocalZone: number | false
}
