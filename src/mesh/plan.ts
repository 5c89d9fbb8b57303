import type { BalanceFunction, BalancerPart } from '../balancing/balancer.ts'
import type { Classifier } from '../call/verdict.ts'
import type { DirectoryOptions } from '../discovery/directory-options.ts'
import type { ResolveFunction, ResolverPart } from '../discovery/resolver.ts'
import type { CircuitBreakerOptions } from '../health/circuit-options.ts'
import type { EjectionOptions } from '../health/ejection-options.ts'
import type { HealthCheckOptions } from '../health/health-check-options.ts'
import type { ServerDrainingOptions } from '../health/server-draining-options.ts'
import type { SendOnOptions } from '../inbound/send-on-options.ts'
import type { AdmissionOptions } from '../policies/admission/admission-options.ts'
import type { ConcurrencyOptions } from '../policies/concurrency/concurrency-options.ts'
import type { FaultOptions } from '../policies/fault/fault-options.ts'
import type { HedgeOptions } from '../policies/hedge/hedge-options.ts'
import type { RateLimitOptions } from '../policies/limit/rate-limit-options.ts'
import type { MirrorOptions } from '../policies/mirror/mirror-options.ts'
import type { Policy } from '../policies/policy.ts'
import type { RetryOptions } from '../policies/retry/retry-options.ts'
import type { FailoverOptions, FailoverSettings } from '../routing/failover-options.ts'
import type { LocalityOptions, LocalitySettings } from '../routing/locality-options.ts'
import type { SplitOptions } from '../routing/split-options.ts'
import type { SubsetFallback } from '../routing/subset-fallback.ts'
import type { Duration } from '../runtime/duration.ts'
import type { DispatcherFactory, HttpOptions, TlsOptions } from '../transport/http-options.ts'
import type { AdmissionPlan } from './admission-schema.ts'
import type { CircuitBreakerPlan } from './circuit-plan.ts'
import type { ConcurrencyPlan } from './concurrency-schema.ts'
import type { RateLimitPlan } from './rate-limit-schema.ts'
import type { HedgePlan, RetryPlan, SendOnPlan } from './retry-plan.ts'
import type { RouteOptions } from './route-options.ts'
import type { RoutePlan } from './route-plan.ts'
import type { SplitPlan } from './split-schema.ts'

/** {@link DirectoryOptions} in a finished plan: durations in milliseconds. */
export interface DirectoryPlan {
  /** See {@link DirectoryOptions.emptyGuard}. */
  readonly emptyGuard: number | false
  /** See {@link DirectoryOptions.backoff}. */
  readonly backoff: { readonly initial: number; readonly max: number }
  /** See {@link DirectoryOptions.refreshGap}. */
  readonly refreshGap: number
  /** See {@link DirectoryOptions.snapshotFile}. */
  readonly snapshotFile?: string | undefined
  /** See {@link DirectoryOptions.snapshotAfter}. */
  readonly snapshotAfter: number
}

/** {@link HttpOptions} in a finished plan: durations in milliseconds. */
export interface HttpPlan {
  /** See {@link HttpOptions.protocol}. */
  readonly protocol: 'h1' | 'h2' | 'auto'
  /** See {@link HttpOptions.authority}. */
  readonly authority?: string | undefined
  /** See {@link HttpOptions.connections}. */
  readonly connections: number
  /** See {@link HttpOptions.streams}. */
  readonly streams: number
  /** See {@link HttpOptions.pending}. */
  readonly pending: number
  /** See {@link HttpOptions.pendingTimeout}. */
  readonly pendingTimeout: number
  /** See {@link HttpOptions.connectTimeout}. */
  readonly connectTimeout: number
  /** See {@link HttpOptions.keepAlive}. */
  readonly keepAlive: number
  /** See {@link HttpOptions.maxConnectionAge}. */
  readonly maxConnectionAge: number
  /** See {@link HttpOptions.bodyTimeout}. */
  readonly bodyTimeout: number
  /** See {@link HttpOptions.maxReplyBytes}. */
  readonly maxReplyBytes: number
  /** See {@link HttpOptions.dispatcher}. */
  readonly dispatcher?: DispatcherFactory | undefined
}

/** A service as `net.apply` takes it: whatever is left out has its default. */
export interface ServicePlanInput {
  /** Where its endpoints come from. */
  readonly resolver: ResolverPart | ResolveFunction
  /** How the resolver's answers are treated. */
  readonly directory?: DirectoryOptions | undefined
  /** Further hosts that name it. */
  readonly aliases?: readonly string[] | undefined
  /** Labels by which calls may narrow its endpoints, with their values. */
  readonly subsets?: Readonly<Record<string, readonly string[]>> | undefined
  /** Which endpoint now. */
  readonly balancer?: BalancerPart | BalanceFunction | undefined
  /** What becomes of a call whose labels no endpoint carries. */
  readonly subsetFallback?: SubsetFallback | undefined
  /** How calls are divided among versions; `false` for not at all. */
  readonly split?: SplitOptions | false | undefined
  /** Where this process is, and what follows from it. */
  readonly locality?: LocalityOptions | undefined
  /** How calls move from tier to tier. */
  readonly failover?: FailoverOptions | undefined
  /** TLS settings, if any. */
  readonly tls?: TlsOptions | undefined
  /** How endpoints are spoken to. */
  readonly http?: HttpOptions | undefined
  /** How long a call may take; `Infinity` for no limit. */
  readonly deadline?: Duration | undefined
  /** When a failed attempt is followed by another one; `false` for never. */
  readonly retry?: RetryOptions | false | undefined
  /** How many calls it may be sent; `false` for any number. */
  readonly rateLimit?: RateLimitOptions | false | undefined
  /** How many calls may be in flight at once; `false` for any number. */
  readonly concurrency?: ConcurrencyOptions | false | undefined
  /** When calls are refused because the service refuses too many; `false` for never. */
  readonly admission?: AdmissionOptions | false | undefined
  /** When an endpoint that fails is left out for a while; `false` for never. */
  readonly ejection?: EjectionOptions | false | undefined
  /** How endpoints are asked whether they are well; `false` for not at all. */
  readonly healthCheck?: HealthCheckOptions | false | undefined
  /** When endpoints, or the whole service, are left alone for a while; `false` for never. */
  readonly circuitBreaker?: CircuitBreakerOptions | false | undefined
  /** Whether servers are told how long their answer is waited for. */
  readonly sendOn?: SendOnOptions | undefined
  /** When another attempt is made beside one that takes long; `false` for never. */
  readonly hedge?: HedgeOptions | false | undefined
  /** Where copies of its calls go; `false` for nowhere. */
  readonly mirror?: MirrorOptions | false | undefined
  /** Faults that are put into its attempts; `false` for none. */
  readonly fault?: FaultOptions | false | undefined
  /** The judge. */
  readonly classifier?: Classifier | undefined
  /** How what endpoints say of their own health is taken; `false` for not at all. */
  readonly serverDraining?: ServerDrainingOptions | false | undefined
  /** Calls that are treated in a way of their own, first match first. */
  readonly routes?: readonly RouteOptions[] | undefined
  /** Policies of users, outermost first. */
  readonly policies?: readonly Policy[] | undefined
}

/** A service of a finished plan. */
export interface ServicePlan extends ServicePlanInput {
  /** How the resolver's answers are treated. */
  readonly directory: DirectoryPlan
  /** Further hosts that name it, in lower case. */
  readonly aliases: readonly string[]
  /** Labels by which calls may narrow its endpoints, with their values. */
  readonly subsets: Readonly<Record<string, readonly string[]>>
  /** Which endpoint now. */
  readonly balancer: BalancerPart | BalanceFunction
  /** What becomes of a call whose labels no endpoint carries. */
  readonly subsetFallback: SubsetFallback
  /** How calls are divided among versions, durations in milliseconds; `false` for not at all. */
  readonly split: SplitPlan | false
  /** Where this process is, and what follows from it; left out if that does not matter. */
  readonly locality?: LocalitySettings | undefined
  /** How calls move from tier to tier. */
  readonly failover: FailoverSettings
  /** How endpoints are spoken to. */
  readonly http: HttpPlan
  /** How long a call may take, in milliseconds; `Infinity` for no limit. */
  readonly deadline: number
  /** When a failed attempt is followed by another one; `false` for never. */
  readonly retry: RetryPlan | false
  /** How many calls it may be sent; `false` for any number. */
  readonly rateLimit: RateLimitPlan | false
  /** How many calls may be in flight at once; `false` for any number. */
  readonly concurrency: ConcurrencyPlan | false
  /** When calls are refused because the service refuses too many; `false` for never. */
  readonly admission: AdmissionPlan | false
  /** When an endpoint that fails is left out for a while, durations in milliseconds; `false` for never. */
  readonly ejection: EjectionOptions | false
  /** How endpoints are asked whether they are well, durations in milliseconds; `false` for not at all. */
  readonly healthCheck: HealthCheckOptions | false
  /** When endpoints, or the whole service, are left alone for a while; `false` for never. */
  readonly circuitBreaker: CircuitBreakerPlan | false
  /** Whether servers are told how long their answer is waited for. */
  readonly sendOn: SendOnPlan
  /** When another attempt is made beside one that takes long; `false` for never. */
  readonly hedge: HedgePlan | false
  /** Where copies of its calls go, the deadline in milliseconds; `false` for nowhere. */
  readonly mirror: MirrorOptions | false
  /** Faults that are put into its attempts, durations in milliseconds; `false` for none. */
  readonly fault: FaultOptions | false
  /** The judge. */
  readonly classifier: Classifier
  /** How what endpoints say of their own health is taken, in milliseconds; `false` for not at all. */
  readonly serverDraining: { readonly hold: number } | false
  /** Calls that are treated in a way of their own, first match first. */
  readonly routes: readonly RoutePlan[]
  /** Policies of users, outermost first. */
  readonly policies: readonly Policy[]
}

/** A mesh as `net.apply` takes it. */
export interface MeshPlanInput {
  /** The name of the mesh. */
  readonly name?: string | undefined
  /** What happens to hosts that no service declares. */
  readonly outbound?: 'passthrough' | 'registered-only' | undefined
  /** Every service by name. */
  readonly services: Readonly<Record<string, ServicePlanInput>>
}

/**
 * A whole mesh as frozen plain data: `JSON.stringify` and `console.log` print it (with private keys left out), and `isDeepStrictEqual`
 * compares it. To change one, edit a copy: wherever a finished plan has milliseconds, the copy may have any {@link Duration}, and whatever
 * it leaves out has its default.
 *
 * @example
 * ```ts
 * import type { Mesh } from 'proxyless'
 *
 * export function giveMoreTime(net: Mesh, service: string): void {
 *   const { plan } = net
 *   const settings = plan.services[service]
 *   if (settings === undefined) return
 *   net.apply({ ...plan, services: { ...plan.services, [service]: { ...settings, deadline: '30s' } } })
 * }
 * ```
 */
export interface MeshPlan extends MeshPlanInput {
  /** The name of the mesh. */
  readonly name: string
  /** What happens to hosts that no service declares. */
  readonly outbound: 'passthrough' | 'registered-only'
  /** Every service by name. */
  readonly services: Readonly<Record<string, ServicePlan>>
}
