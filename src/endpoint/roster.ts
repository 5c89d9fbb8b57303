/**
 * The roster keeps endpoint objects stable.
 *
 * Resolvers answer with full lists of addresses, again and again; the rest of the mesh keeps knowledge about endpoint *objects*. The
 * roster stands between: an address that was in the last list and is in the next one keeps its object, whatever else about it changed.
 * That identity is the contract on which latencies, counters, ejections and connection pools rest.
 */

import { printValue } from '../errors/print-value.ts'
import { type Endpoint, type EndpointSpec, noLabels, type ReportedHealth, RosterEndpoint } from './endpoint.ts'
import { endpointUrlExpectation, readEndpointAddress } from './endpoint-address.ts'
import { EndpointCounts } from './endpoint-counts.ts'
import { unknownLocality } from './locality.ts'

/** What an update of the roster did. */
export interface RosterChange {
  /** Endpoints that are new. */
  readonly added: readonly Endpoint[]
  /** Endpoints that are gone. */
  readonly removed: readonly Endpoint[]
  /** Endpoints that stayed and whose weight, place, priority, labels, server name or health changed. */
  readonly altered: readonly Endpoint[]
  /** Specs that were left out because they do not name a usable endpoint. */
  readonly refused: readonly RefusedEndpoint[]
}

/** A spec that cannot be used, and why. */
export interface RefusedEndpoint {
  /** The spec's URL, as it came. */
  readonly url: string
  /** What is wrong with it. */
  readonly problem: string
}

/** An endpoint as the roster keeps it. */
interface Entry {
  readonly endpoint: RosterEndpoint
  /** The update that listed it last. */
  listedIn: number
  /** Whether it left: a spelling that still leads here leads nowhere. */
  gone: boolean
}

/** The endpoints of one service. */
export class Roster {
  readonly #secure: () => boolean
  readonly #byAddress = new Map<string, Entry>()
  /** The same by the text that named them: parsing ten thousand known addresses again would cost more than all the rest. */
  readonly #bySpelling = new Map<string, Entry>()
  #entries: readonly Entry[] = []
  /** How the last update spelled each of them. */
  #spellings: readonly string[] = []
  #spelledSecure = false
  #updates = 0
  #counts = new EndpointCounts()
  #endpoints: readonly Endpoint[] = Object.freeze([])

  /** @param secure whether an address that does not name its protocol speaks https at the moment. */
  constructor(secure: () => boolean = () => false) {
    this.#secure = secure
  }

  /** Every endpoint, in the order of the last answer. The array is frozen; it is another one after each update that changed anything. */
  get endpoints(): readonly Endpoint[] {
    return this.#endpoints
  }

  /**
   * Takes a full answer.
   *
   * @param specs the endpoints that there are now; of several specs with one address, the first counts.
   * @returns what changed.
   */
  update(specs: readonly EndpointSpec[]): RosterChange {
    this.#updates += 1
    this.#forgetSpellings(specs.length)
    const before = this.#entries
    const entries: Entry[] = []
    const spellings: string[] = []
    const added: Endpoint[] = []
    const altered: Endpoint[] = []
    const refused: RefusedEndpoint[] = []
    for (const spec of specs) {
      // Most answers have the order of the one before, and comparing texts takes less than hashing one.
      const kept = this.#spellings[entries.length]
      const isInPlace = kept !== undefined && spec?.url === kept
      const spelled = isInPlace ? (this.#entries[entries.length] as Entry) : this.#spelled(spec)
      // What is as it was is usable as it was: nearly every spec of nearly every answer.
      const unchanged = spelled !== undefined && isDescribed(spelled.endpoint, spec)
      const problem = unchanged ? undefined : specProblem(spec)
      const entry = spelled ?? (problem === undefined ? this.#entryFor(spec.url) : undefined)
      if (entry === undefined || problem !== undefined) {
        refused.push({ url: printUrl(spec), problem: problem ?? `expected ${endpointUrlExpectation}` })
        continue
      }
      if (entry.listedIn === this.#updates) continue
      if (!unchanged && !isDescribed(entry.endpoint, spec)) {
        describe(entry.endpoint, spec)
        if (entry.listedIn !== 0) altered.push(entry.endpoint)
      }
      if (entry.listedIn === 0) added.push(entry.endpoint)
      entry.listedIn = this.#updates
      entries.push(entry)
      spellings.push(isInPlace ? kept : spec.url)
    }
    this.#spellings = spellings
    const removed = this.#removeUnlisted(before)
    const same = altered.length === 0 && entries.length === before.length && entries.every((entry, index) => entry === before[index])
    if (!same) {
      this.#entries = entries
      this.#endpoints = Object.freeze(entries.map((entry) => entry.endpoint))
      if (this.#counts.size > 2 * entries.length + 64) this.#reseat()
    }
    return { added, removed, altered, refused }
  }

  /** The entry of an endpoint that was named like this before, and is still there. */
  #spelled(spec: EndpointSpec | null | undefined): Entry | undefined {
    const entry = typeof spec === 'object' && spec !== null ? this.#bySpelling.get(spec.url) : undefined
    return entry?.gone === true ? undefined : entry
  }

  /** The entry that a URL names, a new one if need be; `undefined` if it is no endpoint's. */
  #entryFor(url: string): Entry | undefined {
    const address = readEndpointAddress(url, this.#spelledSecure)
    if (address === undefined) return undefined
    let entry = this.#byAddress.get(address.address)
    if (entry === undefined) {
      entry = { endpoint: new RosterEndpoint(address, this.#counts), listedIn: 0, gone: false }
      this.#byAddress.set(address.address, entry)
    }
    this.#bySpelling.set(url, entry)
    return entry
  }

  #removeUnlisted(before: readonly Entry[]): Endpoint[] {
    const removed: Endpoint[] = []
    for (const entry of before) {
      if (entry.listedIn === this.#updates) continue
      entry.gone = true
      this.#byAddress.delete(entry.endpoint.address)
      removed.push(entry.endpoint)
    }
    return removed
  }

  /** Seats of endpoints that left pile up. Those who left keep the old counts, and those alive, for as long as something is in flight there. */
  #reseat(): void {
    const before = this.#counts
    this.#counts = new EndpointCounts(this.#entries.length + 64)
    for (const { endpoint } of this.#entries) endpoint.moveTo(this.#counts)
    before.isLeft = true
  }

  /** Spellings mean something else when TLS comes or goes, and those of endpoints that left pile up. */
  #forgetSpellings(listed: number): void {
    const secure = this.#secure()
    if (secure === this.#spelledSecure && this.#bySpelling.size <= 2 * listed + 64) return
    this.#spelledSecure = secure
    this.#spellings = []
    this.#bySpelling.clear()
  }
}

/** The URL of a spec for a message, without the password that should not have been in it. */
function printUrl(spec: unknown): string {
  const url = typeof spec === 'object' && spec !== null && 'url' in spec ? spec.url : spec
  return typeof url === 'string' ? url.replace(/\/\/[^/@]*@/, '//***@') : printValue(url)
}

/** What is wrong with a spec beside its URL, if anything. */
export function specProblem(spec: EndpointSpec): string | undefined {
  if (typeof spec !== 'object' || spec === null) return `expected { url, ... }, got ${printValue(spec)}`
  const { weight, priority, labels, health } = spec
  if (weight !== undefined && !(typeof weight === 'number' && weight > 0 && Number.isFinite(weight))) {
    return `weight: expected a number in (0, Infinity), got ${printValue(weight)}`
  }
  if (priority !== undefined && !(Number.isInteger(priority) && priority >= 0 && priority <= 127)) {
    return `priority: expected an integer in [0, 127], got ${printValue(priority)}`
  }
  for (const field of texts) {
    const value: unknown = spec[field]
    if (value !== undefined && typeof value !== 'string') return `${field}: expected a text, got ${printValue(value)}`
  }
  if (labels !== undefined && !areLabels(labels))
    return `labels: expected texts by name such as { version: 'v2' }, got ${printValue(labels)}`
  if (health !== undefined && !healths.includes(health)) return `health: expected ${reportedHealths}, got ${printValue(health)}`
  return undefined
}

const healths: readonly unknown[] = ['healthy', 'degraded', 'draining', 'unhealthy'] satisfies readonly ReportedHealth[]

/** What a message says that an endpoint's health should have been. */
export const reportedHealths = healths.map((health) => `'${health}'`).join(' | ')

const texts = ['region', 'zone', 'servername'] as const

function areLabels(labels: unknown): boolean {
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) return false
  return Object.values(labels).every((value) => typeof value === 'string')
}

/** Whether an endpoint is described as a spec says. */
function isDescribed(endpoint: RosterEndpoint, spec: EndpointSpec): boolean {
  const { locality } = endpoint
  return (
    endpoint.weight === (spec.weight === undefined ? 1 : spec.weight) &&
    endpoint.priority === (spec.priority === undefined ? 0 : spec.priority) &&
    endpoint.servername === spec.servername &&
    endpoint.health === (spec.health === undefined ? 'healthy' : spec.health) &&
    locality.region === (spec.region === undefined ? '' : spec.region) &&
    locality.zone === (spec.zone === undefined ? '' : spec.zone) &&
    sameLabels(endpoint.labels, spec.labels === undefined ? noLabels : spec.labels)
  )
}

/** Writes a spec's description on an endpoint. */
function describe(endpoint: RosterEndpoint, spec: EndpointSpec): void {
  const { weight = 1, priority = 0, region = '', zone = '', labels = noLabels, health = 'healthy' } = spec
  endpoint.weight = weight
  endpoint.priority = priority
  endpoint.servername = spec.servername
  endpoint.health = health
  endpoint.locality = region === '' && zone === '' ? unknownLocality : Object.freeze({ region, zone })
  endpoint.labels = Object.freeze({ ...labels })
}

/** Whether `right`, which may be anything, is the same as `left`. */
function sameLabels(left: Readonly<Record<string, string>>, right: Readonly<Record<string, string>>): boolean {
  if (left === right) return true
  if (typeof right !== 'object' || right === null || Array.isArray(right)) return false
  const keys = Object.keys(left)
  if (keys.length !== Object.keys(right).length) return false
  for (let i = 0; i < keys.length; i += 1) if (left[keys[i] as string] !== right[keys[i] as string]) return false
  return true
}
