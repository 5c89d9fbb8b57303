import type { RateLimitOptions } from './rate-limit-options.ts'

/** What {@link leakyBucket} takes. */
export type LeakyBucketOptions = Omit<RateLimitOptions, 'algorithm'>

/**
 * A rate limit that spaces calls evenly, one every `per / permits`, instead of letting a burst pass at once. With `overflow: 'queue'` calls
 * wait for their turn; without it a call that comes too early is refused.
 *
 * @param options as for `.rateLimit(...)`; `burst` says how many may pass at once all the same.
 * @returns what `.rateLimit(...)` takes.
 * @example
 * ```ts
 * import { fixed, leakyBucket, mesh } from 'proxyless'
 *
 * const net = mesh({ name: 'checkout' })
 *   .service('partner', (s) =>
 *     s.resolve(fixed(['http://127.0.0.1:8080'])).rateLimit(leakyBucket({ permits: 10, per: '1s', overflow: 'queue' })),
 *   )
 *   .build()
 * ```
 */
export function leakyBucket(options: LeakyBucketOptions): RateLimitOptions {
  return { ...options, algorithm: 'leaky-bucket' }
}
