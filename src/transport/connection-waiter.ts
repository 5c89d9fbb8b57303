import type { CancelListener, Cancellation } from '../call/cancellation.ts'
import type { MeshError } from '../errors/mesh-error.ts'
import type { Timer } from '../runtime/clock.ts'
import type { Connection } from './connection.ts'

/** Where an attempt waits. */
export interface WaitingPlace {
  /** An attempt does not wait any more. */
  leave(waiter: ConnectionWaiter, reason: MeshError): void
}

/** An attempt that waits for a connection. */
export class ConnectionWaiter implements CancelListener {
  readonly #place: WaitingPlace
  readonly #cancellation: Cancellation
  /** Told once: with a connection, or why there is none. */
  readonly settle: (result: Connection | MeshError) => void
  /** Ends the wait, if it may last for so long only. */
  timer: Timer | undefined

  /**
   * @param place told when the call leaves.
   * @param cancellation of the attempt.
   * @param settle see {@link settle}.
   */
  constructor(place: WaitingPlace, cancellation: Cancellation, settle: (result: Connection | MeshError) => void) {
    this.#place = place
    this.#cancellation = cancellation
    this.settle = settle
    cancellation.add(this)
  }

  cancelled(reason: MeshError): void {
    this.#place.leave(this, reason)
  }

  /** The wait is over, however it ended. */
  done(): void {
    this.timer?.cancel()
    this.#cancellation.remove(this)
  }
}
