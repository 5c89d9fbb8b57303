import type { Random } from '../runtime/random.ts'
import { leastOf } from './least-of.ts'
import { prequalRank, rankBits } from './prequal-rank.ts'

/** In so many bits times are told apart within the longest age, less those that number the entries; there are 31, so there is room for 32 such ages. */
const ageBits = 26
/** What is older by so many of the longest ages is dropped before something comes in: their order would not be known. */
const mostAges = 16
/** As good as for ever: an entry that is used once in a microsecond is too old before. */
const anyNumber = 2 ** 30

/** What is known of an endpoint. */
class Entry {
  index = -1
  /** How often it may still be chosen. */
  uses = 0
  // Not whole to begin with, so that V8 keeps a place for a fraction, and makes no new number on the heap for each.
  rif = Number.NaN
  latencyMs = Number.NaN
  /** The time of both. */
  at = Number.NaN
}

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
 * of least RIF. Of cold ones with the same latency it is the one of less RIF, of hot ones with the same RIF the one of less latency.
 *
 * What differs by a four-thousandth or less is the same here; in a pool for 1,024, by a sixty-fourth. What decides then is told apart by less: up to
 * 255 in flight, and latencies that differ by a quarter. Times are told apart in steps of a four-millionth of the longest age, or a 65,000th with 1,024.
 */
export class PrequalPool {
  /** As many entries as there is room for; those that hold something come first. */
  readonly #list: Entry[]
  #count = 0
  /** How each ranks, and how old it is: see {@link leastOf}. */
  readonly #ranks: Int32Array
  readonly #times: Int32Array
  /** So many bits of these, the last ones, are the number of the entry. */
  readonly #numberBits: number
  /** The number of the entry of each endpoint, and one more; 0 for none. */
  readonly #entries: Uint16Array
  /** What ranks are for. */
  #threshold = 0
  /** Nothing is older. */
  #oldestAt = Number.POSITIVE_INFINITY
  readonly #draws: Random
  readonly #maxAgeMs: number
  readonly #stepsPerMs: number
  /** How often an entry may be used for sure, and the chance of once more. */
  readonly #surely: number
  readonly #chance: number
  /** So many come in before one may be used once more. */
  #untilMore: number
  /** 1 if the one taken out last was the worst, 0 if it was the oldest. */
  #turn = 0

  /**
   * @param endpoints how many there are in the set.
   * @param size the most entries.
   * @param maxAgeMs older ones are dropped.
   * @param budget how often one may be used; what is beyond a whole number counts by chance.
   * @param draws where chance comes from.
   */
  constructor(endpoints: number, size: number, maxAgeMs: number, budget: number, draws: Random) {
    this.#list = Array.from({ length: size }, () => new Entry())
    this.#ranks = new Int32Array(size)
    this.#times = new Int32Array(size)
    this.#numberBits = 32 - Math.clz32(size - 1)
    this.#entries = new Uint16Array(endpoints)
    this.#maxAgeMs = maxAgeMs
    this.#stepsPerMs = 2 ** (ageBits - this.#numberBits) / maxAgeMs
    this.#surely = Math.min(Math.floor(budget), anyNumber)
    this.#chance = budget % 1 || 0
    this.#draws = draws
    this.#untilMore = this.#drawUntilMore()
  }

  /** How many entries there are. */
  get count(): number {
    return this.#count
  }

  /**
   * Takes in what is known of endpoints, in place of what was known before; when the pool is full, of the oldest.
   *
   * @param indexes the endpoints.
   * @param news RIF, latency, and the time of both, of one after the other. As arguments each would be a number on the heap.
   * @param count how many they are.
   */
  admit(indexes: Int32Array, news: Float64Array, count: number): void {
    const list = this.#list
    const ranks = this.#ranks
    const times = this.#times
    const entries = this.#entries
    const numberBits = this.#numberBits
    const threshold = this.#threshold
    const more = this.#drawMore(count)
    if ((news[2] as number) - this.#oldestAt > mostAges * this.#maxAgeMs) this.#dropOlder((news[2] as number) - this.#maxAgeMs)
    // Nothing is called in here: V8 would look at all arrays anew after it.
    for (let i = 0; i < count; i += 1) {
      const index = indexes[i] as number
      const at = news[3 * i + 2] as number
      let number = (entries[index] as number) - 1
      // The same news again must not renew what has been used up and compensated since.
      if (number >= 0 && (list[number] as Entry).at >= at) continue
      if (number < 0) {
        number = this.#count
        if (number < list.length) this.#count = number + 1
        else {
          number = leastOf(times, number, 0) & ((1 << numberBits) - 1)
          entries[(list[number] as Entry).index] = 0
        }
        entries[index] = number + 1
      }
      const entry = list[number] as Entry
      const rif = news[3 * i] as number
      const latencyMs = news[3 * i + 1] as number
      entry.index = index
      entry.uses = this.#surely + ((more >> i) & 1)
      entry.rif = rif
      entry.latencyMs = latencyMs
      entry.at = at
      if (at < this.#oldestAt) this.#oldestAt = at
      ranks[number] = prequalRank(rif, latencyMs, threshold, numberBits) | number
      times[number] = (((at * this.#stepsPerMs) | 0) << numberBits) | number
    }
  }

  /** Which of the next few may be used once more, a bit each. */
  #drawMore(count: number): number {
    let more = 0
    while (this.#untilMore < count) {
      more |= 1 << this.#untilMore
      this.#untilMore += 1 + this.#drawUntilMore()
    }
    this.#untilMore -= count
    return more
  }

  /** Draws how many have to do without before one may be used once more: a draw for each of them would cost more than all else. */
  #drawUntilMore(): number {
    const until = this.#chance === 0 ? anyNumber : Math.log(1 - this.#draws.next()) / Math.log(1 - this.#chance)
    return Math.floor(Math.min(until, anyNumber))
  }

  /**
   * Chooses, and counts what was chosen as one request more in flight there.
   *
   * @param threshold a RIF above it is hot.
   * @param now monotonic time.
   * @param filter which entries may be chosen; all, without one.
   * @returns the index of an endpoint; -1 when fewer than two may be chosen: one alone would get every call.
   */
  choose(threshold: number, now: number, filter: EntryFilter | undefined): number {
    if (this.#oldestAt < now - this.#maxAgeMs) this.#dropOlder(now - this.#maxAgeMs)
    if (this.#count < 2) return -1
    if (threshold !== this.#threshold) this.#rankBy(threshold)
    const list = this.#list
    const best = leastOf(this.#ranks, this.#count, 0) & ((1 << this.#numberBits) - 1)
    if (filter === undefined) return this.#use(best)
    // Nearly always nobody is barred, and two answers say so.
    const other = best === 0 ? 1 : 0
    if (!filter.isBarred((list[best] as Entry).index) && !filter.isBarred((list[other] as Entry).index)) return this.#use(best)
    const allowed = this.#bestAllowed(filter)
    return allowed < 0 ? -1 : this.#use(allowed)
  }

  /** @returns the endpoint of the entry. */
  #use(number: number): number {
    const entry = this.#list[number] as Entry
    entry.uses -= 1
    if (entry.uses <= 0) this.#remove(number)
    else {
      entry.rif += 1
      this.#rank(number)
    }
    return entry.index
  }

  #dropOlder(than: number): void {
    this.#oldestAt = Number.POSITIVE_INFINITY
    for (let number = 0; number < this.#count; ) {
      const { at } = this.#list[number] as Entry
      if (at < than) this.#remove(number)
      else {
        this.#oldestAt = Math.min(this.#oldestAt, at)
        number += 1
      }
    }
  }

  /** The entry to be chosen, when whoever is asked about allows it. @returns -1 when fewer than two are allowed. */
  #bestAllowed(filter: EntryFilter): number {
    const ranks = this.#ranks
    let best = -1
    let allowed = 0
    for (let number = 0; number < this.#count; number += 1) {
      const isBetter = best < 0 || (ranks[number] as number) < (ranks[best] as number)
      if ((!isBetter && allowed >= 2) || filter.isBarred((this.#list[number] as Entry).index)) continue
      allowed += 1
      if (isBetter) best = number
    }
    return allowed < 2 ? -1 : best
  }

  /** Takes one entry out, the oldest and the worst in turn: what is bad stays unchosen, and would fill the pool in the end. */
  thin(threshold: number): void {
    if (this.#count === 0) return
    if (threshold !== this.#threshold) this.#rankBy(threshold)
    this.#turn ^= 1
    const numbers = (1 << this.#numberBits) - 1
    const isWorst = this.#turn === 1
    const least = leastOf(isWorst ? this.#ranks : this.#times, this.#count, isWorst ? rankBits & ~numbers : 0)
    this.#remove(least & numbers)
  }

  /** Works out all ranks. The threshold moves seldom. */
  #rankBy(threshold: number): void {
    this.#threshold = threshold
    for (let number = 0; number < this.#count; number += 1) this.#rank(number)
  }

  #rank(number: number): void {
    const { rif, latencyMs } = this.#list[number] as Entry
    this.#ranks[number] = prequalRank(rif, latencyMs, this.#threshold, this.#numberBits) | number
  }

  /** The last entry takes the number of the one that leaves. */
  #remove(number: number): void {
    const list = this.#list
    const ranks = this.#ranks
    const times = this.#times
    const entries = this.#entries
    const count = this.#count - 1
    this.#count = count
    const entry = list[number] as Entry
    const last = list[count] as Entry
    entries[last.index] = number + 1
    entries[entry.index] = 0
    list[number] = last
    list[count] = entry
    // The last bits are the number.
    ranks[number] = (ranks[count] as number) ^ count ^ number
    times[number] = (times[count] as number) ^ count ^ number
  }
}
