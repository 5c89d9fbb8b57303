import type { Clock, Timer } from '../../runtime/clock.ts'
import { TurnShare } from '../../runtime/turn-share.ts'

/** Something that must be over by a time; the queue keeps its place in it. */
export interface Due {
  /** Monotonic time in milliseconds. */
  readonly deadline: number
  /** Neighbours in the queue, which alone writes them. */
  before: Due | undefined
  /** See {@link before}. */
  after: Due | undefined
  /** Whether it is in the queue. */
  queued: boolean
  /** The time has come. It is not in the queue any more. */
  due(): void
  /** The time has come, and {@link due} is called in a later turn of the event loop. Takes next to no time. */
  announce(): void
}

/**
 * Those that wait for their deadlines, the earliest first, with one timer for all of them: calls of a service nearly always have the same time,
 * and so fall due in the order in which they came. A timer for each of them is what a call would pay most for after its connection.
 *
 * Of ten thousand that fall due at once so many are told in one turn of the event loop: see {@link TurnShare}. The others know that they are next.
 */
export class DeadlineQueue {
  readonly #clock: Clock
  #first: Due | undefined
  #last: Due | undefined
  #length = 0
  /** The last one that knows that its time has come; those before it know, too. */
  #announced: Due | undefined
  readonly #share: TurnShare
  #timer: Timer | undefined

  /** @param clock the source of time. */
  constructor(clock: Clock) {
    this.#clock = clock
    this.#share = new TurnShare(clock, () => this.#look())
  }

  /**
   * Puts something at the end.
   *
   * @param leftMs how long it has, in milliseconds.
   * @returns whether it is in the queue: not when it would fall due before the one that is last, or never.
   */
  add(due: Due, leftMs: number): boolean {
    const last = this.#last
    if (leftMs === Number.POSITIVE_INFINITY || (last !== undefined && due.deadline < last.deadline)) return false
    due.before = last
    due.queued = true
    if (last === undefined) this.#first = due
    else last.after = due
    this.#last = due
    this.#length += 1
    if (!this.#share.paused) this.#timer ??= this.#clock.schedule(leftMs, this.#look)
    return true
  }

  /** Takes something out, if it is in. */
  remove(due: Due): void {
    if (!due.queued) return
    const { before, after } = due
    this.#length -= 1
    if (this.#announced === due) this.#announced = before
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    due.before = undefined
    due.after = undefined
    due.queued = false
    // With others left the timer stays: it comes too early, and looks who is next.
    if (this.#first !== undefined) return
    this.#timer?.cancel()
    this.#timer = undefined
  }

  readonly #look = (): void => {
    this.#timer = undefined
    const now = this.#clock.now()
    try {
      for (let first = this.#first; first !== undefined && first.deadline <= now; first = this.#first) {
        if (!this.#share.take(this.#length)) {
          this.#announce(now)
          break
        }
        this.remove(first)
        first.due()
      }
    } finally {
      const first = this.#first
      if (first !== undefined && !this.#share.paused) this.#timer ??= this.#clock.schedule(Math.max(0, first.deadline - now), this.#look)
    }
  }

  #announce(now: number): void {
    const from = this.#announced === undefined ? this.#first : this.#announced.after
    for (let due = from; due !== undefined && due.deadline <= now; due = due.after) {
      due.announce()
      this.#announced = due
    }
  }
}
