import type { DeadlineQueue, Due } from '../timeout/deadline-queue.ts'

/** Ends the wait of one call that waits too long. */
export class QueueTimeout implements Due {
  readonly deadline: number
  before: Due | undefined
  after: Due | undefined
  queued = false
  /** Whether the time has come: from then on there is no permit any more, whether the call was told or not. */
  passed = false
  readonly #queue: DeadlineQueue
  readonly #tell: () => void

  /**
   * @param queue those of the same room.
   * @param deadline monotonic time, in milliseconds.
   * @param tell told once, when the time has come, unless it is cancelled before.
   */
  constructor(queue: DeadlineQueue, deadline: number, tell: () => void) {
    this.#queue = queue
    this.deadline = deadline
    this.#tell = tell
  }

  due(): void {
    this.passed = true
    this.#tell()
  }

  announce(): void {
    this.passed = true
  }

  /** The wait is over. */
  cancel(): void {
    this.#queue.remove(this)
  }
}
