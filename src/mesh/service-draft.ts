/**
 * What one service is made of, one slot at a time.
 *
 * A draft never changes: each method gives another draft. Its type keeps one record of what was set so far, so that a slot which is set
 * twice, or a service without a resolver, is a compiler message with a sentence in it. The same rules hold at run time, for untyped code.
 *
 * To add a slot: a property here, a method in service-draft-impl.ts, a field in plan.ts, its schema in service-schema.ts, and a place in
 * assemble.ts.
 */
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
import type { FailoverOptions } from '../routing/failover-options.ts'
import type { LocalityOptions } from '../routing/locality-options.ts'
import type { SplitOptions } from '../routing/split-options.ts'
import type { SubsetFallback } from '../routing/subset-fallback.ts'
import type { Duration } from '../runtime/duration.ts'
import type { HttpOptions, TlsOptions } from '../transport/http-options.ts'
import type { SubsetChoice } from './mesh.ts'
import type { MeshTypeError } from './mesh-type-error.ts'
import type { RouteOptions } from './route-options.ts'

/** What a draft knows about itself. One record, so that adding a fact never adds a type parameter. */
export interface DraftState {
  /** What it is a draft of. */
  readonly of: 'service' | 'defaults'
  /** The slots that are set. */
  readonly set: string
  /** The subsets that are declared: labels with their values. */
  readonly subsets: object
}

/** A service of which nothing is said yet. */
export interface EmptyDraft {
  /** See {@link DraftState.of}. */
  readonly of: 'service'
  /** See {@link DraftState.set}. */
  readonly set: never
  /** See {@link DraftState.subsets}. */
  // biome-ignore lint/complexity/noBannedTypes: no labels at all, and unlike Record<string, never> it can be intersected
  readonly subsets: {}
}

/** Defaults of which nothing is said yet. */
export interface EmptyDefaults {
  /** See {@link DraftState.of}. */
  readonly of: 'defaults'
  /** See {@link DraftState.set}. */
  readonly set: never
  /** See {@link DraftState.subsets}. */
  // biome-ignore lint/complexity/noBannedTypes: see EmptyDraft
  readonly subsets: {}
}

/** A draft's state with one more slot set. */
export interface WithSlot<S extends DraftState, Slot extends string> {
  /** See {@link DraftState.of}. */
  readonly of: S['of']
  /** See {@link DraftState.set}. */
  readonly set: S['set'] | Slot
  /** See {@link DraftState.subsets}. */
  readonly subsets: S['subsets']
}

/** A draft's state with one more subset, given as a record of one label. */
export interface WithSubset<S extends DraftState, Subset extends object> {
  /** See {@link DraftState.of}. */
  readonly of: S['of']
  /** See {@link DraftState.set}. */
  readonly set: S['set']
  /** See {@link DraftState.subsets}. */
  readonly subsets: S['subsets'] & Subset
}

/** What the plain slots take, by the name that a message gives them. */
export interface SlotValues {
  /** See {@link ServiceDraft.locality}. */
  readonly locality: LocalityOptions
  /** See {@link ServiceDraft.failover}. */
  readonly failover: FailoverOptions
  /** See {@link ServiceDraft.tls}. */
  readonly tls: TlsOptions
  /** See {@link ServiceDraft.http}. */
  readonly http: HttpOptions
  /** See {@link ServiceDraft.retry}. */
  readonly retry: RetryOptions | false
  /** See {@link ServiceDraft.rateLimit}. */
  readonly rateLimit: RateLimitOptions | false
  /** See {@link ServiceDraft.concurrency}. */
  readonly concurrency: ConcurrencyOptions | false
  /** See {@link ServiceDraft.admission}. */
  readonly admission: AdmissionOptions | false
  /** See {@link ServiceDraft.serverDraining}. */
  readonly serverDraining: ServerDrainingOptions | false
  /** See {@link ServiceDraft.ejection}. */
  readonly ejection: EjectionOptions | false
  /** See {@link ServiceDraft.healthCheck}. */
  readonly healthCheck: HealthCheckOptions | false
  /** See {@link ServiceDraft.circuitBreaker}. */
  readonly circuitBreaker: CircuitBreakerOptions | false
  /** See {@link ServiceDraft.hedge}. */
  readonly hedge: HedgeOptions | false
  /** See {@link ServiceDraft.fault}. */
  readonly fault: FaultOptions | false
  /** See {@link ServiceDraft.classify}. */
  readonly classifier: Classifier
}

/** A slot that takes one value, once. */
export type Slot<S extends DraftState, Name extends keyof SlotValues> = Name extends S['set']
  ? MeshTypeError<`${Name} is already set for this service`>
  : (value: SlotValues[Name]) => ServiceDraft<WithSlot<S, Name>>

/** The slot of the resolver. */
export type ResolverSlot<S extends DraftState> = S['of'] extends 'defaults'
  ? MeshTypeError<'a resolver belongs to one service, not to the defaults'>
  : 'resolver' extends S['set']
    ? MeshTypeError<'resolver is already set for this service'>
    : SetResolver<S>

/** Sets the resolver. */
export interface SetResolver<S extends DraftState> {
  /** An async generator that yields full lists of endpoints. */
  (resolver: ResolveFunction, options?: DirectoryOptions): ServiceDraft<WithSlot<S, 'resolver'>>
  /** `fixed(...)`, `dns(...)` and the like, or a part of your own. */
  (resolver: ResolverPart, options?: DirectoryOptions): ServiceDraft<WithSlot<S, 'resolver'>>
}

/** The slot of the balancer. */
export type BalancerSlot<S extends DraftState> = 'balancer' extends S['set']
  ? MeshTypeError<'balancer is already set for this service'>
  : SetBalancer<S>

/** Sets the balancer. */
export interface SetBalancer<S extends DraftState> {
  /** A function that chooses among the endpoints that the call has not tried yet. */
  (balancer: BalanceFunction): ServiceDraft<WithSlot<S, 'balancer'>>
  /** `roundRobin()`, `powerOfTwo(...)` and the like, or a part of your own. */
  (balancer: BalancerPart): ServiceDraft<WithSlot<S, 'balancer'>>
}

/** The slot of the deadline. */
export type DeadlineSlot<S extends DraftState> = 'deadline' extends S['set']
  ? MeshTypeError<'deadline is already set for this service'>
  : (deadline: Duration, sendOn?: SendOnOptions) => ServiceDraft<WithSlot<S, 'deadline'>>

/** The slot of the mirror. */
export type MirrorSlot<S extends DraftState> = S['of'] extends 'defaults'
  ? MeshTypeError<'a mirror belongs to one service, not to the defaults'>
  : 'mirror' extends S['set']
    ? MeshTypeError<'mirror is already set for this service'>
    : (mirror: MirrorOptions | false) => ServiceDraft<WithSlot<S, 'mirror'>>

/** Adds aliases. */
export type AliasSlot<S extends DraftState> = S['of'] extends 'defaults'
  ? MeshTypeError<'an alias belongs to one service, not to the defaults'>
  : (...hosts: readonly string[]) => ServiceDraft<S>

/** Declares subsets. */
export type SubsetSlot<S extends DraftState> = S['of'] extends 'defaults'
  ? MeshTypeError<'a subset belongs to one service, not to the defaults'>
  : <const Label extends string, const Value extends string>(
      label: Label extends keyof S['subsets'] ? MeshTypeError<`subset "${Label}" is already declared for this service`> : Label,
      values: readonly Value[],
    ) => ServiceDraft<WithSubset<S, { readonly [L in Label]: Value }>>

/** The slot of the rule for calls whose labels no endpoint carries; it knows the subsets that are declared before it. */
export type SubsetFallbackSlot<S extends DraftState> = S['of'] extends 'defaults'
  ? MeshTypeError<'a subset belongs to one service, not to the defaults'>
  : 'subsetFallback' extends S['set']
    ? MeshTypeError<'subsetFallback is already set for this service'>
    : [keyof S['subsets']] extends [never]
      ? MeshTypeError<'this service declares no subsets yet: call .subset(label, values) first'>
      : (rule: SubsetFallback<Partial<S['subsets']>>) => ServiceDraft<WithSlot<S, 'subsetFallback'>>

/** The slot of routes; it knows the subsets that are declared before it. */
export type RouteSlot<S extends DraftState> = S['of'] extends 'defaults'
  ? MeshTypeError<'a route belongs to one service, not to the defaults'>
  : (route: RouteOptions<SubsetChoice<S['subsets']>, SplitFor<S['subsets']>>) => ServiceDraft<S>

/** A split by one of the labels that are declared, among their values. */
export type SplitOf<Subsets extends object> = {
  readonly [Label in keyof Subsets & string]: SplitOptions<Label, Subsets[Label] & string>
}[keyof Subsets & string]

/** What a split may be: by any label as long as none is declared. */
export type SplitFor<Subsets extends object> = [keyof Subsets] extends [never] ? SplitOptions : SplitOf<Subsets>

/** The slot of the split; it knows the subsets that are declared before it. */
export type SplitSlot<S extends DraftState> = S['of'] extends 'defaults'
  ? MeshTypeError<'a split belongs to one service, not to the defaults'>
  : 'split' extends S['set']
    ? MeshTypeError<'split is already set for this service'>
    : (split: SplitFor<S['subsets']> | false) => ServiceDraft<WithSlot<S, 'split'>>

/**
 * A service that is being described. Everything but `.resolve(...)` has a default that protects.
 *
 * @example
 * ```ts
 * import { fixed, mesh, type ServiceDraft } from 'proxyless'
 *
 * // Shared settings are a function from draft to draft.
 * const patient = (s: ServiceDraft) => s.deadline('1m').retry({ attempts: 5 })
 *
 * const net = mesh()
 *   .service('reports', (s) => s.apply(patient).resolve(fixed(['http://127.0.0.1:9000'])))
 *   .build()
 * ```
 */
export interface ServiceDraft<S extends DraftState = EmptyDraft> {
  /** Where the endpoints come from; the only slot that has no default. The second argument says how the answers are treated. */
  readonly resolve: ResolverSlot<S>
  /** Further hosts that name this service: `'orders.shop.svc.cluster.local'`, or `'orders:8080'` for one port alone. May be called again. */
  readonly alias: AliasSlot<S>
  /** Declares a label by which callers may narrow the endpoints, and its values: `.subset('version', ['v1', 'v2'])`. May be called again. */
  readonly subset: SubsetSlot<S>
  /** Which endpoint now. @defaultValue {@link serviceDefaults}.balancer */
  readonly balance: BalancerSlot<S>
  /** What becomes of a call whose labels no endpoint carries. @defaultValue `'none'`: it fails */
  readonly subsetFallback: SubsetFallbackSlot<S>
  /** How calls are divided among versions of the service, and how that changes; `false` for not at all. @defaultValue `false` */
  readonly split: SplitSlot<S>
  /** Where this process is, and which endpoints that makes preferable. @defaultValue none: places do not matter */
  readonly locality: Slot<S, 'locality'>
  /** How calls move to endpoints of a higher priority, or further away, as endpoints fall ill. @defaultValue {@link failoverDefaults} */
  readonly failover: Slot<S, 'failover'>
  /** TLS settings; they also make addresses that do not name their protocol speak https. @defaultValue none */
  readonly tls: Slot<S, 'tls'>
  /** How endpoints are spoken to. @defaultValue {@link httpDefaults} */
  readonly http: Slot<S, 'http'>
  /**
   * How long a whole call may take, waiting and body included; `Infinity` for no limit. The second argument says whether servers are told
   * how long their answer is waited for.
   *
   * @defaultValue {@link serviceDefaults}.deadline, {@link sendOnDefaults}
   */
  readonly deadline: DeadlineSlot<S>
  /** When a failed attempt is followed by another one; `false` for never. @defaultValue {@link retryDefaults} */
  readonly retry: Slot<S, 'retry'>
  /** How many calls it may be sent; `false` for any number. @defaultValue `false` */
  readonly rateLimit: Slot<S, 'rateLimit'>
  /** How many calls, or attempts at an endpoint, may be in flight at once; `false` for any number. @defaultValue `false`; see {@link concurrencyDefaults} */
  readonly concurrency: Slot<S, 'concurrency'>
  /** When calls are refused here because the service refuses too many; `false` for never. @defaultValue `false`; see {@link admissionDefaults} for `{}` */
  readonly admission: Slot<S, 'admission'>
  /** How what endpoints say of their own health in their replies is taken; `false` for not at all. @defaultValue {@link serverDrainingDefaults} */
  readonly serverDraining: Slot<S, 'serverDraining'>
  /** When an endpoint that fails is left out for a while; `false` for never. @defaultValue {@link ejectionDefaults} */
  readonly ejection: Slot<S, 'ejection'>
  /** How endpoints are asked whether they are well, besides the calls that they get. @defaultValue they are not asked */
  readonly healthCheck: Slot<S, 'healthCheck'>
  /** When an endpoint that fails, or the service, is left alone for a while; `false` for never. @defaultValue {@link circuitBreakerDefaults} */
  readonly circuitBreaker: Slot<S, 'circuitBreaker'>
  /** When another attempt of an idempotent call is made beside one that takes long; `false` for never. @defaultValue `false`; see {@link hedgeDefaults} for `{}` */
  readonly hedge: Slot<S, 'hedge'>
  /** Where copies of its calls go, which nobody waits for; `false` for nowhere. @defaultValue `false`; see {@link mirrorDefaults} */
  readonly mirror: MirrorSlot<S>
  /** Faults that are put into its attempts, to rehearse an outage; `false` for none. @defaultValue `false`; see {@link faultDefaults} */
  readonly fault: Slot<S, 'fault'>
  /** The one judge of the service. @defaultValue {@link defaultClassifier} */
  readonly classify: Slot<S, 'classifier'>
  /**
   * Calls that are treated in a way of their own: by path, method, headers, query or share. The first route that fits a call is taken. May be
   * called again.
   */
  readonly route: RouteSlot<S>
  /** Policies of your own; the first sees the call first, and those of the defaults come before these. May be called again. */
  use(...policies: readonly Policy[]): ServiceDraft<S>
  /** No deadline, no retries, no circuits, no ejection, random choice: every protection is off unless this service sets it itself. */
  readonly bare: 'bare' extends S['set'] ? MeshTypeError<'bare is already set for this service'> : () => ServiceDraft<WithSlot<S, 'bare'>>
  /** Hands the draft to a function: how shared settings are reused. */
  apply<T>(step: (draft: this) => T): T
}

/** A draft that has what a service needs, or a sentence that says what is missing. */
export type Ready<S extends DraftState> = 'resolver' extends S['set']
  ? ServiceDraft<S>
  : MeshTypeError<'this service has no resolver: call .resolve(...)'>
