import type { Random } from '../runtime/random.ts'

/** What is hot ranks by its RIF beyond all latencies; fractions of a RIF still count there. */
const hotFrom = 2 ** 40

/** Which entries may be chosen. */
export interface EntryFilter {
  /** Whether the endpoint with an index must be left alone. */
  isBarred(index: number): boolean
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
 * What is known of a few endpoints of a set: requests in flight (RIF) and latency, each with its time. An endpoint has one entry at most, and goes by
 * its index. Choosing allocates nothing.
 *
 * An entry whose RIF is above a threshold is *hot*, the others are *cold*. Chosen is the cold one of least latency; if all are hot, the one
 * of least RIF.
 */
export class PrequalPool {
  /** What {@link admitNews} takes in: RIF, latency, time. Arguments with fractions would each be a number on the heap. */
  readonly news = new Float64Array(3)
  /** The endpoint of each entry. */
  readonly #indexes: Int32Array
  /** The entry of each endpoint, and one more; 0 for none. */
  readonly #entries: Uint16Array
  readonly #rif: Float64Array
  readonly #latencyMs: Float64Array
  readonly #at: Float64Array
  readonly #uses: Float64Array
  /** The lower, the rather it is chosen; for the threshold below. */
  readonly #ranks: Float64Array
  #threshold = 0
  /** Nothing is older. */
  #oldestAt = Number.POSITIVE_INFINITY
  readonly #draws: Random
  readonly #maxAgeMs: number
  readonly #budget: number
  #count = 0
  #removesWorst = false

  /**
   * @param endpoints how many there are in the set.
   * @param size the most entries.
   * @param maxAgeMs older ones are dropped.
   * @param budget how often one may be used; what is beyond a whole number counts by chance.
   * @param draws where chance comes from.
   */
  constructor(endpoints: number, size: number, maxAgeMs: number, budget: number, draws: Random) {
    this.#indexes = new Int32Array(size)
    this.#entries = new Uint16Array(endpoints)
    this.#rif = new Float64Array(size)
    this.#latencyMs = new Float64Array(size)
    this.#at = new Float64Array(size)
    this.#uses = new Float64Array(size)
    this.#ranks = new Float64Array(size)
    this.#maxAgeMs = maxAgeMs
    this.#budget = budget
    this.#draws = draws
  }

  /** How many entries there are. */
  get count(): number {
    return this.#count
  }

  /** Takes in what is known of an endpoint since `at`, in place of what was known before; when the pool is full, of the oldest. */
  admit(index: number, rif: number, latencyMs: number, at: number): void {
    const { news } = this
    news[0] = rif
    news[1] = latencyMs
    news[2] = at
    this.admitNews(index)
  }

  /** The same with {@link news}. */
  admitNews(index: number): void {
    const { news } = this
    const at = news[2] as number
    let entry = (this.#entries[index] as number) - 1
    // The same news again must not renew what has been used up and compensated since.
    if (entry >= 0 && (this.#at[entry] as number) >= at) return
    if (entry < 0) entry = this.#newEntry(index)
    this.#rif[entry] = news[0] as number
    this.#latencyMs[entry] = Math.min(news[1] as number, hotFrom)
    this.#at[entry] = at
    if (at < this.#oldestAt) this.#oldestAt = at
    this.#rank(entry)
    const whole = Math.floor(this.#budget)
    this.#uses[entry] = whole === this.#budget ? whole : whole + (this.#draws.next() < this.#budget - whole ? 1 : 0)
  }

  #newEntry(index: number): number {
    let entry = this.#count
    if (entry < this.#indexes.length) this.#count += 1
    else {
      entry = this.#oldest()
      this.#entries[this.#indexes[entry] as number] = 0
    }
    this.#indexes[entry] = index
    this.#entries[index] = entry + 1
    return entry
  }

  /**
   * Chooses, and counts what was chosen as one request more in flight there.
   *
   * @param threshold a RIF above it is hot.
   * @param now monotonic time.
   * @param filter which entries may be chosen.
   * @returns the index of an endpoint; -1 when fewer than two may be chosen: one alone would get every call.
   */
  choose(threshold: number, now: number, filter: EntryFilter): number {
    this.#dropOlder(now - this.#maxAgeMs)
    if (this.#count < 2) return -1
    this.#rankBy(threshold)
    const indexes = this.#indexes
    let best = this.#lowest()
    // Nearly always nobody is barred, and two answers say so.
    if (filter.isBarred(indexes[best] as number) || filter.isBarred(indexes[best === 0 ? 1 : 0] as number)) best = this.#lowestOf(filter)
    if (best < 0) return -1
    const chosen = this.#indexes[best] as number
    this.#rif[best] = (this.#rif[best] as number) + 1
    this.#uses[best] = (this.#uses[best] as number) - 1
    if ((this.#uses[best] as number) <= 0) this.#remove(best)
    else this.#rank(best)
    return chosen
  }

  #dropOlder(than: number): void {
    if (this.#oldestAt >= than) return
    this.#oldestAt = Number.POSITIVE_INFINITY
    for (let i = 0; i < this.#count; ) {
      const at = this.#at[i] as number
      if (at < than) this.#remove(i)
      else {
        this.#oldestAt = Math.min(this.#oldestAt, at)
        i += 1
      }
    }
  }

  /** The entry to be chosen, when whoever is asked about allows it. @returns -1 when fewer than two are allowed. */
  #lowestOf(filter: EntryFilter): number {
    const ranks = this.#ranks
    let best = -1
    let allowed = 0
    for (let i = 0; i < this.#count; i += 1) {
      const isBetter = best < 0 || this.#precedes(i, best, ranks)
      if ((!isBetter && allowed >= 2) || filter.isBarred(this.#indexes[i] as number)) continue
      allowed += 1
      if (isBetter) best = i
    }
    return allowed < 2 ? -1 : best
  }

  #lowest(): number {
    const ranks = this.#ranks
    const count = this.#count
    let best = 0
    for (let i = 1; i < count; i += 1) if (this.#precedes(i, best, ranks)) best = i
    return best
  }

  /** Takes one entry out, the oldest and the worst in turn: what is bad stays unchosen, and would fill the pool in the end. */
  thin(threshold: number): void {
    if (this.#count === 0) return
    this.#rankBy(threshold)
    this.#removesWorst = !this.#removesWorst
    this.#remove(this.#removesWorst ? this.#worst() : this.#oldest())
  }

  /** Works out all ranks, unless they are those of the threshold. It moves seldom. */
  #rankBy(threshold: number): void {
    if (threshold === this.#threshold) return
    this.#threshold = threshold
    for (let i = 0; i < this.#count; i += 1) this.#rank(i)
  }

  #rank(entry: number): void {
    const rif = this.#rif[entry] as number
    this.#ranks[entry] = rif > this.#threshold ? hotFrom + rif : (this.#latencyMs[entry] as number)
  }

  /** Whether an entry is to be chosen rather than another one. Of one rank, the hot one of less latency, or the cold one of less RIF. */
  #precedes(a: number, b: number, ranks: Float64Array): boolean {
    const rankA = ranks[a] as number
    const rankB = ranks[b] as number
    if (rankA !== rankB) return rankA < rankB
    const second = rankA > hotFrom ? this.#latencyMs : this.#rif
    return (second[a] as number) < (second[b] as number)
  }

  #worst(): number {
    const ranks = this.#ranks
    const count = this.#count
    let worst = 0
    for (let i = 1; i < count; i += 1) if (this.#precedes(worst, i, ranks)) worst = i
    return worst
  }

  #oldest(): number {
    const at = this.#at
    const count = this.#count
    let oldest = 0
    let oldestAt = at[0] as number
    for (let i = 1; i < count; i += 1) {
      if ((at[i] as number) >= oldestAt) continue
      oldest = i
      oldestAt = at[i] as number
    }
    return oldest
  }

  #remove(entry: number): void {
    this.#count -= 1
    const last = this.#count
    const moved = this.#indexes[last] as number
    this.#entries[this.#indexes[entry] as number] = 0
    if (entry === last) return
    this.#entries[moved] = entry + 1
    this.#indexes[entry] = moved
    this.#rif[entry] = this.#rif[last] as number
    this.#latencyMs[entry] = this.#latencyMs[last] as number
    this.#at[entry] = this.#at[last] as number
    this.#uses[entry] = this.#uses[last] as number
    this.#ranks[entry] = this.#ranks[last] as number
  }
}
