/**
 * The roster keeps endpoint objects stable.
 *
 * Resolvers answer with full lists of addresses, again and again; the rest of the mesh keeps knowledge about endpoint *objects*. The
 * roster stands between: an address that was in the last list and is in the next one keeps its object, whatever else about it changed.
 * That identity is the contract on which latencies, counters, ejections and connection pools rest.
 */
import { type Endpoint, type EndpointSpec, noLabels, RosterEndpoint } from './endpoint.ts'
import { endpointUrlExpectation, readEndpointAddress } from './endpoint-address.ts'
import { sameLocality, unknownLocality } from './locality.ts'

/** What an update of the roster did. */
export interface RosterChange {
  /** Endpoints that are new. */
  readonly added: readonly Endpoint[]
  /** Endpoints that are gone. */
  readonly removed: readonly Endpoint[]
  /** Endpoints that stayed and whose weight, place, priority, labels or server name changed. */
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

/** The endpoints of one service. */
export class Roster {
  readonly #secure: () => boolean
  #byAddress = new Map<string, RosterEndpoint>()
  /** The same endpoints by the text that named them: parsing ten thousand known addresses again would cost more than all the rest. */
  #bySpelling = new Map<string, RosterEndpoint>()
  #spelledSecure = false
  #endpoints: readonly Endpoint[] = Object.freeze([])

  /** @param secure whether an address that does not name its protocol speaks https at the moment. */
  constructor(secure: () => boolean = () => false) {
    this.#secure = secure
  }

  /** Every endpoint, in the order of the last answer. The array is frozen and replaced as a whole. */
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
    const secure = this.#secure()
    const next = new Map<string, RosterEndpoint>()
    const spellings = new Map<string, RosterEndpoint>()
    const spelled = secure === this.#spelledSecure ? this.#bySpelling : spellings
    const added: Endpoint[] = []
    const altered: Endpoint[] = []
    const refused: RefusedEndpoint[] = []
    for (const spec of specs) {
      const address = spelled.get(spec.url) ?? readEndpointAddress(spec.url, secure)
      const problem = address === undefined ? `expected ${endpointUrlExpectation}` : specProblem(spec)
      if (address === undefined || problem !== undefined) {
        refused.push({ url: String(spec.url), problem: problem ?? '' })
        continue
      }
      if (next.has(address.address)) continue
      const known = this.#byAddress.get(address.address)
      const endpoint = known ?? new RosterEndpoint(address)
      const changed = describe(endpoint, spec)
      if (known === undefined) added.push(endpoint)
      else if (changed) altered.push(endpoint)
      next.set(endpoint.address, endpoint)
      spellings.set(spec.url, endpoint)
    }
    const removed: Endpoint[] = []
    for (const [address, endpoint] of this.#byAddress) if (!next.has(address)) removed.push(endpoint)
    this.#byAddress = next
    this.#bySpelling = spellings
    this.#spelledSecure = secure
    this.#endpoints = Object.freeze([...next.values()])
    return { added, removed, altered, refused }
  }

}

/** What is wrong with a spec beside its URL, if anything. */
export function specProblem(spec: EndpointSpec): string | undefined {
  const { weight, priority } = spec
  if (weight !== undefined && !(typeof weight === 'number' && weight > 0 && Number.isFinite(weight))) {
    return `weight: expected a number in (0, Infinity), got ${weight}`
  }
  if (priority !== undefined && !(Number.isInteger(priority) && priority >= 0 && priority <= 127)) {
    return `priority: expected an integer in [0, 127], got ${priority}`
  }
  return undefined
}

/** Writes a spec's description on an endpoint; tells whether anything changed. */
function describe(endpoint: RosterEndpoint, spec: EndpointSpec): boolean {
  const weight = spec.weight ?? 1
  const priority = spec.priority ?? 0
  const locality =
    spec.region === undefined && spec.zone === undefined ? unknownLocality : { region: spec.region ?? '', zone: spec.zone ?? '' }
  const labels = spec.labels ?? noLabels
  const same =
    endpoint.weight === weight &&
    endpoint.priority === priority &&
    endpoint.servername === spec.servername &&
    sameLocality(endpoint.locality, locality) &&
    sameLabels(endpoint.labels, labels)
  if (same) return false
  endpoint.weight = weight
  endpoint.priority = priority
  endpoint.servername = spec.servername
  endpoint.locality = Object.freeze(locality)
  endpoint.labels = Object.freeze({ ...labels })
  return true
}

function sameLabels(left: Readonly<Record<string, string>>, right: Readonly<Record<string, string>>): boolean {
  if (left === right) return true
  const keys = Object.keys(left)
  return keys.length === Object.keys(right).length && keys.every((key) => left[key] === right[key])
}
