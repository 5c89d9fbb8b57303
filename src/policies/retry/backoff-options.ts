import { type Duration, durationMs } from '../../runtime/duration.ts'

/**
 * How the wait before a repeated attempt is drawn. With `limit = min(max, base * 2^(n-1))` before retry n:
 *
 * - `full`: anything below the limit, `limit * U[0, 1)`;
 * - `equal`: half of the limit, and anything below the other half, `limit / 2 * (1 + U[0, 1))`;
 * - `decorrelated`: between the base and three times the wait before, `min(max, base + (3 * before - base) * U[0, 1))`, beginning with the base;
 * - `exponential`: the limit itself, without chance: callers that failed together come again together.
 */
export type BackoffKind = 'full' | 'equal' | 'decorrelated' | 'exponential'

/** Every {@link BackoffKind}. */
export const backoffKinds: readonly BackoffKind[] = Object.freeze(['full', 'equal', 'decorrelated', 'exponential'])

/** The wait before a repeated attempt. */
export interface BackoffOptions {
  /** See {@link BackoffKind}. @defaultValue {@link retryDefaults}.backoff.kind */
  readonly kind?: BackoffKind | undefined
  /** The limit before the second attempt. @defaultValue {@link retryDefaults}.backoff.base */
  readonly base?: Duration | undefined
  /** What the limit never exceeds. @defaultValue {@link retryDefaults}.backoff.max */
  readonly max?: Duration | undefined
}

/** The defaults of {@link BackoffOptions}: Envoy's. */
export const backoffDefaults = Object.freeze({ kind: 'full', base: '25ms', max: '250ms' } as const satisfies BackoffOptions)

/** {@link BackoffOptions} in milliseconds. */
export interface BackoffSettings {
  /** See {@link BackoffOptions.kind}. */
  readonly kind: BackoffKind
  /** See {@link BackoffOptions.base}. */
  readonly baseMs: number
  /** See {@link BackoffOptions.max}. */
  readonly maxMs: number
}

/** Fills in defaults and converts durations. */
export function backoffSettings(backoff?: BackoffOptions): BackoffSettings {
  return Object.freeze({
    kind: backoff?.kind ?? backoffDefaults.kind,
    baseMs: durationMs(backoff?.base ?? backoffDefaults.base, 'retry.backoff.base'),
    maxMs: durationMs(backoff?.max ?? backoffDefaults.max, 'retry.backoff.max'),
  })
}
