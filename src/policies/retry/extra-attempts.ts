import type { Verdict } from '../../call/verdict.ts'
import type { BudgetSettings } from './budget-options.ts'
import { RetryBudget } from './retry-budget.ts'

/** Attempts beyond the first of a call, counted. */
export interface ExtraCounts {
  /** Failed attempts made again after a wait. */
  readonly retries: number
  /** Attempts that went on to another endpoint because the one before never got them. */
  readonly requeues: number
  /** Attempts made beside one that took long or had failed. */
  readonly hedges: number
  /** Hedges that gave the answer. */
  readonly hedgesWon: number
  /** Attempts that would have been made, had the budget allowed them. */
  readonly overBudget: number
  /** Retries and requeues that `enforce` kept back. */
  readonly retriesWithheld: number
  /** Hedges that `enforce` kept back. */
  readonly hedgesWithheld: number
}

/** What an attempt that was answered earns, and how much of that is kept, in requeues. */
export const requeueCredit = Object.freeze({ perAnswer: 3, most: 100 })

/**
 * When a service counts as one that answers nobody: after so many failures in a row, all its endpoints taken together, and half as many more
 * as there are attempts under way, since those of one moment fail together.
 */
const silence = Object.freeze({ inARow: 10, perUnderway: 0.5 })

/** Counts of nothing yet. */
export function noExtraCounts(): { -readonly [Name in keyof ExtraCounts]: ExtraCounts[Name] } {
  return { retries: 0, requeues: 0, hedges: 0, hedgesWon: 0, overBudget: 0, retriesWithheld: 0, hedgesWithheld: 0 }
}

/**
 * What a service may make in attempts beyond the first of a call: one budget for retries, hedges and requeues.
 *
 * A requeue repeats what provably nobody got. It is paid with credit first: each attempt that succeeds earns some, and little is kept, so a
 * service with a third of its endpoints dead is served from credit and its budget is left to retries. A service that answers nobody loses its
 * credit and what its budget had saved: it has what its calls pay from then on.
 */
export class ExtraAttempts {
  readonly #budget: RetryBudget | undefined
  /** Written by the policies that make the attempts. */
  readonly counts: ReturnType<typeof noExtraCounts>
  #credit = 0
  #underway = 0
  #failedInARow = 0

  /**
   * @param budget see {@link BudgetSettings}; `false` for none.
   * @param counts go on from here.
   */
  constructor(budget: BudgetSettings | false, counts = noExtraCounts()) {
    this.#budget = budget === false ? undefined : new RetryBudget(budget)
    this.counts = counts
  }

  /** A call began, at a monotonic time in milliseconds. */
  callBegan(at: number): void {
    this.#budget?.deposit(at)
  }

  /** An attempt begins; it must end, once. */
  attemptBegan(): void {
    this.#underway += 1
  }

  /**
   * An attempt is over.
   *
   * @param verdict how it was judged; `undefined` when there was none after all.
   * @param at monotonic time, in milliseconds; read for failures alone.
   */
  attemptEnded(verdict: Verdict | undefined, at: number): void {
    this.#underway -= 1
    if (verdict === undefined || verdict.kind === 'ignored') return
    if (verdict.kind === 'success') {
      this.#failedInARow = 0
      if (this.#credit < requeueCredit.most) this.#credit = Math.min(requeueCredit.most, this.#credit + requeueCredit.perAnswer)
      return
    }
    this.#failedInARow += 1
    if (this.#failedInARow < silence.inARow + silence.perUnderway * this.#underway) return
    // Once for each time that it falls silent: what its calls pay while it is silent is theirs.
    if (this.#failedInARow !== Number.POSITIVE_INFINITY) this.#budget?.forgetSavings(at)
    this.#failedInARow = Number.POSITIVE_INFINITY
    this.#credit = 0
  }

  /**
   * What is left to pay for attempts with: retries and hedges by the budget (`undefined` without one), and requeues by credit.
   *
   * @param at monotonic time, in milliseconds.
   */
  left(at: number): { readonly budget: number | undefined; readonly credit: number } {
    return { budget: this.#budget?.left(at), credit: this.#credit }
  }

  /** Takes what one retry, or one hedge, costs; `false` when it is not there. */
  take(at: number): boolean {
    return this.#budget === undefined || this.#budget.tryWithdraw(at)
  }

  /** Takes what one requeue costs; `false` when it is not there. */
  takeRequeue(at: number): boolean {
    if (this.#credit < 1) return this.take(at)
    this.#credit -= 1
    return true
  }

  /** Gives back what an attempt cost that did not take place after all. */
  giveBack(at: number): void {
    this.#budget?.giveBack(at)
  }
}
