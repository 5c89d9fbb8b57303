import type { BackoffSettings } from './backoff-options.ts'

/**
 * The wait before a retry; see {@link BackoffKind} for the formulas.
 *
 * Full jitter is what Envoy does: before retry N, uniform in `[0, min(max, base * 2^(N-1)))`. Envoy's documentation gives a wider range, which
 * an older version had; we follow its source (`backoff_strategy.cc`). The others are those of Brooker, "Exponential Backoff And Jitter".
 *
 * @param retry 1 before the second attempt.
 * @param settings see {@link BackoffSettings}.
 * @param draw a draw from [0, 1).
 * @param beforeMs the wait before the last retry, for `decorrelated`; 0 before the first.
 * @returns the wait in milliseconds, never above the greater of base and max.
 */
export function backoffMs(retry: number, settings: BackoffSettings, draw: number, beforeMs = 0): number {
  const { kind, baseMs, maxMs } = settings
  if (kind === 'decorrelated') return Math.min(maxMs, baseMs + (3 * Math.max(beforeMs, baseMs) - baseMs) * draw)
  // Beyond 2^30 the limit has long been reached, and 0 times an infinite power would not be a number.
  const limitMs = Math.min(maxMs, baseMs * 2 ** Math.min(retry - 1, 30))
  if (kind === 'exponential') return limitMs
  return kind === 'equal' ? (limitMs / 2) * (1 + draw) : limitMs * draw
}
