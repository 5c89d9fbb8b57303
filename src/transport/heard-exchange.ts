import type { Attempt } from '../call/attempt.ts'
import { type WireListener, wireListener } from '../call/wire-listener.ts'
import type { Clock } from '../runtime/clock.ts'
import { type Carrier, Exchange, type ExchangeLimits } from './exchange.ts'

/** An exchange of which somebody hears more than its outcome. undici calls these only where there are any, and nearly nobody wants to hear them. */
class HeardExchange extends Exchange {
  readonly #listener: WireListener

  constructor(listener: WireListener, attempt: Attempt, clock: Clock, carrier: Carrier, limits: ExchangeLimits) {
    super(attempt, clock, carrier, limits)
    this.#listener = listener
  }

  onBodySent(piece: Uint8Array): void {
    this.#listener.bodySent?.(piece)
  }

  onRequestSent(): void {
    this.#listener.requestSent?.()
  }

  onResponseStarted(): void {
    this.#listener.replyBegan?.()
  }
}

/**
 * Makes the exchange of an attempt.
 *
 * @param attempt what to send; whoever wants to hear of it is named in its call's context.
 * @param clock times the body.
 * @param carrier see {@link Carrier}.
 * @param limits see {@link ExchangeLimits}.
 */
export function exchangeOf(attempt: Attempt, clock: Clock, carrier: Carrier, limits: ExchangeLimits): Exchange {
  const listener = attempt.call.context.get(wireListener)
  return listener === undefined
    ? new Exchange(attempt, clock, carrier, limits)
    : new HeardExchange(listener, attempt, clock, carrier, limits)
}
