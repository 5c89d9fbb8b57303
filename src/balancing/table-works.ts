import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import type { PickQuery } from './balancer.ts'
import { areSame, ExpectedTable, usedFirst } from './expected-table.ts'
import { allSteps, type Steps } from './steps.ts'

/** Says which endpoint a key belongs to. */
export interface KeyTable {
  /** Whom it knows. */
  readonly endpoints: readonly Endpoint[]
  /**
   * The endpoint of a key, or the next one that the call has not tried.
   *
   * @param key 32 bits, with a sign or without.
   */
  pick(key: number, query: PickQuery): Endpoint
}

/** A table that somebody waits for. */
export interface WantedTable {
  readonly endpoints: readonly Endpoint[]
  /** Takes it when it is made. */
  made(table: KeyTable): void
  /** It will not be made, unless it is asked for again. */
  dropped(): void
}

/** A table of so many entries is made at once: in much less than a millisecond. */
export const smallTable = 2_048

/**
 * One that is related to no table made before is waited for up to so many entries, some milliseconds: without a table keys have other places
 * than with one, and the first calls of a service would be parted from those that follow.
 */
export const smallFirstTable = 131_072

/** How long the process works on tables before it does something else, in milliseconds. */
const sliceMs = 0.5
/** The same in steps, for a machine so fast, or a clock so slow, that time does not move. */
const stepsPerSlice = 16
/** How long it does something else; while calls wait, one turn of the event loop. */
const restMs = 1
/** How many tables may wait to be made; of more, the one that has waited longest is dropped. */
const mostWaiting = 8
/** How many of the tables made last are remembered. */
const mostRemembered = 4
/** How many endpoints of a set are looked for in a table to tell whether they are related. */
const samples = 4

/** A table that is to be made, or is being made. */
interface Work {
  wanted: WantedTable
  steps: Steps<KeyTable> | undefined
}

/** Makes tables beside the calls, in slices, one at a time, and remembers the last ones: they serve until their successors are ready. */
export class TableWorks {
  readonly #clock: Clock
  readonly #build: (endpoints: readonly Endpoint[]) => Steps<KeyTable>
  readonly #entries: (endpoints: readonly Endpoint[]) => number
  readonly #waiting: Work[] = []
  readonly #remembered: KeyTable[] = []
  #current: Work | undefined
  #expected: ExpectedTable | undefined
  /** Whether a table was asked for. From then on there are relatives. */
  #begun = false
  /** Those for which calls wait. */
  readonly #hurried = new Set<WantedTable>()
  #timer: Timer | undefined
  #closed = false
  /** Tables made so far. */
  made = 0

  /**
   * @param clock says when a slice is over, and when the next one begins.
   * @param build makes a table.
   * @param entries about how many it will have.
   */
  constructor(
    clock: Clock,
    build: (endpoints: readonly Endpoint[]) => Steps<KeyTable>,
    entries: (endpoints: readonly Endpoint[]) => number,
  ) {
    this.#clock = clock
    this.#build = build
    this.#entries = entries
  }

  /** About how many entries the table for these endpoints will have. */
  entriesFor(endpoints: readonly Endpoint[]): number {
    return this.#entries(endpoints)
  }

  /** The table that was made for these very endpoints, if it is one of the last. */
  known(endpoints: readonly Endpoint[]): KeyTable | undefined {
    return this.#remembered.findLast((table) => areSame(table.endpoints, endpoints))
  }

  /**
   * The first table is likely to be for those of these endpoints that are used first: it is begun before somebody asks for it. Weights may be others
   * than the last time.
   */
  expect(endpoints: readonly Endpoint[]): void {
    if (this.#begun || this.#closed) return
    const first = usedFirst(endpoints)
    // What changed may have nothing to do with a table.
    if (this.#expected?.isFor(first)) return
    this.#giveUpExpected()
    if (first.length === 0) return
    this.#expected = new ExpectedTable(first)
    this.want(this.#expected)
  }

  /**
   * The first table, if it was expected to be for these endpoints and is there.
   *
   * @param heir gets it when it is made, if it is not there yet; without one, it is given up.
   */
  takeExpected(endpoints: readonly Endpoint[], heir?: WantedTable): KeyTable | undefined {
    this.#begun = true
    const expected = this.#expected
    if (expected === undefined) return undefined
    const isSame = areSame(expected.endpoints, endpoints)
    if (isSame && expected.table === undefined && heir !== undefined) {
      this.#expected = undefined
      const work = this.#workFor(expected) as Work
      work.wanted = heir
      return undefined
    }
    this.#giveUpExpected()
    return isSame && expected.table !== undefined ? this.#remember(expected.table) : undefined
  }

  /**
   * Calls wait for a table: whoever is the first works on it for a moment, which is often enough, and from then on there is hardly a rest.
   *
   * @returns whether it is being made; not after {@link TableWorks.close}.
   */
  hurry(wanted: WantedTable): boolean {
    if (this.#closed) return false
    if (!this.#hurried.has(wanted)) {
      this.#hurried.add(wanted)
      this.#bringForward(wanted)
      this.#timer?.cancel()
      this.#work(Number.POSITIVE_INFINITY)
    }
    return this.#hurried.has(wanted)
  }

  /** Makes at once what is left to do of a table that is wanted. */
  finish(wanted: WantedTable): KeyTable {
    this.#bringForward(wanted)
    const steps = this.#current?.steps ?? this.#build(wanted.endpoints)
    this.#current = undefined
    this.#hurried.delete(wanted)
    this.#endIfDone()
    return this.#remember(allSteps(steps))
  }

  /** Makes a table at once: for a small one. */
  makeNow(endpoints: readonly Endpoint[]): KeyTable {
    return this.#remember(allSteps(this.#build(endpoints)))
  }

  #giveUpExpected(): void {
    const expected = this.#expected
    if (expected === undefined) return
    this.#expected = undefined
    if (this.#current?.wanted === expected) this.#current = undefined
    const waiting = this.#waiting.findIndex(({ wanted }) => wanted === expected)
    if (waiting >= 0) this.#waiting.splice(waiting, 1)
    this.#endIfDone()
  }

  #endIfDone(): void {
    if (this.#current !== undefined || this.#waiting.length > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** Makes a table as soon as there is time; the one that is wanted last comes first. */
  want(wanted: WantedTable): void {
    if (this.#closed || this.#workFor(wanted) !== undefined) return
    this.#waiting.push({ wanted, steps: undefined })
    if (this.#waiting.length > mostWaiting) this.#drop((this.#waiting.shift() as Work).wanted)
    this.#timer ??= this.#rest()
  }

  #drop(wanted: WantedTable): void {
    this.#hurried.delete(wanted)
    wanted.dropped()
  }

  #workFor(wanted: WantedTable): Work | undefined {
    return this.#current?.wanted === wanted ? this.#current : this.#waiting.find((each) => each.wanted === wanted)
  }

  /** What is wanted is worked on next; what was, after it. */
  #bringForward(wanted: WantedTable): void {
    if (this.#current?.wanted === wanted) return
    const waiting = this.#waiting.findIndex((each) => each.wanted === wanted)
    const [work] = waiting < 0 ? [] : this.#waiting.splice(waiting, 1)
    if (this.#current !== undefined) this.#waiting.push(this.#current)
    this.#current = work ?? { wanted, steps: undefined }
  }

  /** The table made last that knows endpoints of a set; most of a few that are looked for. */
  relativeOf(endpoints: readonly Endpoint[]): KeyTable | undefined {
    let best: KeyTable | undefined
    let most = 0
    for (let i = this.#remembered.length - 1; i >= 0; i -= 1) {
      const table = this.#remembered[i] as KeyTable
      const known = knownOf(endpoints, table.endpoints)
      if (known > most) [best, most] = [table, known]
    }
    return best
  }

  /** Stops working. */
  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    this.#timer = undefined
    this.#waiting.length = 0
    this.#current = undefined
    this.#expected = undefined
    for (const wanted of this.#hurried) this.#drop(wanted)
  }

  #rest(): Timer {
    // Nobody else may keep the process alive for those who wait.
    const hurries = this.#hurried.size > 0
    return this.#clock.schedule(hurries ? 0 : restMs, () => this.#work(stepsPerSlice), { background: !hurries })
  }

  #work(most: number): void {
    const until = this.#clock.now() + sliceMs
    for (let step = 0; step < most && this.#clock.now() < until; step += 1) {
      this.#current ??= this.#waiting.pop()
      if (this.#current === undefined) break
      const { wanted } = this.#current
      this.#current.steps ??= this.#build(wanted.endpoints)
      const { done, value } = this.#current.steps.next()
      if (!done) continue
      this.#current = undefined
      this.#hurried.delete(wanted)
      // One that nobody asked for yet is nobody's relative.
      wanted.made(wanted === this.#expected ? value : this.#remember(value))
    }
    this.#timer = this.#current === undefined && this.#waiting.length === 0 ? undefined : this.#rest()
  }

  #remember(table: KeyTable): KeyTable {
    this.made += 1
    this.#remembered.push(table)
    if (this.#remembered.length > mostRemembered) this.#remembered.shift()
    return table
  }
}

function knownOf(endpoints: readonly Endpoint[], known: readonly Endpoint[]): number {
  let found = 0
  for (let i = 0; i < samples; i += 1) {
    if (isAmong(known, endpoints[Math.floor(((i + 0.5) * endpoints.length) / samples)] as Endpoint)) found += 1
  }
  return found
}

/** Whether an endpoint is in a list. A set of a hundred thousand would take longer to make than looking through the list. */
export function isAmong(endpoints: readonly Endpoint[], endpoint: Endpoint): boolean {
  return endpoints.includes(endpoint)
}
