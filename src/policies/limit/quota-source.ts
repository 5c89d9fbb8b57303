/**
 * Who hands out the permits that several processes share?
 *
 * A quota source leases permits, some at a time, out of one rate that all processes together must not exceed. The bucket of a process
 * (leased-bucket.ts) decides how many to ask for and when, gives them to calls, and says what happens while the source cannot be reached.
 * The source never knows of calls.
 *
 * To add one: a `Part<QuotaSource>` in a file of its own; `rateLimit({ quota })` takes it.
 *
 * @example
 * ```ts
 * import { part, type QuotaSource } from 'proxyless'
 *
 * // For one process, and for tests: whoever asks gets what they ask for.
 * export const boundless = () =>
 *   part<QuotaSource>('boundless', {}, () => ({
 *     name: 'boundless',
 *     outage: { policy: 'refuse', processes: 1 },
 *     lease: async (_terms, wanted) => ({ granted: wanted, processes: 1, againMs: 0 }),
 *     giveBack: async () => {},
 *     close: async () => {},
 *   }))
 * ```
 */
import type { Part } from '../../runtime/host.ts'

/** Makes the source of one service's quota. */
export type QuotaPart = Part<QuotaSource>

/** The rate that all processes share. */
export interface QuotaTerms {
  /** Permits that grow back in {@link QuotaTerms.perMs}. */
  readonly permits: number
  /** In milliseconds. */
  readonly perMs: number
  /** Most permits that are kept for a burst. */
  readonly burst: number
}

/** What a source gave. */
export interface QuotaLease {
  /** Permits that are this process's now: from 0 to what it asked for. */
  readonly granted: number
  /** How many processes share the quota, this one included, as far as the source knows. */
  readonly processes: number
  /** When nothing is left: after how long to ask again, in milliseconds. */
  readonly againMs: number
}

/** What becomes of calls while a source cannot be reached; see `quota` in `proxyless/quota`. */
export type OutagePolicy = 'local-share' | 'refuse' | 'allow'

/** See the top of this file. */
export interface QuotaSource {
  /** For messages. */
  readonly name: string
  /** What happens while it cannot be reached, and how many processes there are as long as it never said so. */
  readonly outage: { readonly policy: OutagePolicy; readonly processes: number }
  /**
   * Takes permits.
   *
   * @param terms the rate that is shared.
   * @param wanted how many: a whole number, at least 1.
   * @returns rejects, within a time that the source bounds itself, when it cannot be reached.
   */
  lease(terms: QuotaTerms, wanted: number): Promise<QuotaLease>
  /** Gives permits back that nobody used. It is not waited for, and may fail. */
  giveBack(terms: QuotaTerms, permits: number): Promise<void>
  /** Gives up whatever it holds open. */
  close(): Promise<void>
}
