/** The window is kept in so many slices, as in Linkerd. */
const slices = 10

/**
 * What ended within the last so many milliseconds, counted exactly: how much, how much of it failed, how much of it was slow.
 *
 * It is a ring of ten slices of time, not a moving average: an average gives bursts too little weight, which is why Linkerd gave up its own.
 * Nothing runs in the background: time passes when somebody counts or asks.
 */
export class CircuitWindow {
  readonly #sliceMs: number
  /** Calls, failures and slow ones of each slice. */
  readonly #counts = new Uint32Array(3 * slices)
  #current = Number.NEGATIVE_INFINITY
  #calls = 0
  #failures = 0
  #slow = 0

  /** @param windowMs its length, in milliseconds. */
  constructor(windowMs: number) {
    this.#sliceMs = windowMs / slices
  }

  /** What ended within the window, as of the last {@link advance}. */
  get calls(): number {
    return this.#calls
  }

  /** How much of it failed. */
  get failures(): number {
    return this.#failures
  }

  /** How much of it was slow. */
  get slow(): number {
    return this.#slow
  }

  /** Something ended. */
  count(at: number, failed: boolean, slow: boolean): void {
    this.#add(at, 1, failed ? 1 : 0, slow ? 1 : 0)
  }

  /** Something that was counted as a success turned out to be a failure. */
  spoil(at: number): void {
    this.#add(at, 0, 1, 0)
  }

  /** Forgets what fell out of the window. */
  advance(at: number): void {
    const slice = Math.floor(at / this.#sliceMs)
    if (slice <= this.#current) return
    const forgotten = Math.min(slice - this.#current, slices)
    for (let i = 0; i < forgotten; i += 1) this.#forget(slotOf(slice - i))
    this.#current = slice
  }

  /** Forgets everything. */
  clear(): void {
    this.#counts.fill(0)
    this.#calls = 0
    this.#failures = 0
    this.#slow = 0
  }

  #add(at: number, calls: number, failures: number, slow: number): void {
    this.advance(at)
    const counts = this.#counts
    const slot = slotOf(this.#current)
    counts[slot] = (counts[slot] as number) + calls
    counts[slot + 1] = (counts[slot + 1] as number) + failures
    counts[slot + 2] = (counts[slot + 2] as number) + slow
    this.#calls += calls
    this.#failures += failures
    this.#slow += slow
  }

  #forget(slot: number): void {
    const counts = this.#counts
    this.#calls -= counts[slot] as number
    this.#failures -= counts[slot + 1] as number
    this.#slow -= counts[slot + 2] as number
    counts.fill(0, slot, slot + 3)
  }
}

/** Where a slice is kept. A clock may begin below 0. */
function slotOf(slice: number): number {
  const rest = slice % slices
  return 3 * (rest < 0 ? rest + slices : rest)
}
