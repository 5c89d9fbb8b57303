/**
 * Has this endpoint failed too often?
 *
 * An ejection rule looks at attempts that are over and says which endpoint should be left out for a while. It decides nothing else: the
 * ejector (ejector.ts) sees to it that at most a share of the endpoints is out, how long, and how they come back. A rule never knows about
 * balancing, calls that are under way, or other rules.
 *
 * To add one: a file here with a function that makes an {@link EjectionRule}, an option in ejection-options.ts, and its line in
 * ejection-rules.ts. Rules of users go into `.ejection({ rules: [...] })`.
 *
 * @example
 * ```ts
 * import { type EjectionRule, part } from 'proxyless'
 *
 * // Three answers in a row that took longer than a second.
 * export const slowThrice = () =>
 *   part<EjectionRule>('slow-thrice', {}, () => {
 *     const slow = new WeakMap<object, number>()
 *     return {
 *       name: 'slow-thrice',
 *       judge(endpoint, _verdict, latencyMs) {
 *         const inARow = latencyMs > 1_000 ? (slow.get(endpoint) ?? 0) + 1 : 0
 *         slow.set(endpoint, inARow)
 *         return inARow >= 3
 *       },
 *       readmitted: (endpoint) => void slow.delete(endpoint),
 *     }
 *   })
 * ```
 */
import type { Outcome } from '../call/outcome.ts'
import type { Verdict } from '../call/verdict.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Part } from '../runtime/host.ts'

/** What a rule says of one attempt: `true` to leave the endpoint out for as long as the back-off says, a number of milliseconds for just as long. */
export type Ejection = boolean | number | undefined

/** What came of the attempts at one endpoint during one interval. */
export interface EndpointInterval {
  /** Whom it is about. */
  readonly endpoint: Endpoint
  /** Attempts that were judged a success or a failure. */
  readonly attempts: number
  /** Those that were judged a failure. */
  readonly failures: number
  /** Mean time until the head of the reply of those that were a success, in milliseconds; `NaN` if there were none. */
  readonly meanLatencyMs: number
}

/** See the top of this file. What it throws is told as an event, and counts as "leave it in". */
export interface EjectionRule {
  /** For events and the snapshot. */
  readonly name: string
  /**
   * Told of every attempt at an endpoint that is not out, as soon as the head of its reply came or it failed; once more, as a failure, when
   * the body of the reply breaks. An attempt that is nobody's fault, or that failed
   * within this process, is not told.
   *
   * @param endpoint where it went.
   * @param verdict how the service's judge takes it: success or failure.
   * @param latencyMs from its beginning to the head of the reply or the failure.
   * @param outcome the status that came back, or the error.
   */
  judge?(endpoint: Endpoint, verdict: Verdict, latencyMs: number, outcome: Outcome): Ejection
  /** Told when a reply came in whole. */
  completed?(endpoint: Endpoint): void
  /**
   * Compares the endpoints at the end of an interval.
   *
   * @param intervals those that had attempts and are not out, in no order.
   * @returns those that should be left out, the worst first.
   */
  review?(intervals: readonly EndpointInterval[]): readonly Endpoint[]
  /** The endpoint is back, or was not left out after all: forget what was held against it. */
  readmitted(endpoint: Endpoint): void
}

/** A rule, as a function of its host. */
export type EjectionRulePart = Part<EjectionRule>
