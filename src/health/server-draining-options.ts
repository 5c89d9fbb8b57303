import type { Duration } from '../runtime/duration.ts'

/** How a service takes what its endpoints say of their own health. Every option has a default, see {@link serverDrainingDefaults}. */
export interface ServerDrainingOptions {
  /**
   * How long it counts that an endpoint said it drains, or is degraded, unless it says so again, or a check of its health passes. Finite, and
   * more than 0.
   *
   * @defaultValue {@link serverDrainingDefaults}.hold
   */
  readonly hold?: Duration | undefined
}

/** The defaults of {@link ServerDrainingOptions}. */
export const serverDrainingDefaults = Object.freeze({ hold: '30s' } as const satisfies ServerDrainingOptions)
