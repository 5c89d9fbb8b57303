import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Random } from '../runtime/random.ts'

/** Which entries may be chosen. */
export interface EntryFilter {
  /** Whether an endpoint must be left alone. */
  isBarred(endpoint: Endpoint): boolean
}

/**
 * How often what is known of an endpoint may be used before it counts as stale: so often that the pool neither overflows nor runs dry.
 *
 * @param endpoints how many there are.
 * @param pool how many entries the pool holds.
 * @param probes how many come in for each call.
 * @param removals how many are taken out for each call.
 * @returns at least 1; `Infinity` when entries leave faster than they come.
 */
export function reuseBudget(endpoints: number, pool: number, probes: number, removals: number): number {
  const surplus = (1 - pool / endpoints) * probes - removals
  return surplus <= 0 ? Number.POSITIVE_INFINITY : Math.max(1, 2 / surplus)
}

/**
 * What is known of a few endpoints: requests in flight (RIF) and latency, each with its time. An endpoint has one entry at most. Choosing
 * allocates nothing.
 *
 * An entry whose RIF is above a threshold is *hot*, the others are *cold*. Chosen is the cold one of least latency; if all are hot, the one
 * of least RIF.
 */
export class PrequalPool {
  readonly #endpoints: Endpoint[] = []
  readonly #rif: Float64Array
  readonly #latencyMs: Float64Array
  readonly #at: Float64Array
  readonly #uses: Float64Array
  readonly #draws: Random
  readonly #maxAgeMs: number
  readonly #budget: number
  #removesWorst = false

  /**
   * @param size the most entries.
   * @param maxAgeMs older ones are dropped.
   * @param budget how often one may be used; what is beyond a whole number counts by chance.
   * @param draws where chance comes from.
   */
  constructor(size: number, maxAgeMs: number, budget: number, draws: Random) {
    this.#rif = new Float64Array(size)
    this.#latencyMs = new Float64Array(size)
    this.#at = new Float64Array(size)
    this.#uses = new Float64Array(size)
    this.#maxAgeMs = maxAgeMs
    this.#budget = budget
    this.#draws = draws
  }

  /** How many entries there are. */
  get count(): number {
    return this.#endpoints.length
  }

  /** Takes in what is known of an endpoint since `at`, in place of what was known before; when the pool is full, of the oldest. */
  admit(endpoint: Endpoint, rif: number, latencyMs: number, at: number): void {
    let index = this.#endpoints.indexOf(endpoint)
    // The same news again must not renew what has been used up and compensated since.
    if (index >= 0 && (this.#at[index] as number) >= at) return
    if (index < 0) index = this.#endpoints.length < this.#rif.length ? this.#endpoints.length : this.#oldest()
    this.#endpoints[index] = endpoint
    this.#rif[index] = rif
    this.#latencyMs[index] = latencyMs
    this.#at[index] = at
    const whole = Math.floor(this.#budget)
    this.#uses[index] = whole === this.#budget ? whole : whole + (this.#draws.next() < this.#budget - whole ? 1 : 0)
  }

  /**
   * Chooses, and counts what was chosen as one request more in flight there.
   *
   * @param threshold a RIF above it is hot.
   * @param now monotonic time.
   * @param filter which entries may be chosen.
   * @returns `undefined` when fewer than two may be chosen: one alone would get every call.
   */
  choose(threshold: number, now: number, filter: EntryFilter): Endpoint | undefined {
    const endpoints = this.#endpoints
    const at = this.#at
    const oldestAt = now - this.#maxAgeMs
    let best = -1
    let usable = 0
    for (let i = 0; i < endpoints.length; ) {
      if ((at[i] as number) < oldestAt) {
        this.#remove(i)
        continue
      }
      const isBetter = best < 0 || this.#precedes(i, best, threshold)
      // Asking costs more than comparing, and few beat the best so far.
      if ((isBetter || usable < 2) && !filter.isBarred(endpoints[i] as Endpoint)) {
        usable += 1
        if (isBetter) best = i
      }
      i += 1
    }
    if (usable < 2) return undefined
    const chosen = endpoints[best] as Endpoint
    this.#rif[best] = (this.#rif[best] as number) + 1
    this.#uses[best] = (this.#uses[best] as number) - 1
    if ((this.#uses[best] as number) <= 0) this.#remove(best)
    return chosen
  }

  /** Takes one entry out, the oldest and the worst in turn: what is bad stays unchosen, and would fill the pool in the end. */
  thin(threshold: number): void {
    if (this.#endpoints.length === 0) return
    this.#removesWorst = !this.#removesWorst
    this.#remove(this.#removesWorst ? this.#worst(threshold) : this.#oldest())
  }

  /** Whether an entry is to be chosen rather than another one. */
  #precedes(a: number, b: number, threshold: number): boolean {
    const rifA = this.#rif[a] as number
    const rifB = this.#rif[b] as number
    if (rifA > threshold !== rifB > threshold) return rifB > threshold
    const latencyA = this.#latencyMs[a] as number
    const latencyB = this.#latencyMs[b] as number
    if (rifA > threshold) return rifA < rifB || (rifA === rifB && latencyA < latencyB)
    return latencyA < latencyB || (latencyA === latencyB && rifA < rifB)
  }

  #worst(threshold: number): number {
    const count = this.#endpoints.length
    let worst = 0
    for (let i = 1; i < count; i += 1) if (this.#precedes(worst, i, threshold)) worst = i
    return worst
  }

  #oldest(): number {
    const at = this.#at
    const count = this.#endpoints.length
    let oldest = 0
    let oldestAt = at[0] as number
    for (let i = 1; i < count; i += 1) {
      if ((at[i] as number) >= oldestAt) continue
      oldest = i
      oldestAt = at[i] as number
    }
    return oldest
  }

  #remove(index: number): void {
    const last = this.#endpoints.length - 1
    this.#endpoints[index] = this.#endpoints[last] as Endpoint
    this.#rif[index] = this.#rif[last] as number
    this.#latencyMs[index] = this.#latencyMs[last] as number
    this.#at[index] = this.#at[last] as number
    this.#uses[index] = this.#uses[last] as number
    this.#endpoints.pop()
  }
}
