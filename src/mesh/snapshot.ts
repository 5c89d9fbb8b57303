import type { LatencySummary } from '../endpoint/recent-latencies.ts'
import type { CircuitSnapshot, ServiceCircuitSnapshot } from '../health/circuit-snapshot.ts'
import type { EjectionState } from '../health/ejection-record.ts'
import type { HealthState } from '../health/health-board.ts'
import type { AdmissionCounts } from '../policies/admission/admission.ts'
import type { GateCounts } from '../policies/concurrency/concurrency-gate.ts'
import type { FaultCounts } from '../policies/fault/fault-injector.ts'
import type { QuotaCounts } from '../policies/limit/leased-bucket.ts'
import type { RateLimitCounts } from '../policies/limit/rate-limit.ts'
import type { MirrorCounts } from '../policies/mirror/mirror.ts'
import type { ExtraCounts } from '../policies/retry/extra-attempts.ts'
import type { SplitSnapshot } from '../routing/split-snapshot.ts'
import type { ServiceMetricsSnapshot } from '../telemetry/service-metrics.ts'

/** What a mesh tells about itself. Plain data, made when it is asked for. */
export interface MeshSnapshot {
  /** The name of the mesh. */
  readonly name: string
  /** When it was built, in milliseconds since the Unix epoch. */
  readonly since: number
  /** Whether it takes calls. */
  readonly state: 'open' | 'closing' | 'closed'
  /** Every service by name. */
  readonly services: Readonly<Record<string, ServiceSnapshot>>
  /** Hosts that no service declares. */
  readonly passthrough: PassthroughSnapshot
  /** How much is made of all endpoints of all services. */
  readonly utilisation: UtilisationSnapshot
}

/** What is known about one service. */
export interface ServiceSnapshot {
  /** `resolved`: there are endpoints; `empty`: there are none now; `absent`: no such service; `unresolved`: no answer yet. */
  readonly state: 'unresolved' | 'resolved' | 'empty' | 'absent'
  /** The name of the resolver. */
  readonly resolver: string
  /** The name of the balancer. */
  readonly balancer: string
  /** What the balancer counts, such as reports and probes; empty when it counts nothing. */
  readonly balancing: Readonly<Record<string, number>>
  /** The name of the transport. */
  readonly transport: string
  /** Age of the last good answer, in milliseconds; `undefined` before the first. */
  readonly ageMs: number | undefined
  /** What the resolver threw last, if it has not answered since. */
  readonly lastError: string | undefined
  /** The tiers in which the endpoints stand by, first the first. */
  readonly tiers: readonly TierSnapshot[]
  /** What went wrong with the balancer. */
  readonly balancerFaults: BalancerFaultCounts
  /** Every endpoint. */
  readonly endpoints: readonly EndpointSnapshot[]
  /** How long attempts took in the last 10 to 20 seconds, all endpoints taken together; `undefined` when there were none. */
  readonly latency: LatencySummary | undefined
  /** Ejections since the service was added. */
  readonly ejections: EjectionCounts
  /** Calls since the service was added. */
  readonly calls: CallCounts
  /** Attempts beyond the first of a call since the service was added, and those that were not made. */
  readonly extraAttempts: ExtraCounts
  /** What its rate limit did, if it has one. */
  readonly rateLimit:
    | (RateLimitCounts & { readonly permitsLeft: number; readonly waiting: number; readonly quota?: QuotaCounts })
    | undefined
  /** How many calls are in flight and wait, if that is limited. */
  readonly concurrency: ConcurrencySnapshot | undefined
  /** The same for attempts at each endpoint. */
  readonly endpointConcurrency: EndpointConcurrencySnapshot | undefined
  /** What admission control did, and the share of calls that it refuses now, if there is any. */
  readonly admission: (AdmissionCounts & { readonly rejectedShare: number }) | undefined
  /** Copies of its calls, if it is mirrored. */
  readonly mirror: MirrorSnapshot | undefined
  /** Faults that were put into its attempts, if the plan has any. */
  readonly fault: FaultSnapshot | undefined
  /** How its calls are divided among versions; `undefined` if they are not. */
  readonly split: SplitSnapshot | undefined
  /** The circuit of the service as a whole; `undefined` if it has none. */
  readonly circuit: ServiceCircuitSnapshot | undefined
  /** Its routes by name, in their order. */
  readonly routes: Readonly<Record<string, RouteSnapshot>>
  /** What is left to pay for attempts beyond the first of a call. */
  readonly retryBudget: RetryBudgetSnapshot
  /** How much is made of its endpoints. */
  readonly utilisation: UtilisationSnapshot
  /** What is counted for metrics; `undefined` for a mesh that was told not to. */
  readonly metrics: ServiceMetricsSnapshot | undefined
}

/** What is known about one route: its calls, and what it has of its own. What it shares with the service is told there. */
export interface RouteSnapshot {
  /** Calls since the route was added. */
  readonly calls: CallCounts
  /** What its own rate limit did. */
  readonly rateLimit: ServiceSnapshot['rateLimit']
  /** How many calls are in flight and wait by its own limit. */
  readonly concurrency: ConcurrencySnapshot | undefined
  /** What its own admission control did. */
  readonly admission: ServiceSnapshot['admission']
  /** Its own circuit. */
  readonly circuit: ServiceCircuitSnapshot | undefined
}

/** What is left to pay for attempts beyond the first of a call. */
export interface RetryBudgetSnapshot {
  /** Retries and hedges that may be made now; `undefined` where they have no budget. */
  readonly left: number | undefined
  /** Requeues that may be made now without drawing on the budget. */
  readonly credit: number
}

/** How much is made of endpoints: three plain means over them, each endpoint counted once. */
export interface UtilisationSnapshot {
  /** How many endpoints there are. */
  readonly endpoints: number
  /** Those among them whose capacity is known, or that are idle. */
  readonly measured: number
  /** R: attempts in flight by what the endpoint takes at once, its limit or that of its connections, over those that are measured; from 0 to 1. */
  readonly utilisation: number | undefined
  /** T: attempts a second that were answered and no failures, over the last five to ten seconds or since the last snapshot; left out without metrics. */
  readonly throughput: number | undefined
  /** S: the share of endpoints that are spoken to over TLS with their certificate checked, or over a UNIX socket; from 0 to 1. */
  readonly security: number | undefined
}

/** Calls that hold a permit, and calls that wait for one. */
export interface ConcurrencySnapshot extends GateCounts {
  /** Most calls at once, as it is now. */
  readonly limit: number
  /** Calls that hold a permit. */
  readonly inFlight: number
  /** Calls that wait for one: the length of the queue. */
  readonly waiting: number
}

/** Copies of calls. */
export interface MirrorSnapshot extends MirrorCounts {
  /** The service that gets them. */
  readonly to: string
  /** Copies that are under way, those whose body is still being sent with the original included. */
  readonly inFlight: number
}

/** Faults that were put into attempts. */
export interface FaultSnapshot extends FaultCounts {
  /** Whether attempts get faults now. */
  readonly enabled: boolean
  /** Whether they may: in production only if the plan says so. */
  readonly allowed: boolean
  /** Attempts that are under a fault now. */
  readonly active: number
}

/** Attempts that wait for an endpoint with room. */
export interface EndpointConcurrencySnapshot extends GateCounts {
  /** Most attempts at once, as it is now, by the address of the endpoint. */
  readonly limits: Readonly<Record<string, number>>
  /** Attempts that wait: the length of the queue. */
  readonly waiting: number
}

/** What is known about one tier: endpoints of one priority, and of one distance if locality is by failover. */
export interface TierSnapshot {
  /** See {@link Endpoint.priority}. */
  readonly priority: number
  /** How far away, 0 the nearest; always 0 unless locality is by failover. */
  readonly distance: number
  /** How many endpoints there are. */
  readonly endpoints: number
  /** How many of them are healthy. */
  readonly healthy: number
  /** How many of them are degraded. */
  readonly degraded: number
  /** Of 100 calls that may go to any endpoint, how many go to healthy endpoints of this tier; to any of them, in panic. */
  readonly load: number
  /** Of 100, how many go to degraded ones. */
  readonly degradedLoad: number
  /** Whether so few are fit that all are used. */
  readonly panic: boolean
}

/** What went wrong with a balancer since the service was added. */
export interface BalancerFaultCounts {
  /** How often it threw, or answered with something that is no candidate. */
  readonly faults: number
  /** How often it was given up for a set of endpoints. */
  readonly bypasses: number
}

/** What is known about one endpoint. */
export interface EndpointSnapshot {
  /** See {@link Endpoint.address}. */
  readonly address: string
  /** Share among equals. */
  readonly weight: number
  /** Tier, 0 first. */
  readonly priority: number
  /** Where it is; empty when that is not known. */
  readonly zone: string
  /** Labels for subsets. */
  readonly labels: Readonly<Record<string, string>>
  /** The worst of the findings. */
  readonly health: HealthState
  /** What speaks against it, by who found it. */
  readonly findings: Readonly<Record<string, HealthState>>
  /** Attempts begun and not ended. */
  readonly inFlight: number
  /** Attempts ever begun. */
  readonly attempts: number
  /** Attempts ever judged a failure. */
  readonly failures: number
  /** How long attempts took in the last 10 to 20 seconds, to the head of their reply or their failure; `undefined` when there were none. */
  readonly latency: LatencySummary | undefined
  /** Connections open or being made, as far as the transport tells. */
  readonly connections: number
  /** Connections that nobody uses just now. */
  readonly idle: number
  /** Attempts that wait for a connection. */
  readonly waiting: number
  /** Why it is left out, and for how long; `undefined` while it is not. */
  readonly ejection: EjectionState | undefined
  /** What health checks have found; `undefined` when it is not checked. */
  readonly check: CheckSnapshot | undefined
  /** Its circuit; `undefined` if it has none, as long as nothing failed. */
  readonly circuit: CircuitSnapshot | undefined
}

/** What the health checks of an endpoint have found. */
export interface CheckSnapshot {
  /** `undefined` before the first result. */
  readonly state: HealthState | undefined
  /** What the last check found, in a few words. */
  readonly reason: string
}

/** Ejections, counted. */
export interface EjectionCounts {
  /** Carried out; a probe that fails counts again. */
  readonly carriedOut: number
  /** Told only, because of `enforce`. */
  readonly notEnforced: number
  /** Not carried out, because as many endpoints were out as may be. */
  readonly overLimit: number
}

/** Calls, counted. `started` is always the sum of the next four. */
export interface CallCounts {
  /** Calls that came in. */
  readonly started: number
  /** Calls that ended well, their body included. */
  readonly succeeded: number
  /** Calls that ended badly: an error, or a reply that was judged a failure. */
  readonly failed: number
  /** Calls whose caller left. */
  readonly ignored: number
  /** Calls that have not ended: a reply whose body is still being read counts. */
  readonly inFlight: number
  /** Attempts beyond the first of a call. */
  readonly retried: number
}

/** What is known about hosts that no service declares. */
export interface PassthroughSnapshot {
  /** Origins that are remembered. */
  readonly origins: number
  /** Calls to them. */
  readonly calls: CallCounts
  /** What is counted for metrics; `undefined` before the first call, and for a mesh that was told not to. */
  readonly metrics: ServiceMetricsSnapshot | undefined
}
