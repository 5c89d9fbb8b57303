import { EndpointCounts } from './endpoint-counts.ts'
import { type Locality, unknownLocality } from './locality.ts'
import type { RecentLatencies } from './recent-latencies.ts'

/**
 * What discovery says of the health of an endpoint: `degraded` ones are used when there are not enough healthy ones; `draining` and `unhealthy`
 * ones not at all, unless too few are left; a draining one only where nobody else is there. It leaves as planned, so its tier is not short of it.
 */
export type ReportedHealth = 'healthy' | 'degraded' | 'draining' | 'unhealthy'

/** An endpoint as a resolver or a user describes it. */
export interface EndpointSpec {
  /**
   * Where it listens: `'http://10.0.0.7:8080'`, `'https://api.internal'`, `'unix:/run/orders.sock'`, or `'10.0.0.7:8080'`, which
   * speaks https when the service has TLS settings and http otherwise. It has no path, query or credentials.
   */
  readonly url: string
  /** Share among equals: a number greater than 0, and finite. @defaultValue `1` */
  readonly weight?: number | undefined
  /** Such as `'eu-west-1'`. @defaultValue `''`, not known */
  readonly region?: string | undefined
  /** Such as `'eu-west-1b'`. @defaultValue `''`, not known */
  readonly zone?: string | undefined
  /** Tier: 0 is used first; a higher one only as lower ones fail. A whole number from 0 to 127. @defaultValue `0` */
  readonly priority?: number | undefined
  /** Free labels for subsets, such as `{ version: 'v2' }`. @defaultValue `{}` */
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** The name that the endpoint's certificate must carry. @defaultValue the service's TLS settings, else the host of `url` */
  readonly servername?: string | undefined
  /** What is known of its health where endpoints are registered, see {@link ReportedHealth}. @defaultValue `'healthy'` */
  readonly health?: ReportedHealth | undefined
}

/**
 * One address that serves a service. While an address stays in the endpoint set, it is the same object: whatever is known about an
 * endpoint (in a `WeakMap`, or in the counters here) outlives every update of the set.
 */
export interface Endpoint {
  /** Its identity, normalised: `'http://10.0.0.7:8080'`, or `'http+unix:/run/orders.sock'`. */
  readonly address: string
  /** How to speak to it. */
  readonly protocol: 'http:' | 'https:'
  /** Host name or IP address, without brackets; empty for a UNIX socket. */
  readonly hostname: string
  /** Port; 0 for a UNIX socket. */
  readonly port: number
  /** Path of the UNIX socket, if it is one. */
  readonly socketPath: string | undefined
  /** See {@link EndpointSpec.servername}. */
  readonly servername: string | undefined
  /** Share among equals, > 0. */
  readonly weight: number
  /** Where it is. */
  readonly locality: Locality
  /** Tier, 0 first. */
  readonly priority: number
  /** Labels for subsets. */
  readonly labels: Readonly<Record<string, string>>
  /** What discovery says of its health. What is found otherwise, such as ejection, is not in it. */
  readonly health: ReportedHealth
  /** Attempts begun and not ended: a reply whose body is still being read counts. */
  readonly inFlight: number
  /** Attempts ever begun. */
  readonly attempts: number
  /** Attempts ever judged a failure. */
  readonly failures: number
}

/** Where an endpoint listens, taken apart. */
export interface EndpointAddress {
  /** See {@link Endpoint.address}. */
  readonly address: string
  /** See {@link Endpoint.protocol}. */
  readonly protocol: 'http:' | 'https:'
  /** See {@link Endpoint.hostname}. */
  readonly hostname: string
  /** See {@link Endpoint.port}. */
  readonly port: number
  /** See {@link Endpoint.socketPath}. */
  readonly socketPath: string | undefined
}

/** The endpoint as the mesh keeps it: the same object, with the fields that the mesh itself moves. */
export class RosterEndpoint implements Endpoint {
  readonly address: string
  readonly protocol: 'http:' | 'https:'
  readonly hostname: string
  readonly port: number
  readonly socketPath: string | undefined
  servername: string | undefined = undefined
  weight = 1
  locality: Locality = unknownLocality
  priority = 0
  labels: Readonly<Record<string, string>> = noLabels
  health: ReportedHealth = 'healthy'
  /** Where it is counted what is in flight, and at which seat. */
  counts: EndpointCounts
  /** See {@link RosterEndpoint.counts}. */
  seat: number
  /** The table of numbers that asked for this endpoint last, and where its numbers are there: found without looking it up. */
  numbers: object | undefined = undefined
  /** See {@link RosterEndpoint.numbers}. */
  numbersAt = 0
  /** Its place in the group that asked last whether this endpoint is a member: there it is found without looking it up. */
  memberAt = 0
  /** What goes on there, as those know it who gave out permits for it last: found without looking it up. */
  permits: object | undefined = undefined
  /** What is noted of its health, by whoever noted something first; `null` as long as nobody did. */
  noted: object | null = null
  attempts = 0
  failures = 0
  /** How long attempts took lately; `undefined` before the first that was answered. */
  latencies: RecentLatencies | undefined = undefined

  /**
   * @param address where it listens.
   * @param counts where it is counted what is in flight: beside other endpoints of its service, if there are any.
   */
  constructor(address: EndpointAddress, counts = new EndpointCounts(1)) {
    this.counts = counts
    this.seat = counts.add()
    this.address = address.address
    this.protocol = address.protocol
    this.hostname = address.hostname
    this.port = address.port
    this.socketPath = address.socketPath
  }

  get inFlight(): number {
    return this.counts.inFlight[this.seat] as number
  }

  set inFlight(inFlight: number) {
    this.counts.inFlight[this.seat] = inFlight
  }

  /** Is counted at a seat of other counts from now on. */
  moveTo(counts: EndpointCounts): void {
    const { inFlight } = this
    this.counts = counts
    this.seat = counts.add()
    this.inFlight = inFlight
  }
}

/** No labels at all. */
export const noLabels: Readonly<Record<string, string>> = Object.freeze({})
