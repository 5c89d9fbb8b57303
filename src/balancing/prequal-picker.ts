import type { ProbeAnswer } from '../call/load-report.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import { drawBelow, type Random } from '../runtime/random.ts'
import type { Picker, PickQuery } from './balancer.ts'
import { drawUnspent } from './draw-unspent.ts'
import { InFlightOf } from './in-flight-of.ts'
import type { LoadProber } from './load-prober.ts'
import type { LoadRecords } from './load-records.ts'
import { type EntryFilter, PrequalPool, reuseBudget } from './prequal-pool.ts'
import type { QuantileWindow } from './quantile-window.ts'
import type { RecentPickers } from './recent-pickers.ts'

/** Without probes, one call in so many goes to an endpoint of which nothing is known any more: it would never be known again. */
const callsPerDiscovery = 20
/** So many are looked at in turn for each call then, until there is one. */
const seeksPerCall = 2
/** Without probes, so many are looked at at once: they take hardly longer than one, since nobody waits for the memory of another. */
const looksAtOnce = 4
/** How often a failing endpoint is drawn again when chance decides. */
const redraws = 4

/** What the pickers of one balancer share. */
export interface Prequal {
  readonly settings: Readonly<Record<'probes' | 'removals' | 'pool' | 'maxAgeMs', number>>
  readonly records: LoadRecords
  readonly rifs: QuantileWindow
  readonly prober: LoadProber | undefined
  /** Who is told of reports. */
  readonly pickers: RecentPickers<PrequalPicker>
  readonly draws: Random
  readonly now: () => number
  randomChoices: number
}

/** Chooses among a set of endpoints by what they said of themselves, and keeps the pool of what is known of them. */
export class PrequalPicker implements Picker, EntryFilter {
  readonly #shared: Prequal
  readonly #endpoints: readonly Endpoint[]
  readonly #pool: PrequalPool
  readonly #inFlight: InFlightOf
  /** Where it is noted how each of them is, and one more; 0 until it was drawn. It holds as long as there is the endpoint. */
  readonly #places: Int32Array
  /** Those that are looked at, and what is known of them. */
  readonly #drawn: Int32Array
  readonly #news: Float64Array
  /** The same for one of which there is news. */
  readonly #one = new Int32Array(1)
  readonly #newsOfOne = new Float64Array(3)
  /** Who asks, while there is somebody to leave out. */
  #query: PickQuery | undefined
  /** Not a number from the beginning: V8 would copy it on the heap whenever it is read. */
  #now: number | undefined = undefined
  /** So many were looked at for the next call. */
  #lookedAt = 0
  /** How many are looked at at once, at least. */
  readonly #atOnce: number
  #probesDue = 0
  #removalsDue = 0
  #sinceDiscovery = 0
  /** The endpoint that was looked at last for one of which nothing is known. */
  #soughtAt: number
  /** So many were looked at since there was one. */
  #soughtInVain = 0
  /** Whether it is told of reports. */
  #isTold = false

  /**
   * @param shared by all pickers of the balancer.
   * @param endpoints at least one.
   */
  constructor(shared: Prequal, endpoints: readonly Endpoint[]) {
    const { pool, maxAgeMs, probes, removals } = shared.settings
    this.#shared = shared
    this.#endpoints = endpoints
    // Where nobody is asked, every call brings a report of its own.
    const news = shared.prober === undefined ? probes + 1 : probes
    this.#pool = new PrequalPool(endpoints.length, pool, maxAgeMs, reuseBudget(endpoints.length, pool, news, removals), shared.draws)
    this.#inFlight = new InFlightOf(endpoints)
    this.#places = new Int32Array(endpoints.length)
    this.#atOnce = shared.prober === undefined ? Math.min(looksAtOnce, endpoints.length) : 1
    const mostDrawn = Math.min(Math.ceil(probes) + this.#atOnce, endpoints.length)
    this.#drawn = new Int32Array(mostDrawn)
    this.#news = new Float64Array(3 * mostDrawn)
    this.#soughtAt = drawBelow(shared.draws, endpoints.length)
    this.#join(shared.now())
  }

  isInUse(now: number): boolean {
    return now - (this.#now as number) <= this.#shared.settings.maxAgeMs
  }

  /** An endpoint reported how it is: the best that can be known of it, and so it counts for the very next call. */
  reported(endpoint: Endpoint): void {
    const index = this.#inFlight.indexOf(endpoint)
    if (index >= 0) this.#learn(index)
  }

  left(): void {
    this.#isTold = false
  }

  #join(now: number): void {
    this.#now = now
    this.#isTold = true
    this.#shared.pickers.add(this)
  }

  pick(query: PickQuery): Endpoint {
    const shared = this.#shared
    const now = query.at ?? shared.now()
    if (!this.#isTold) this.#join(now)
    this.#now = now
    if (query.isFresh === true && !shared.records.anyFails(now)) return this.#pick(query, undefined)
    const before = this.#query
    this.#query = query
    try {
      return this.#pick(query, this)
    } finally {
      this.#query = before
    }
  }

  #pick(query: PickQuery, filter: EntryFilter | undefined): Endpoint {
    const { rifs, settings, prober } = this.#shared
    if (this.#lookedAt > 0) {
      this.#admit(this.#recent(this.#lookedAt))
      this.#lookedAt = 0
    }
    const threshold = rifs.value
    const chosen = this.#pool.choose(threshold, this.#now as number, filter)
    this.#removalsDue += settings.removals
    for (; this.#removalsDue >= 1; this.#removalsDue -= 1) this.#pool.thin(threshold)
    this.#probesDue += settings.probes
    if (this.#probesDue >= this.#atOnce) this.#look()
    if (chosen < 0) return this.#random(query)
    this.#sinceDiscovery += 1
    const unknown = this.#sinceDiscovery < callsPerDiscovery || prober !== undefined ? -1 : this.#seek(filter)
    if (unknown < 0) return this.#endpoints[chosen] as Endpoint
    this.#sinceDiscovery = 0
    return this.#endpoints[unknown] as Endpoint
  }

  /** Goes on looking for an endpoint of which nothing recent is known; all of them, then no more for as many calls. @returns -1 if it has not come to one. */
  #seek(filter: EntryFilter | undefined): number {
    const since = (this.#now as number) - this.#shared.settings.maxAgeMs
    const count = this.#endpoints.length
    for (let seek = 0; seek < seeksPerCall; seek += 1) {
      const index = this.#soughtAt + 1 < count ? this.#soughtAt + 1 : 0
      this.#soughtAt = index
      this.#soughtInVain += 1
      if (this.#shared.records.isOlder(this.#placeOf(index), since) && filter?.isBarred(index) !== true) {
        this.#soughtInVain = 0
        return index
      }
    }
    if (this.#soughtInVain >= count) {
      this.#soughtInVain = 0
      this.#sinceDiscovery = Math.min(0, callsPerDiscovery - count)
    }
    return -1
  }

  isBarred(index: number): boolean {
    const query = this.#query as PickQuery
    if (query.isFresh !== true && query.isSpent(this.#endpoints[index] as Endpoint)) return true
    return this.#shared.records.failsAt(this.#placeOf(index), this.#now as number)
  }

  /** Looks at a few endpoints drawn by chance, for the next call: asks them, or reads what they last said. Nobody waits for the memory that it is in. */
  #look(): void {
    const { records, prober } = this.#shared
    const count = Math.min(Math.floor(this.#probesDue), this.#endpoints.length)
    this.#probesDue -= Math.floor(this.#probesDue)
    this.#draw(count)
    if (prober === undefined) {
      records.read(this.#drawn, count, this.#places, this.#inFlight, this.#news)
      this.#lookedAt = count
    } else {
      for (let i = 0; i < count; i += 1) {
        const index = this.#drawn[i] as number
        prober.send(this.#endpoints[index] as Endpoint, index, this.#answered)
      }
    }
  }

  /** Draws indexes, none twice (Floyd's algorithm). It is known then where it is noted how they are. */
  #draw(count: number): void {
    const drawn = this.#drawn
    const places = this.#places
    const { draws } = this.#shared
    const before = this.#endpoints.length - count
    let areKnown = true
    for (let i = 0; i < count; i += 1) {
      let index = drawBelow(draws, before + i + 1) | 0
      for (let other = 0; other < i; other += 1) if (drawn[other] === index) index = before + i
      drawn[i] = index
      if (places[index] === 0) areKnown = false
    }
    if (!areKnown) for (let i = 0; i < count; i += 1) this.#placeOf(drawn[i] as number)
  }

  /** Leaves out those drawn of which nothing recent is known. @returns how many are left. */
  #recent(count: number): number {
    const since = (this.#now as number) - this.#shared.settings.maxAgeMs
    const drawn = this.#drawn
    const news = this.#news
    let recent = 0
    while (recent < count && (news[3 * recent + 2] as number) >= since) recent += 1
    for (let i = recent + 1; i < count; i += 1) {
      if ((news[3 * i + 2] as number) < since) continue
      drawn[recent] = drawn[i] as number
      for (let part = 0; part < 3; part += 1) news[3 * recent + part] = news[3 * i + part] as number
      recent += 1
    }
    return recent
  }

  #admit(count: number): void {
    this.#shared.rifs.add(this.#news, count, 3)
    this.#pool.admit(this.#drawn, this.#news, count)
  }

  #placeOf(index: number): number {
    const place = this.#places[index] as number
    return place === 0 ? this.#lookUp(index) : place - 1
  }

  #lookUp(index: number): number {
    const place = this.#shared.records.of(this.#endpoints[index] as Endpoint)
    this.#places[index] = place + 1
    return place
  }

  readonly #answered = (endpoint: Endpoint, index: number, { rif, latencyMs }: ProbeAnswer): void => {
    const { records, now } = this.#shared
    records.probed(endpoint, rif, latencyMs, now())
    this.#shared.rifs.addOne(rif)
    this.#learn(index)
  }

  /** Takes in what is known of one endpoint. */
  #learn(index: number): void {
    this.#placeOf(index)
    this.#one[0] = index
    this.#shared.records.read(this.#one, 1, this.#places, this.#inFlight, this.#newsOfOne)
    this.#pool.admit(this.#one, this.#newsOfOne, 1)
  }

  #random(query: PickQuery): Endpoint {
    const { draws, records } = this.#shared
    this.#shared.randomChoices += 1
    let drawn = drawUnspent(this.#endpoints, draws, query)
    for (let draw = 0; draw < redraws && records.failsAt(records.of(drawn), this.#now as number); draw += 1)
      drawn = drawUnspent(this.#endpoints, draws, query)
    return drawn
  }
}
