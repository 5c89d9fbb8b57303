import type { BackoffSettings } from './retry-options.ts'

/**
 * Full jitter: a random wait between 0 and a limit that doubles from one retry to the next.
 *
 * This is what Envoy does: before retry N, uniform in `[0, min(max, base * 2^(N-1)))`. Envoy's documentation gives a wider range, which an
 * older version had; we follow its source (`backoff_strategy.cc`).
 *
 * @param retry 1 before the second attempt.
 * @param settings see {@link BackoffSettings}.
 * @param draw a draw from [0, 1).
 * @returns the wait in milliseconds, less than the limit.
 */
export function backoffMs(retry: number, settings: BackoffSettings, draw: number): number {
  // Beyond 2^30 the limit has long been reached, and 0 times an infinite power would not be a number.
  const limitMs = Math.min(settings.maxMs, settings.baseMs * 2 ** Math.min(retry - 1, 30))
  return limitMs * draw
}
