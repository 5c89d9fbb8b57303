import type { LatencySummary } from '../endpoint/recent-latencies.ts'
import type { EndpointConcurrencySnapshot, EndpointSnapshot, MeshSnapshot, RouteSnapshot, ServiceSnapshot } from '../mesh/snapshot.ts'

/** What the admin page and `proxyless top` show: the snapshot, with what two snapshots tell together. As JSON, `Infinity` is a text. */
export interface Overview {
  /** The name of the mesh. */
  readonly mesh: string
  /** See {@link MeshSnapshot.state}. */
  readonly state: MeshSnapshot['state']
  /** See {@link MeshSnapshot.since}. */
  readonly since: number
  /** When this was made, in milliseconds since the Unix epoch. */
  readonly at: number
  /** The time that rates and shares cover, in milliseconds; 0 when nobody looked before: then there are no rates, and shares are those since the beginning. */
  readonly windowMs: number
  /** Whether actions are allowed. */
  readonly actions: boolean
  /** Every service, in the order of the plan. */
  readonly services: readonly ServiceOverview[]
  /** The last events, newest first. */
  readonly events: readonly EventLine[]
}

/** How often something happens in a second; `undefined` as long as that is not known. */
export interface Rates {
  /** Calls of a service, attempts at an endpoint. */
  readonly perSecond: number | undefined
  /** Those of them that failed. */
  readonly failuresPerSecond: number | undefined
}

type FromService =
  | 'state'
  | 'resolver'
  | 'balancer'
  | 'ageMs'
  | 'lastError'
  | 'tiers'
  | 'ejections'
  | 'calls'
  | 'extraAttempts'
  | 'retryBudget'
type LimitsOfService = 'rateLimit' | 'concurrency' | 'admission' | 'circuit' | 'latency'
type TrafficOfService = 'split' | 'mirror' | 'fault'

/** One service. */
export interface ServiceOverview extends Rates, Pick<ServiceSnapshot, FromService | LimitsOfService | TrafficOfService> {
  /** Its logical name. */
  readonly name: string
  /** Attempts that wait for an endpoint with room, if that is limited; the limits are at the endpoints. */
  readonly endpointConcurrency: Omit<EndpointConcurrencySnapshot, 'limits'> | undefined
  /** Its routes, in their order. */
  readonly routes: readonly RouteOverview[]
  /** Every endpoint. */
  readonly endpoints: readonly EndpointOverview[]
}

/** One route of a service. */
export interface RouteOverview extends Rates, RouteSnapshot {
  /** Its name. */
  readonly name: string
}

type FromEndpoint = 'weight' | 'priority' | 'zone' | 'labels' | 'health' | 'findings' | 'inFlight' | 'attempts' | 'failures'
type JudgedEndpoint = 'connections' | 'waiting' | 'ejection' | 'check' | 'circuit'

/** One endpoint. */
export interface EndpointOverview extends Rates, Pick<EndpointSnapshot, FromEndpoint | JudgedEndpoint> {
  /** Where it listens, such as `http://10.0.0.7:8080`. */
  readonly address: string
  /** Its part of the attempts of its service, 0-1. */
  readonly share: number
  /** Most attempts at once, if that is limited. */
  readonly limit: number | undefined
  /** How long attempts took lately; `undefined` when there were none. */
  readonly latency: LatencySummary | undefined
}

/** Something that happened. */
export interface EventLine {
  /** Counts up. */
  readonly number: number
  /** In milliseconds since the Unix epoch. */
  readonly at: number
  /** The name of the event. */
  readonly event: string
  /** Whom it is about, if it is about one service. */
  readonly service: string | undefined
  /** What happened. */
  readonly text: string
}
