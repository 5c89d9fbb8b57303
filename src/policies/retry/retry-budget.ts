import type { BudgetSettings } from './budget-options.ts'

/** The window is kept in so many slices. */
const slicesPerWindow = 10

/** One more than a window has, so that nothing is forgotten before the whole window has passed. */
const slicesKept = slicesPerWindow + 1

/** Deposits are counted in thousandths, so that the balance is a whole number. */
const deposit = 1_000

/**
 * How many retries a service may make: Finagle's retry budget (`RetryBudget.scala`).
 *
 * Each call deposits, each retry withdraws `1 / ratio` times as much, and both are forgotten when the window has passed. A reserve of
 * `perSecond` retries a second is there in any case. So within any window there are at most `ratio * calls + perSecond * window` retries,
 * whatever the number of attempts says. Nothing runs in the background: time passes when somebody asks.
 */
export class RetryBudget {
  readonly #sliceMs: number
  readonly #withdrawal: number
  readonly #deposit: number
  readonly #reserve: number
  readonly #slices = new Array<number>(slicesKept).fill(0)
  #balance = 0
  /** Number of the slice that is being written; slice n covers the time from n times the length of a slice. */
  #current = Number.NEGATIVE_INFINITY
  #nextAt = Number.NEGATIVE_INFINITY

  /** @param settings see {@link BudgetSettings}. */
  constructor(settings: BudgetSettings) {
    const { ratio, perSecond, windowMs } = settings
    this.#sliceMs = Math.max(1, windowMs / slicesPerWindow)
    this.#deposit = ratio > 0 ? deposit : 0
    this.#withdrawal = ratio > 0 ? Math.max(1, Math.round(deposit / ratio)) : 1
    this.#reserve = Math.floor(((perSecond * windowMs) / 1_000) * this.#withdrawal)
  }

  /**
   * A call began.
   *
   * @param at monotonic time, in milliseconds. A call that waited may come late: it then counts from now.
   */
  deposit(at: number): void {
    if (at >= this.#nextAt) this.#advance(at)
    this.#add(this.#deposit)
  }

  /**
   * Takes what one retry costs.
   *
   * @param at monotonic time, in milliseconds.
   * @returns `false`, and takes nothing, when the budget does not have it.
   */
  tryWithdraw(at: number): boolean {
    if (at >= this.#nextAt) this.#advance(at)
    if (this.#balance + this.#reserve < this.#withdrawal) return false
    this.#add(-this.#withdrawal)
    return true
  }

  /**
   * Gives back what a retry cost that did not take place.
   *
   * @param at monotonic time, in milliseconds.
   */
  giveBack(at: number): void {
    if (at >= this.#nextAt) this.#advance(at)
    this.#add(this.#withdrawal)
  }

  #add(amount: number): void {
    const slot = slotOf(this.#current)
    this.#slices[slot] = (this.#slices[slot] as number) + amount
    this.#balance += amount
  }

  /** Moves on to the slice of `at`, and forgets those that fell out of the window. */
  #advance(at: number): void {
    const slice = Math.floor(at / this.#sliceMs)
    const forgotten = Math.min(slice - this.#current, slicesKept)
    for (let i = 0; i < forgotten; i += 1) {
      const slot = slotOf(slice - i)
      this.#balance -= this.#slices[slot] as number
      this.#slices[slot] = 0
    }
    this.#current = slice
    this.#nextAt = (slice + 1) * this.#sliceMs
  }
}

/** Where a slice is kept. A process that is younger than the window forgets slices from before its time, whose numbers are below 0. */
function slotOf(slice: number): number {
  const rest = slice % slicesKept
  return rest < 0 ? rest + slicesKept : rest
}
