import type { CircuitOptions } from '../health/circuit-options.ts'
import type { AdmissionOptions } from '../policies/admission/admission-options.ts'
import type { ConcurrencyLimitPart } from '../policies/concurrency/concurrency-limit.ts'
import type { ConcurrencyOptions } from '../policies/concurrency/concurrency-options.ts'
import type { FaultOptions } from '../policies/fault/fault-options.ts'
import type { HedgeOptions } from '../policies/hedge/hedge-options.ts'
import type { RateLimitOptions } from '../policies/limit/rate-limit-options.ts'
import type { MirrorOptions } from '../policies/mirror/mirror-options.ts'
import type { Policy } from '../policies/policy.ts'
import type { RetryOptions } from '../policies/retry/retry-options.ts'
import type { RouteMatch } from '../routing/route-match.ts'
import type { RouteRewrite } from '../routing/route-rewrite.ts'
import type { SplitOptions } from '../routing/split-options.ts'
import type { Duration } from '../runtime/duration.ts'

/** The limit of a route. That of each endpoint is the service's, whatever route a call takes. */
export interface RouteConcurrencyOptions extends Omit<ConcurrencyOptions, 'endpoints'> {
  /** Most calls at once: a whole number of at least 1, or a limit that learns. */
  readonly limit: number | ConcurrencyLimitPart
}

/**
 * What holds for the calls of a route in place of what holds for the service. What is left out is the service's, with its state: one bucket, one
 * budget, one queue. What is given has a state of its own; nothing of the service's option is merged into it. `false` turns it off.
 *
 * To add one: a property here and in {@link RoutePlan}, its schema in route-schema.ts, and what it makes in route-parts.ts or route-traffic.ts.
 *
 * `Split` is what the route's `split` may be.
 */
export interface RouteOverrides<Split = SplitOptions> {
  /** See {@link ServiceDraft.deadline}; a deadline that the call itself says goes first. */
  readonly deadline?: Duration | false | undefined
  /** See {@link RetryOptions.attemptTimeout}: it alone, with everything else of the service's retries. */
  readonly attemptTimeout?: Duration | false | undefined
  /** See {@link ServiceDraft.retry}. */
  readonly retry?: RetryOptions | false | undefined
  /** See {@link ServiceDraft.hedge}. */
  readonly hedge?: HedgeOptions | false | undefined
  /** See {@link ServiceDraft.rateLimit}. */
  readonly rateLimit?: RateLimitOptions | false | undefined
  /** See {@link ServiceDraft.concurrency}. */
  readonly concurrency?: RouteConcurrencyOptions | false | undefined
  /** See {@link ServiceDraft.admission}. */
  readonly admission?: AdmissionOptions | false | undefined
  /**
   * The circuit of the route, in place of that of the service as a whole. What it does not say, it has from {@link serviceCircuitDefaults}.
   * Circuits of endpoints are the service's.
   */
  readonly circuitBreaker?: CircuitOptions | false | undefined
  /**
   * How the calls of the route are divided among versions; see {@link ServiceDraft.split}. It has a ramp of its own, and compares these calls alone.
   * A label that the route's `subset` says goes first.
   */
  readonly split?: Split | false | undefined
  /** Where copies of the route's calls go; see {@link ServiceDraft.mirror}. They have the path and headers that endpoints see. */
  readonly mirror?: MirrorOptions | false | undefined
  /** Faults that are put into the attempts of the route's calls; see {@link ServiceDraft.fault}. */
  readonly fault?: FaultOptions | false | undefined
  /** Policies that come after those of the service. */
  readonly use?: readonly Policy[] | undefined
}

/**
 * Calls of a service that are treated in a way of their own; see {@link ServiceDraft.route}.
 *
 * `Subset` is what the route's `subset` may be, `Split` what its `split` may be.
 */
export interface RouteOptions<Subset = Readonly<Record<string, string>>, Split = SplitOptions> extends RouteOverrides<Split> {
  /** For the snapshot, errors, events and spans; no other route of the service may have it. @defaultValue made of what it matches, such as `GET /v1/orders` */
  readonly name?: string | undefined
  /** Which calls take it, unless a route before it takes them. */
  readonly match: RouteMatch
  /** What is changed in their requests. @defaultValue nothing */
  readonly rewrite?: RouteRewrite | undefined
  /** Labels that their endpoints must carry; a label that the call itself asks for goes first. @defaultValue any endpoint */
  readonly subset?: Subset | undefined
}
