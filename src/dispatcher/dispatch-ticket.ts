import type { BodyListener } from '../call/body-feed.ts'
import { Cancellation } from '../call/cancellation.ts'

/**
 * A call in flight, as the door counts it: until the body of its reply is over.
 *
 * It is the call's cancellation, and knows nothing of the handler: a reply that the handler's owner dropped must be collected, although the
 * door still counts it.
 */
export class DispatchTicket extends Cancellation implements BodyListener {
  readonly #inFlight: Set<DispatchTicket>
  readonly #left: () => void

  /**
   * @param inFlight where it is counted.
   * @param left told when it is not any more.
   */
  constructor(inFlight: Set<DispatchTicket>, left: () => void) {
    super()
    this.#inFlight = inFlight
    this.#left = left
    inFlight.add(this)
  }

  /** The call is over. */
  over(): void {
    if (this.#inFlight.delete(this)) this.#left()
  }

  bodyOver(): void {
    this.over()
  }
}
