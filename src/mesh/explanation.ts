import type { HealthState } from '../health/health-board.ts'
import type { PassedOverReason, ServiceState } from '../records/decision-record.ts'
import type { TierSnapshot } from './snapshot.ts'

/** What would become of a call now, as plain data; made by `net.explain`. */
export interface Explanation {
  /** What would happen first: it would be sent, it would wait, or it would be refused. A policy of yours may do otherwise. */
  readonly outcome: 'sent' | 'waits' | 'refused'
  /** Why it would wait or be refused, in a sentence. */
  readonly because: string | undefined
  /** The code of the error that it would be refused with. */
  readonly code: string | undefined
  /** Who would carry it: a service, the mesh straight to the host, or nobody. */
  readonly by: 'service' | 'passthrough' | 'nobody'
  /** The logical name of the service; the host, if no service declares it. */
  readonly service: string
  /** What matched: the name of the service, or one of its aliases; `undefined` if nothing did. */
  readonly matched: { readonly kind: 'name' | 'alias'; readonly host: string } | undefined
  /** The route within the service, if there is one. */
  readonly route: string | undefined
  /** As it would go over the wire. */
  readonly method: string
  /** Path and query, secrets left out. */
  readonly path: string
  /** Whether sending it twice does no more than sending it once, so that it may be repeated after it was sent. */
  readonly idempotent: boolean
  /** Whether it may be repeated at all, as far as its caller and its body go. */
  readonly repeatable: boolean
  /** How long it might take, in milliseconds, `undefined` for no limit, and who says so. */
  readonly deadline: { readonly ms: number | undefined; readonly from: 'call' | 'route' | 'service' | 'inbound' | 'nobody' }
  /** The labels that it asks for, how many endpoints carry them, and whether the fallback stands in. */
  readonly subset: { readonly labels: Readonly<Record<string, string>>; readonly matching: number; readonly fellBack: boolean } | undefined
  /** The tiers in which the endpoints stand by, and what they get. */
  readonly tiers: readonly TierSnapshot[]
  /** Endpoints that stand for each other (a tier, or a place in it) and their part of 100 calls. */
  readonly groups: readonly ExplainedGroup[]
  /** The name of the balancer. */
  readonly balancer: string | undefined
  /** Every endpoint, the likeliest first. */
  readonly endpoints: readonly ExplainedEndpoint[]
  /** What each policy would say now, outermost first. */
  readonly policies: readonly ExplainedPolicy[]
  /** How the service is. */
  readonly state: ServiceState | undefined
}

/** Endpoints that stand for each other. */
export interface ExplainedGroup {
  /** Such as `0.0 healthy`: priority, distance, health, and place if that matters. */
  readonly name: string
  /** Of 100 calls, how many come here. */
  readonly load: number
  /** How many endpoints it has. */
  readonly endpoints: number
}

/** An endpoint as a call would find it. */
export interface ExplainedEndpoint {
  /** See {@link Endpoint.address}. */
  readonly address: string
  /** Where it is; empty when that is not known. */
  readonly zone: string
  /** Tier, 0 first. */
  readonly priority: number
  /** Share among equals. */
  readonly weight: number
  /** The worst of the findings. */
  readonly health: HealthState
  /** What speaks against it, by who found it. */
  readonly findings: Readonly<Record<string, HealthState>>
  /** Whether the first attempt could go there. */
  readonly eligible: boolean
  /** Why not; also why it would not be the one although it could be, such as a tier that gets no calls now. */
  readonly reason: PassedOverReason | undefined
  /** More of that. */
  readonly detail: string | undefined
  /** Attempts begun and not ended. */
  readonly inFlight: number
  /** What the balancer's load meter says, if it can be looked at. */
  readonly load: number | undefined
  /** The chance that the first attempt goes there, from 0 to 1; `undefined` where the balancer cannot tell without choosing. */
  readonly chance: number | undefined
}

/** What a policy would do with the call now. */
export interface ExplainedPolicy {
  /** Which. */
  readonly name: string
  /** `may-refuse`: by chance, or a probe is under way. `sees`: it looks on, or comes in later. */
  readonly does: 'passes' | 'waits' | 'refuses' | 'may-refuse' | 'sees'
  /** With what it would do so. */
  readonly detail: string
}
