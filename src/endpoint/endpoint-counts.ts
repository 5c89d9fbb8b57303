/** Seats in a new row of counts; one is doubled when it is full. */
const firstSeats = 16

/**
 * What endpoints of one roster have in flight, side by side: a choice among a hundred thousand waits for memory more than for anything else, and the
 * counts of all of them fit where those in a hundred thousand objects do not. An endpoint has its seat for as long as the roster keeps these counts.
 */
export class EndpointCounts {
  /** Attempts in flight by seat. Another array after {@link add}: look it up anew. */
  inFlight: Int32Array
  /** Whether those who are still there have got seats among other counts: look up where. */
  isLeft = false
  #size = 0

  /** @param seats how many there will be, as far as that is known. */
  constructor(seats = firstSeats) {
    this.inFlight = new Int32Array(seats)
  }

  /** How many seats were given. They are given once: too many of those who left, and the roster begins anew. */
  get size(): number {
    return this.#size
  }

  /** Gives a seat, with nothing in flight. */
  add(): number {
    if (this.#size === this.inFlight.length) {
      const inFlight = new Int32Array(2 * this.#size)
      inFlight.set(this.inFlight)
      this.inFlight = inFlight
    }
    this.#size += 1
    return this.#size - 1
  }
}
