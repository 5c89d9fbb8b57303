import type { Attempt } from '../call/attempt.ts'
import type { Call } from '../call/call.ts'
import { type CallRoute, callRoute } from '../call/call-route.ts'
import type { Outcome } from '../call/outcome.ts'
import type { Verdict } from '../call/verdict.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { MeshError } from '../errors/mesh-error.ts'
import type { AttemptWatcher } from '../health/attempt-watcher.ts'
import type { CallSplit, SubsetCandidates, VersionChoice } from './version-choice.ts'

/** What divides calls, and compares what becomes of them. */
type Dividing = CallSplit & AttemptWatcher

/** The splits of a service whose routes have splits of their own: each divides the calls of its route, and hears of these alone. */
export class SplitByRoute implements CallSplit, AttemptWatcher {
  readonly name = 'split'
  readonly #usual: Dividing | undefined
  readonly #byRoute: ReadonlyMap<CallRoute, Dividing | undefined>

  /**
   * @param usual of calls of all other routes, and of none; `undefined` for calls that are not divided.
   * @param byRoute the splits of routes that have one of their own, or `undefined` because they have none.
   */
  constructor(usual: Dividing | undefined, byRoute: ReadonlyMap<CallRoute, Dividing | undefined>) {
    this.#usual = usual
    this.#byRoute = byRoute
  }

  choose(call: Call, sets: SubsetCandidates): VersionChoice | undefined {
    return this.#of(call)?.choose(call, sets)
  }

  answered(endpoint: Endpoint, verdict: Verdict, latencyMs: number, outcome: Outcome, attempt: Attempt): void {
    this.#of(attempt.call)?.answered(endpoint, verdict, latencyMs, outcome, attempt)
  }

  bodyOver(endpoint: Endpoint, verdict: Verdict, spoiled: MeshError | undefined, startedAt: number, attempt: Attempt): void {
    this.#of(attempt.call)?.bodyOver?.(endpoint, verdict, spoiled, startedAt, attempt)
  }

  #of({ context }: Call): Dividing | undefined {
    const route = context.get(callRoute)
    return route !== undefined && this.#byRoute.has(route) ? this.#byRoute.get(route) : this.#usual
  }
}
