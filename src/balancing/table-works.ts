import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import type { PickQuery } from './balancer.ts'
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
 * One that is related to no table made before is made at once up to so many entries, in a few milliseconds: without a table keys have other places
 * than with one, and the first calls of a service would be parted from those that follow.
 */
export const smallFirstTable = 131_072

/** How long the process works on tables before it does something else, in milliseconds. */
const sliceMs = 0.5
/** The same in steps, for a machine so fast, or a clock so slow, that time does not move. */
const stepsPerSlice = 16
/** How long it does something else. */
const restMs = 1
/** How many tables may wait to be made; of more, the one that has waited longest is dropped. */
const mostWaiting = 8
/** How many of the tables made last are remembered. */
const mostRemembered = 4
/** How many endpoints of a set are looked for in a table to tell whether they are related. */
const samples = 4

/** Makes tables beside the calls, in slices, one at a time, and remembers the last ones: they serve until their successors are ready. */
export class TableWorks {
  readonly #clock: Clock
  readonly #build: (endpoints: readonly Endpoint[]) => Steps<KeyTable>
  readonly #waiting: WantedTable[] = []
  readonly #remembered: KeyTable[] = []
  #current: { readonly wanted: WantedTable; readonly steps: Steps<KeyTable> } | undefined
  #timer: Timer | undefined
  #closed = false
  /** Tables made so far. */
  made = 0

  /**
   * @param clock says when a slice is over, and when the next one begins.
   * @param build makes a table.
   */
  constructor(clock: Clock, build: (endpoints: readonly Endpoint[]) => Steps<KeyTable>) {
    this.#clock = clock
    this.#build = build
  }

  /** The table that was made for these very endpoints, if it is one of the last. */
  known(endpoints: readonly Endpoint[]): KeyTable | undefined {
    return this.#remembered.findLast(
      (table) => table.endpoints.length === endpoints.length && table.endpoints.every((endpoint, i) => endpoint === endpoints[i]),
    )
  }

  /** Makes a table at once: for a small one. */
  makeNow(endpoints: readonly Endpoint[]): KeyTable {
    return this.#remember(allSteps(this.#build(endpoints)))
  }

  /** Makes a table as soon as there is time; the one that is wanted last comes first. */
  want(wanted: WantedTable): void {
    if (this.#closed) return
    this.#waiting.push(wanted)
    if (this.#waiting.length > mostWaiting) this.#waiting.shift()?.dropped()
    this.#timer ??= this.#rest()
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
  }

  #rest(): Timer {
    return this.#clock.schedule(restMs, () => this.#work(), { background: true })
  }

  #work(): void {
    const until = this.#clock.now() + sliceMs
    for (let step = 0; step < stepsPerSlice && this.#clock.now() < until; step += 1) {
      this.#current ??= this.#next()
      if (this.#current === undefined) break
      const { wanted, steps } = this.#current
      const { done, value } = steps.next()
      if (!done) continue
      this.#current = undefined
      wanted.made(this.#remember(value))
    }
    this.#timer = this.#current === undefined && this.#waiting.length === 0 ? undefined : this.#rest()
  }

  #next(): { readonly wanted: WantedTable; readonly steps: Steps<KeyTable> } | undefined {
    const wanted = this.#waiting.pop()
    return wanted && { wanted, steps: this.#build(wanted.endpoints) }
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
