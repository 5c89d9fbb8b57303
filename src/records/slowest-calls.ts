/** One slow call. */
interface Slow<T> {
  readonly tookMs: number
  readonly item: T
}

/**
 * The slowest calls of the present stretch of time, and those of the one before. A call that is no candidate costs two comparisons: nothing runs
 * in the background, and a stretch ends when the first call after it is looked at.
 */
export class SlowestCalls<T> {
  readonly #capacity: number
  readonly #windowMs: number
  #now: Slow<T>[] = []
  #before: readonly Slow<T>[] = []
  #endsAt = Number.NEGATIVE_INFINITY
  /** Who took no longer than this is no candidate. */
  #least = Number.NEGATIVE_INFINITY

  /**
   * @param capacity how many of each stretch.
   * @param windowMs the length of a stretch, in milliseconds.
   */
  constructor(capacity: number, windowMs: number) {
    this.#capacity = capacity
    this.#windowMs = windowMs
    if (capacity === 0) this.#least = Number.POSITIVE_INFINITY
  }

  /**
   * Whether a call is among the slowest.
   *
   * @param startedAt monotonic time at which it began, in milliseconds.
   * @param tookMs how long it took, in milliseconds.
   */
  wants(startedAt: number, tookMs: number): boolean {
    if (startedAt >= this.#endsAt) this.#turnOver(startedAt)
    return tookMs > this.#least
  }

  /** Keeps one that is wanted. */
  add(tookMs: number, item: T): void {
    const slow = this.#now
    let at = slow.length
    while (at > 0 && (slow[at - 1] as Slow<T>).tookMs < tookMs) at -= 1
    slow.splice(at, 0, { tookMs, item })
    if (slow.length > this.#capacity) slow.pop()
    if (slow.length === this.#capacity) this.#least = (slow[slow.length - 1] as Slow<T>).tookMs
  }

  /** Those of both stretches. */
  all(): readonly T[] {
    return [...this.#now, ...this.#before].map(({ item }) => item)
  }

  #turnOver(at: number): void {
    if (this.#capacity === 0) {
      this.#endsAt = Number.POSITIVE_INFINITY
      return
    }
    // After a stretch in which nobody called, what was before is of long ago.
    this.#before = at < this.#endsAt + this.#windowMs ? this.#now : []
    this.#now = []
    this.#least = Number.NEGATIVE_INFINITY
    this.#endsAt = at + this.#windowMs
  }
}
