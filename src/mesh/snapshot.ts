import type { ExtraCounts } from '../policies/retry/extra-attempts.ts'

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
}

/** What is known about one service. */
export interface ServiceSnapshot {
  /** `resolved`: there are endpoints; `empty`: there are none now; `absent`: no such service; `unresolved`: no answer yet. */
  readonly state: 'unresolved' | 'resolved' | 'empty' | 'absent'
  /** The name of the resolver. */
  readonly resolver: string
  /** The name of the balancer. */
  readonly balancer: string
  /** The name of the transport. */
  readonly transport: string
  /** Age of the last good answer, in milliseconds; `undefined` before the first. */
  readonly ageMs: number | undefined
  /** What the resolver threw last, if it has not answered since. */
  readonly lastError: string | undefined
  /** Every endpoint. */
  readonly endpoints: readonly EndpointSnapshot[]
  /** Calls since the service was added. */
  readonly calls: CallCounts
  /** Attempts beyond the first of a call since the service was added, and those that were not made. */
  readonly extraAttempts: ExtraCounts
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
  /** Attempts begun and not ended. */
  readonly inFlight: number
  /** Attempts ever begun. */
  readonly attempts: number
  /** Attempts ever judged a failure. */
  readonly failures: number
  /** Connections open or being made, as far as the transport tells. */
  readonly connections: number
  /** Connections that nobody uses just now. */
  readonly idle: number
  /** Attempts that wait for a connection. */
  readonly waiting: number
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
}
