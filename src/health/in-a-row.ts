import type { Endpoint } from '../endpoint/endpoint.ts'

/** Counts what happens to each endpoint in a row. While nothing is counted for anybody, a reset costs one comparison. */
export class InARow {
  readonly #counts = new WeakMap<Endpoint, number>()
  /** Counts above 0. Endpoints that vanish are never taken off: it may be too high, and that only makes resets slower. */
  #counting = 0

  /** One more; answers how many there are now. */
  add(endpoint: Endpoint): number {
    const count = (this.#counts.get(endpoint) ?? 0) + 1
    this.#counts.set(endpoint, count)
    if (count === 1) this.#counting += 1
    return count
  }

  /** The row is broken. */
  reset(endpoint: Endpoint): void {
    if (this.#counting > 0 && this.#counts.delete(endpoint)) this.#counting -= 1
  }
}
