import { contextKey } from './context-values.ts'
import type { ReplyHeaders } from './header-list.ts'

/**
 * Told what happens on the wire beside the outcome, by transports that see it. An attempt that is repeated tells it again.
 *
 * It is told from within the transport's own callbacks: what it throws is thrown away.
 */
export interface WireListener {
  /** A piece of the request's body was written. */
  bodySent?(piece: Uint8Array): void
  /** The whole request was written. */
  requestSent?(): void
  /** The first byte of a reply came. */
  replyBegan?(): void
  /**
   * An interim reply came: its status is 100-199.
   *
   * @param raw its names and values in turn as they were spelled on the wire, where that is known.
   */
  interimReply?(status: number, headers: ReplyHeaders, statusText: string, raw?: readonly Uint8Array[] | undefined): void
}

/** Who is told what happens on the wire for a call. */
export const wireListener = contextKey<WireListener | undefined>('wire-listener', undefined)
