/**
 * A policy surrounds a call, or each attempt of it.
 *
 * A *call* policy runs once for a call, around the choice of endpoints; an *attempt* policy runs for each attempt, when the endpoint is
 * chosen. Either is a value with a name that makes a {@link Layer}. Policies of users run in the order of `.use(...)`: the first sees the
 * call first. The built-in ones have their places in `mesh/assemble.ts`, each with its reason.
 *
 * This room never knows about discovery, balancing or connections: a policy sees calls, attempts and their outcomes, and asks the service's one
 * judge how to take them.
 *
 * To add one: a folder here, a place in `mesh/assemble.ts`, a slot in the builder. Outside this package: pass your own to `.use(...)`.
 *
 * @example
 * ```ts
 * import { type Policy, withHeader } from 'proxyless'
 *
 * export const tenant = (name: string): Policy => ({
 *   name: 'tenant',
 *   scope: 'call',
 *   layer: () => (next) => (call) => next(call.with({ headers: withHeader(call.headers, 'x-tenant', name) })),
 * })
 * ```
 */
import type { Attempt } from '../call/attempt.ts'
import type { Call } from '../call/call.ts'
import type { Layer } from '../call/layer.ts'
import type { Classifier } from '../call/verdict.ts'
import type { Host } from '../runtime/host.ts'

/** What a policy is given when a service is assembled. */
export interface PolicyHost extends Host {
  /** The one judge of the service. */
  readonly classify: Classifier
}

/** Runs once for a call. */
export interface CallPolicy {
  /** For messages and the snapshot. */
  readonly name: string
  /** Says which kind it is. */
  readonly scope: 'call'
  /** Makes the layer, once for a service. */
  layer(host: PolicyHost): Layer<Call>
}

/** Runs for each attempt. */
export interface AttemptPolicy {
  /** For messages and the snapshot. */
  readonly name: string
  /** Says which kind it is. */
  readonly scope: 'attempt'
  /** Makes the layer, once for a service. */
  layer(host: PolicyHost): Layer<Attempt>
}

/** A policy of either kind. */
export type Policy = CallPolicy | AttemptPolicy
