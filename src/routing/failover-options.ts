/**
 * How calls move from one tier of endpoints to the next as endpoints fall ill. Every option has a default, see {@link failoverDefaults}; the
 * names are Envoy's.
 */
export interface FailoverOptions {
  /**
   * `'proportional'`: as much as a tier cannot take goes to the next one (Envoy); `'all-or-nothing'`: the first tier that has a healthy endpoint
   * takes everything (gRPC).
   *
   * @defaultValue {@link failoverDefaults}.spill
   */
  readonly spill?: 'proportional' | 'all-or-nothing' | undefined
  /**
   * How much more than its usual part an endpoint can take: with 1.4, a tier of which 72 % are healthy still takes everything. A number from 1 to
   * 100; it counts in hundredths.
   *
   * @defaultValue {@link failoverDefaults}.overprovisioningFactor
   */
  readonly overprovisioningFactor?: number | undefined
  /**
   * When less than this share of a tier is healthy or degraded, and the tiers together cannot take everything, the tier is in *panic*: all of
   * its endpoints are used, ill ones too, but not those that are draining while there are others. They are too many for the rest to carry, and perhaps the judges are wrong. From 0 to 1; 0 turns panic off.
   *
   * @defaultValue {@link failoverDefaults}.panicThreshold
   */
  readonly panicThreshold?: number | undefined
  /**
   * Whether a call that comes to a tier in panic fails at once instead, so that the endpoints which are left are not overrun.
   *
   * @defaultValue {@link failoverDefaults}.failTrafficOnPanic
   */
  readonly failTrafficOnPanic?: boolean | undefined
}

/** The defaults of {@link FailoverOptions}: Envoy's. */
export const failoverDefaults = Object.freeze({
  spill: 'proportional',
  overprovisioningFactor: 1.4,
  panicThreshold: 0.5,
  failTrafficOnPanic: false,
} as const satisfies FailoverOptions)

/** {@link FailoverOptions} with every default filled in. */
export interface FailoverSettings {
  /** See {@link FailoverOptions.spill}. */
  readonly spill: 'proportional' | 'all-or-nothing'
  /** See {@link FailoverOptions.overprovisioningFactor}. */
  readonly overprovisioningFactor: number
  /** See {@link FailoverOptions.panicThreshold}. */
  readonly panicThreshold: number
  /** See {@link FailoverOptions.failTrafficOnPanic}. */
  readonly failTrafficOnPanic: boolean
}
