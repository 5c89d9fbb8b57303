/**
 * How busy, or how slow, is an endpoint?
 *
 * A meter is told of every attempt. Routing pairs `began` and the function it returns exactly once, however the attempt ends, so a meter
 * need not defend itself against lost calls. What a meter knows lives in a `WeakMap` keyed by the endpoint: it survives updates of the
 * set and vanishes with the endpoint.
 *
 * To add one: a file here, a line in `src/index.ts`, a line in `test/conformance/balancers.test.ts`. It works with every balancer that
 * compares loads.
 *
 * @example
 * ```ts
 * import { part, type LoadMeter } from 'proxyless'
 *
 * // The number that the mesh counts anyway.
 * export const busy = () => part<LoadMeter>('busy', {}, () => ({ name: 'busy', load: (e) => e.inFlight, began: () => () => {} }))
 * ```
 */
import type { Outcome } from '../call/outcome.ts'
import type { Verdict } from '../call/verdict.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'

/** See the top of this file. */
export interface LoadMeter {
  /** For messages. */
  readonly name: string
  /**
   * A number of which lower is better; only the order matters.
   *
   * @param at monotonic time in milliseconds, for a meter that would ask the clock. Balancers say it if they know it.
   */
  load(endpoint: Endpoint, at?: number): number
  /**
   * The same number for somebody who only looks: it writes nothing, also for an endpoint that was never asked about. Optional; without it,
   * `net.explain` tells no loads. @returns `undefined` when nothing is known.
   */
  peek?(endpoint: Endpoint): number | undefined
  /**
   * The one of two with the lower load, the first if they are equal. To be left out, unless both can be told for less than twice the price
   * of one: a meter that reads the clock need not read it twice. A meter that knows that one of them fails may answer `undefined`: with
   * another pair, an endpoint that fails does not send the calls of its pairs to the next worst.
   *
   * @param at see {@link LoadMeter.load}.
   */
  lighter?(first: Endpoint, second: Endpoint, at?: number): Endpoint | undefined
  /**
   * Whether an endpoint is known to fail, and is not yet to be tried again. Optional, for a meter whose `lighter` answers `undefined`: as long as
   * both of a pair fail, somebody who does not is looked for.
   *
   * @param at see {@link LoadMeter.load}.
   */
  isFailing?(endpoint: Endpoint, at?: number): boolean
  /**
   * Prepares the comparing of endpoints of one set by their indexes. Optional, for a meter that can tell them apart without looking at the
   * endpoints: among very many, each look is a wait for memory.
   *
   * @param endpoints at least one. They are known, and hold their place, for as long as what this returns is used.
   */
  pairs?(endpoints: readonly Endpoint[]): LoadPairs
  /**
   * An endpoint that was kept out is fit again, as a call to it has shown: what was held against it does not count any more. Optional, for a
   * meter that remembers failures.
   */
  readmitted?(endpoint: Endpoint): void
  /**
   * An attempt begins.
   *
   * @param endpoint where it goes.
   * @param at monotonic time in milliseconds, so that a meter of latencies need not ask the clock. Routing always says it.
   * @returns what routing calls when the attempt is over.
   */
  began(endpoint: Endpoint, at?: number): MeterEnd
}

/** Compares endpoints of one set by their indexes. */
export interface LoadPairs {
  /**
   * What {@link LoadMeter.lighter} would answer, or `load` without it.
   *
   * @param first an index of the set.
   * @param second another one.
   * @param at see {@link LoadMeter.load}.
   * @returns one of the two; -1 where `lighter` would answer `undefined`.
   */
  lighter(first: number, second: number, at?: number): number
}

/** Hears the end of one attempt. A plain function will do. */
export interface MeterEnd {
  /**
   * The attempt is over: its body read, dropped or failed. Called once.
   *
   * @param verdict how it was judged in the end.
   * @param latencyMs the time to the head of the reply, or to the failure.
   */
  (verdict: Verdict, latencyMs: number): void
  /**
   * The head of the reply came, or the attempt failed. Called once, before the above, if it is there: for a meter of latencies, which must
   * not wait for a body that streams for an hour, and for one that reads what endpoints say of themselves in their replies.
   *
   * @param outcome what came; its body is not for a meter to read.
   * @param at monotonic time at which it came, in milliseconds. Routing always says it.
   */
  answered?: ((verdict: Verdict, latencyMs: number, outcome?: Outcome, at?: number) => void) | undefined
}
