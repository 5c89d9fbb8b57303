import { lastPriority } from '../../call/call-options.ts'

/** Into how many parts the window is divided. */
const slices = 30
const priorities = lastPriority + 1

/** Calls of the last while: how many there were of each priority, and how many of all the service accepted. */
export class AdmissionWindow {
  readonly #sliceMs: number
  readonly #requests = new Float64Array(slices * priorities)
  readonly #accepts = new Float64Array(slices)
  readonly #byPriority = new Float64Array(priorities)
  #slice: number
  #allRequests = 0
  #allAccepts = 0

  /**
   * @param windowMs how long calls are remembered, in milliseconds.
   * @param now monotonic time, in milliseconds.
   */
  constructor(windowMs: number, now: number) {
    this.#sliceMs = windowMs / slices
    this.#slice = Math.floor(now / this.#sliceMs)
  }

  /** Calls, those that were refused here included. */
  get requests(): number {
    return this.#allRequests
  }

  /** Those of them that the service accepted. */
  get accepts(): number {
    return this.#allAccepts
  }

  /** Counts a call. */
  add(now: number, priority: number, accepted: boolean): void {
    this.advance(now)
    const at = this.#slice % slices
    const cell = at * priorities + priority
    this.#requests[cell] = (this.#requests[cell] as number) + 1
    this.#byPriority[priority] = (this.#byPriority[priority] as number) + 1
    this.#allRequests += 1
    if (!accepted) return
    this.#accepts[at] = (this.#accepts[at] as number) + 1
    this.#allAccepts += 1
  }

  /**
   * Of how many calls of one priority every one is refused, if `share` of all are, the least important first.
   *
   * @returns from 0 to 1.
   */
  shareOf(priority: number, share: number): number {
    let left = share * this.#allRequests
    for (let other = lastPriority; other > priority; other -= 1) left -= this.#byPriority[other] as number
    const own = this.#byPriority[priority] as number
    // A priority that was not seen yet is taken for a small one.
    return Math.max(0, Math.min(1, left / Math.max(1, own)))
  }

  /** Forgets what is too old. */
  advance(now: number): void {
    const slice = Math.floor(now / this.#sliceMs)
    for (let gone = Math.min(slices, slice - this.#slice); gone > 0; gone -= 1) this.#forget((slice - gone + 1) % slices)
    if (slice > this.#slice) this.#slice = slice
  }

  #forget(at: number): void {
    for (let priority = 0; priority < priorities; priority += 1) {
      const cell = at * priorities + priority
      const count = this.#requests[cell] as number
      this.#requests[cell] = 0
      this.#byPriority[priority] = (this.#byPriority[priority] as number) - count
      this.#allRequests -= count
    }
    this.#allAccepts -= this.#accepts[at] as number
    this.#accepts[at] = 0
  }
}
