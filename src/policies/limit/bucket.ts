/**
 * A bucket holds the permits of a rate limit.
 *
 * It says whether a call gets its permits, and if not, how long they take to grow back. It never knows which call it is asked for, nor
 * what becomes of one that gets none: that is the business of its {@link LimitLane}. It has no timer; who waits asks again.
 *
 * To add one: a class in a file of its own, and its word in {@link RateLimitOptions.algorithm}.
 */
export interface Bucket {
  /**
   * Takes permits, all of them or none.
   *
   * @param now monotonic time, in milliseconds.
   * @param cost how many.
   * @returns 0 when they were taken; else after how long to ask again, in milliseconds, and nothing was taken.
   */
  take(now: number, cost: number): number
  /** Permits that are there. @param now monotonic time, in milliseconds. */
  left(now: number): number
  /** Whether permits may come before that time, of which whoever made the bucket is told. @defaultValue they grow back, and nothing else */
  readonly pending?: boolean
  /** Why there are none, if it is not the rate. */
  readonly trouble?: string | undefined
}
