import type { Call } from '../call/call.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Picker, PickQuery } from './balancer.ts'
import { EndpointHashes } from './endpoint-hashes.ts'
import type { CallHash } from './hash-on.ts'
import { sureOdds } from './odds.ts'
import { isAmong, type KeyTable, smallFirstTable, smallTable, type TableWorks, type WantedTable } from './table-works.ts'

/** Up to so many endpoints, whoever has no table yet asks all of them who prefers the key; that costs some nanoseconds each. */
const mostAsked = 2_048

/** A query to which endpoints that are gone are spent ones. */
class MembersQuery implements PickQuery {
  readonly #members: readonly Endpoint[]
  #asked: PickQuery | undefined

  constructor(members: readonly Endpoint[]) {
    this.#members = members
  }

  get call(): Call {
    return (this.#asked as PickQuery).call
  }

  get at(): number | undefined {
    return (this.#asked as PickQuery).at
  }

  readonly isSpent = (endpoint: Endpoint): boolean => (this.#asked as PickQuery).isSpent(endpoint) || !isAmong(this.#members, endpoint)

  standFor(asked: PickQuery | undefined): PickQuery | undefined {
    const before = this.#asked
    this.#asked = asked
    return before
  }
}

/**
 * Chooses by a table that may not be ready yet. Until it is, the table made last serves, without the endpoints that are gone. When there is
 * none, calls wait for it; for one that would take too long, each key goes to the endpoint that prefers it, or, in a very large set, to its place in
 * the list.
 */
export class TablePicker implements Picker, WantedTable {
  readonly endpoints: readonly Endpoint[]
  readonly #hash: CallHash
  readonly #works: TableWorks
  #table: KeyTable | undefined
  #before: KeyTable | undefined
  #members: MembersQuery | undefined
  #hashes: EndpointHashes | undefined
  #waits = false
  readonly #entries: number
  /** For calls that wait for the table: resolves when it is there. */
  #over: Promise<void> | undefined
  #end = () => {}

  /**
   * @param endpoints at least one.
   * @param hash of calls.
   * @param works makes the table; a small one at once.
   */
  constructor(endpoints: readonly Endpoint[], hash: CallHash, works: TableWorks) {
    this.endpoints = endpoints
    this.#hash = hash
    this.#works = works
    this.#entries = works.entriesFor(endpoints)
    if (this.#entries <= smallTable) {
      this.#table = works.takeExpected(endpoints) ?? works.makeNow(endpoints)
      return
    }
    this.#table = works.takeExpected(endpoints, this)
    if (this.#table !== undefined) return
    this.#before = works.relativeOf(endpoints)
    this.#want()
  }

  preparing(): Promise<void> | undefined {
    if (!this.#isFirst()) return undefined
    if (!this.#waits) this.#want()
    if (!this.#works.hurry(this)) return undefined
    this.#over ??= new Promise((resolve) => {
      this.#end = resolve
    })
    return this.#over
  }

  pick(query: PickQuery): Endpoint {
    const key = this.#hash.bitsOf(query.call)
    return this.#table === undefined ? this.#meanwhile(key, query) : this.#table.pick(key, query)
  }

  made(table: KeyTable): void {
    this.#table = table
    this.#before = undefined
    this.#members = undefined
    this.#hashes = undefined
    this.#end()
  }

  dropped(): void {
    this.#waits = false
    this.#over = undefined
    this.#end()
  }

  /** Whether nobody else's table would do, and it is small enough to be waited for. */
  #isFirst(): boolean {
    return this.#table === undefined && this.#before === undefined && this.#entries <= smallFirstTable
  }

  #want(): void {
    this.#waits = true
    this.#works.want(this)
  }

  #meanwhile(key: number, query: PickQuery): Endpoint {
    if (this.#isFirst()) {
      // Whoever does not wait has to have it now.
      const table = this.#works.finish(this)
      this.made(table)
      return table.pick(key, query)
    }
    if (!this.#waits) this.#want()
    const before = this.#before
    if (before !== undefined) {
      this.#members ??= new MembersQuery(this.endpoints)
      const members = this.#members
      const asked = members.standFor(query)
      try {
        const chosen = before.pick(key, members)
        if (!members.isSpent(chosen)) return chosen
      } finally {
        members.standFor(asked)
      }
    }
    return this.#withoutTable(key, query)
  }

  #withoutTable(key: number, query: PickQuery): Endpoint {
    const { endpoints } = this
    if (endpoints.length <= mostAsked) {
      this.#hashes ??= new EndpointHashes(endpoints)
      return this.#hashes.preferredBy(key, query) ?? (this.#hashes.preferredBy(key) as Endpoint)
    }
    const start = (key >>> 0) % endpoints.length
    for (let i = 0; i < endpoints.length; i += 1) {
      const endpoint = endpoints[(start + i) % endpoints.length] as Endpoint
      if (!query.isSpent(endpoint)) return endpoint
    }
    return endpoints[start] as Endpoint
  }
}

/** The chances of endpoints by the table that was made for them: sure for a call that has something to hash, and unknown for others. */
export function tableOdds(
  endpoints: readonly Endpoint[],
  query: PickQuery,
  hash: CallHash,
  works: TableWorks,
): readonly number[] | undefined {
  const key = hash.peek(query.call)
  return key === undefined ? undefined : sureOdds(endpoints, works.known(endpoints)?.pick(key, query))
}
