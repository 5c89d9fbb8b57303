/**
 * Where do endpoints come from?
 *
 * A resolver is an async generator that yields the full list of endpoints, and yields again whenever it changes. It need not retry, cache,
 * compare or remember anything: the *directory* (directory.ts) runs it, restarts it with back-off when it throws, keeps the last good
 * answer, and tells "no such service" (absent) from "nobody serves it now" (empty) and from "no answer yet" (unresolved). The roster works
 * out what changed.
 *
 * This room never knows about balancing, calls or connections.
 *
 * To add one: a file here, a line in `src/index.ts`, a line in `test/conformance/resolvers.test.ts`. Outside this package: pass an async
 * generator to `.resolve(...)`, and run `resolverSuite` from `proxyless/testing` on it.
 *
 * @example
 * ```ts
 * import type { ResolveFunction } from 'proxyless'
 *
 * // Asks a registry every five seconds.
 * export const registry: ResolveFunction = async function* (service, { signal, pause }) {
 *   while (!signal.aborted) {
 *     const answer = await fetch(`http://registry.internal/${service}`, { signal })
 *     yield (await answer.json()) as string[]
 *     await pause(5_000)
 *   }
 * }
 * ```
 */
import type { EndpointSpec } from '../endpoint/endpoint.ts'
import type { Part } from '../runtime/host.ts'

/** One full answer: endpoints (none is an answer, too), or the knowledge that there is no such service. Never a delta. */
export type Resolution = ResolvedEndpoints | AbsentService

/** The endpoints that there are. */
export interface ResolvedEndpoints {
  /** Says which kind of answer it is. */
  readonly kind: 'endpoints'
  /** All of them. */
  readonly endpoints: readonly EndpointSpec[]
}

/** The source is sure that no such service exists. */
export interface AbsentService {
  /** Says which kind of answer it is. */
  readonly kind: 'absent'
}

/** What a resolver may yield: an answer, or simply a list of endpoints or URLs. */
export type ResolverYield = Resolution | readonly (EndpointSpec | string)[]

/** What a resolver is given. */
export interface Watch {
  /** Ends when the answer is not needed any more. */
  readonly signal: AbortSignal
  /**
   * Resolves after `ms` milliseconds, or sooner when the mesh would like a fresh answer (all endpoints refuse, say) or the watch ends.
   * It never rejects, and does not keep the process alive. `Infinity` waits for a wish or the end.
   */
  readonly pause: (ms: number) => Promise<void>
}

/** A source of endpoints. */
export interface Resolver {
  /** For messages and the snapshot, such as `'dns orders.internal'`. */
  readonly name: string
  /**
   * Yields the endpoints now, and again on each change, until the signal ends or it returns (which means: this answer is final). To
   * report a fault, throw.
   *
   * @param service the logical name.
   */
  watch(service: string, watch: Watch): AsyncIterable<ResolverYield>
}

/** The short form of a resolver, for `.resolve(...)`: an async generator function. */
export type ResolveFunction = (service: string, watch: Watch) => AsyncIterable<ResolverYield>

/** A resolver as a part of a service. */
export type ResolverPart = Part<Resolver>

/** Brings what a resolver yielded into one form. */
export function toResolution(yielded: ResolverYield): Resolution {
  if ('kind' in yielded) return yielded
  return { kind: 'endpoints', endpoints: yielded.map((endpoint) => (typeof endpoint === 'string' ? { url: endpoint } : endpoint)) }
}
