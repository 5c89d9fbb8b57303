import type { BudgetSettings } from './budget-options.ts'

/** The window is kept in so many slices. */
const slicesPerWindow = 10

/** One more than a window has, so that nothing is forgotten before the whole window has passed. */
const slicesKept = slicesPerWindow + 1

/** Shares of calls add up to whole retries but for rounding. */
const rounding = 1e-9

/**
 * How many retries a service may make: Finagle's retry budget (`RetryBudget.scala`).
 *
 * Each call adds a share of a retry, and is forgotten when the window has passed. A reserve of `perSecond` retries a second is there in any
 * case. So within any window there are at most `ratio * calls + perSecond * window` retries, whatever the number of attempts says. Unlike
 * Finagle's it can be told that nobody answers: then what was saved up is gone. Nothing runs in the background: time passes when somebody asks.
 */
export class RetryBudget {
  readonly #ratio: number
  readonly #perMs: number
  readonly #windowMs: number
  readonly #sliceMs: number
  readonly #calls = new Float64Array(slicesKept)
  readonly #retries = new Float64Array(slicesKept)
  #callCount = 0
  #retryCount = 0
  /** Since when the reserve adds up. */
  #since = Number.NEGATIVE_INFINITY
  /** Number of the slice that is being written; slice n covers the time from n times the length of a slice. */
  #current = Number.NEGATIVE_INFINITY
  /** Where that is kept. Worked out when it changes: every call counts there. */
  #slot = 0
  #nextAt = Number.NEGATIVE_INFINITY

  /** @param settings see {@link BudgetSettings}. */
  constructor({ ratio, perSecond, windowMs }: BudgetSettings) {
    this.#ratio = ratio
    this.#perMs = perSecond / 1_000
    this.#windowMs = windowMs
    this.#sliceMs = Math.max(1, windowMs / slicesPerWindow)
  }

  /**
   * A call began.
   *
   * @param at monotonic time, in milliseconds. A call that waited may come late: it then counts from now.
   */
  deposit(at: number): void {
    if (at >= this.#nextAt) this.#advance(at)
    const slot = this.#slot
    this.#calls[slot] = (this.#calls[slot] as number) + 1
    this.#callCount += 1
  }

  /**
   * Takes what one retry costs.
   *
   * @param at monotonic time, in milliseconds.
   * @returns `false`, and takes nothing, when the budget does not have it.
   */
  tryWithdraw(at: number): boolean {
    if (at >= this.#nextAt) this.#advance(at)
    if (this.#retryCount + 1 > this.#allowed(at) + rounding) return false
    this.#addRetries(1)
    return true
  }

  /**
   * Retries that could be paid now. Reading it changes nothing.
   *
   * @param at monotonic time, in milliseconds.
   */
  left(at: number): number {
    if (at >= this.#nextAt) this.#advance(at)
    return Math.max(0, this.#allowed(at) - this.#retryCount)
  }

  /**
   * Gives back what a retry cost that did not take place.
   *
   * @param at monotonic time, in milliseconds.
   */
  giveBack(at: number): void {
    if (at >= this.#nextAt) this.#advance(at)
    this.#addRetries(-1)
  }

  /**
   * Forgets what was saved up. From now on there is what calls and seconds pay from now on; only a service with few calls has its
   * reserve at once.
   *
   * @param at monotonic time, in milliseconds.
   */
  forgetSavings(at: number): void {
    if (at >= this.#nextAt) this.#advance(at)
    this.#since = at
    if (this.#ratio === 0) return
    this.#callCount = 0
    for (let slot = 0; slot < slicesKept; slot += 1) {
      // What was spent stays paid for.
      const paid = Math.max(0, (this.#retries[slot] as number) / this.#ratio)
      const left = Math.min(this.#calls[slot] as number, paid)
      this.#calls[slot] = left
      this.#callCount += left
    }
  }

  #allowed(at: number): number {
    const reserve = this.#perMs * Math.max(0, Math.min(this.#windowMs, at - this.#since))
    return Math.max(this.#ratio * this.#callCount + reserve, Math.floor(this.#perMs * this.#windowMs + rounding))
  }

  #addRetries(count: number): void {
    const slot = this.#slot
    this.#retries[slot] = (this.#retries[slot] as number) + count
    this.#retryCount += count
  }

  /** Moves on to the slice of `at`, and forgets those that fell out of the window. */
  #advance(at: number): void {
    const slice = Math.floor(at / this.#sliceMs)
    const forgotten = Math.min(slice - this.#current, slicesKept)
    for (let i = 0; i < forgotten; i += 1) {
      const slot = slotOf(slice - i)
      this.#callCount -= this.#calls[slot] as number
      this.#retryCount -= this.#retries[slot] as number
      this.#calls[slot] = 0
      this.#retries[slot] = 0
    }
    this.#current = slice
    this.#slot = slotOf(slice)
    this.#nextAt = (slice + 1) * this.#sliceMs
  }
}

/** Where a slice is kept. A process that is younger than the window forgets slices from before its time, whose numbers are below 0. */
function slotOf(slice: number): number {
  const rest = slice % slicesKept
  return rest < 0 ? rest + slicesKept : rest
}
