import type { Duration } from '../../runtime/duration.ts'
import type { ConcurrencyLimitPart } from './concurrency-limit.ts'

/** How many calls may be in flight at once. At least one of `limit` and `endpoints` must be there. */
export interface ConcurrencyOptions {
  /**
   * Most calls of the service: an integer of at least 1, or a limit that learns, such as {@link gradientLimit}. A call holds its permit
   * until the body of its reply is over, with all its retries. @defaultValue any number
   */
  readonly limit?: number | ConcurrencyLimitPart | undefined
  /** Most attempts at each endpoint. @defaultValue {@link concurrencyDefaults}.endpoints */
  readonly endpoints?: EndpointConcurrencyOptions | false | undefined
  /**
   * How many calls may wait for a permit, 0 for none. When so many wait already, the least important one that came last is refused: one that
   * waits, or the new one. @defaultValue {@link concurrencyDefaults}.queue
   */
  readonly queue?: number | undefined
  /** How long a call may wait, besides its deadline. @defaultValue {@link concurrencyDefaults}.queueTimeout */
  readonly queueTimeout?: Duration | undefined
  /** Share of the calls without a permit that have to wait or are refused, from 0 (only counted) to 1. @defaultValue {@link concurrencyDefaults}.enforce */
  readonly enforce?: number | undefined
}

/** How many attempts may be in flight at one endpoint. Attempts go to endpoints with room; only when none has any do they wait for the first that does. */
export interface EndpointConcurrencyOptions {
  /** Most attempts: an integer of at least 1, or a limit that learns, made once for each endpoint. */
  readonly limit: number | ConcurrencyLimitPart
  /** How many attempts may wait, for all endpoints together. @defaultValue {@link concurrencyDefaults}.queue */
  readonly queue?: number | undefined
}

/** The defaults of {@link ConcurrencyOptions}. A service that says nothing has no limit. */
export const concurrencyDefaults: Readonly<{ endpoints: false; queue: number; queueTimeout: Duration; enforce: number }> = Object.freeze({
  /** A limit of the service is the simpler thing. */
  endpoints: false,
  /** As many as Envoy lets wait. */
  queue: 1_024,
  /** The deadline ends every wait. */
  queueTimeout: Number.POSITIVE_INFINITY,
  /** A limit that one asks for is meant. */
  enforce: 1,
})
