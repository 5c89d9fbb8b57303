import type { Attempt } from '../call/attempt.ts'
import type { Outcome } from '../call/outcome.ts'
import type { Verdict } from '../call/verdict.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { MeshError } from '../errors/mesh-error.ts'

/**
 * Hears of every attempt of a service. Routing tells it, outside the attempt timeout, so that an attempt which took too long is heard of as
 * well. It stands on the path of every call: a watcher looks, counts and returns.
 */
export interface AttemptWatcher {
  /** For the event that tells of a watcher which threw. */
  readonly name: string
  /**
   * The head of a reply came, or the attempt failed; once for an attempt.
   *
   * @param endpoint where it went.
   * @param verdict how the service's judge takes it.
   * @param latencyMs from the beginning of the attempt until now.
   * @param outcome the status that came back, or the error: what tells a gateway's failure from one of our own making.
   * @param attempt the attempt, with its call.
   */
  answered(endpoint: Endpoint, verdict: Verdict, latencyMs: number, outcome: Outcome, attempt: Attempt): void
  /**
   * The body of a reply whose head came is over; once for such an attempt.
   *
   * @param endpoint where it went.
   * @param verdict how the attempt is taken now.
   * @param spoiled the error, when the body broke and made a failure of what had not been one at its head.
   * @param startedAt monotonic time at which the attempt began.
   * @param attempt the attempt, with its call.
   */
  bodyOver?(endpoint: Endpoint, verdict: Verdict, spoiled: MeshError | undefined, startedAt: number, attempt: Attempt): void
}
