import type { ReplyHeaders } from '../call/header-list.ts'
import type { WireListener } from '../call/wire-listener.ts'

/**
 * Stands between the wire and the handler: the wire holds the tap for as long as it is busy with the reply, and must not hold the handler,
 * whose owner may have dropped a reply that nobody reads.
 */
export class WireTap implements WireListener {
  #listener: Required<WireListener> | undefined

  /** @param listener told until {@link cut}. */
  constructor(listener: Required<WireListener>) {
    this.#listener = listener
  }

  /** Tells nothing more. */
  cut(): void {
    this.#listener = undefined
  }

  bodySent(piece: Uint8Array): void {
    this.#listener?.bodySent(piece)
  }

  requestSent(): void {
    this.#listener?.requestSent()
  }

  replyBegan(): void {
    this.#listener?.replyBegan()
  }

  interimReply(status: number, headers: ReplyHeaders, statusText: string, raw?: readonly Uint8Array[] | undefined): void {
    this.#listener?.interimReply(status, headers, statusText, raw)
  }
}
