/** An attempt that waits for the head of its reply, as a member of a {@link WaitingLine}. */
export class WaitingAttempt {
  /** Monotonic time at which it began, in milliseconds. */
  startedAt = 0
  /** Its place in the order of beginning. Written by the line. */
  number = 0
  /** The one that began before it, and still waits. Written by the line. */
  before: WaitingAttempt | undefined
  /** The one that began after it, and still waits. Written by the line. */
  after: WaitingAttempt | undefined
}

/**
 * The attempts that wait at one endpoint, in the order in which they began, with a finger on the middle one: more than half of them have
 * waited for at least as long as it has. They join and leave, in any order, in a few steps, and nothing is allocated.
 */
export class WaitingLine {
  #count = 0
  #numbers = 0
  #youngest: WaitingAttempt | undefined
  #middle: WaitingAttempt | undefined

  /** The one with as many older ones as the number of all, halved and rounded down; `undefined` when nobody waits. */
  get middle(): WaitingAttempt | undefined {
    return this.#middle
  }

  /** Takes an attempt in; it began last of all. */
  join(attempt: WaitingAttempt): void {
    this.#numbers += 1
    attempt.number = this.#numbers
    attempt.before = this.#youngest
    attempt.after = undefined
    if (this.#youngest !== undefined) this.#youngest.after = attempt
    this.#youngest = attempt
    this.#count += 1
    if (this.#middle === undefined) this.#middle = attempt
    else if (this.#count % 2 === 0) this.#middle = this.#middle.after
  }

  /** Lets an attempt go; it is in this line. */
  leave(attempt: WaitingAttempt): void {
    const middle = this.#middle as WaitingAttempt
    // The middle moves only if as many are left on one side of it as must be on the other.
    if (this.#count % 2 === 1) {
      if (attempt.number <= middle.number) this.#middle = middle.after
    } else if (attempt.number >= middle.number) this.#middle = middle.before
    this.#count -= 1
    const { before, after } = attempt
    if (before !== undefined) before.after = after
    if (after !== undefined) after.before = before
    else this.#youngest = before
    attempt.before = undefined
    attempt.after = undefined
  }
}
