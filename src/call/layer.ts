import type { Outcome } from './outcome.ts'

/** Carries a call, or an attempt, to its outcome. It resolves; a rejection is a mistake of whoever rejects. */
export type Send<C> = (call: C) => Promise<Outcome>

/** Wraps a {@link Send} in another. The first layer of a list sees the call first and the outcome last. */
export type Layer<C> = (next: Send<C>) => Send<C>

/**
 * Puts layers around an innermost send.
 *
 * @param layers outermost first.
 * @param innermost what the last layer calls.
 */
export function compose<C>(layers: readonly Layer<C>[], innermost: Send<C>): Send<C> {
  return layers.reduceRight((next, layer) => layer(next), innermost)
}
