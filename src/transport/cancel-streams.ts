import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2'
import type { Client } from './load-undici.ts'

/** Where undici keeps the session of a client; found at the first one that has any. */
let sessionKey: symbol | undefined

/**
 * Lets an attempt over HTTP/2 that is given up end with `CANCEL`.
 *
 * undici closes its stream without a code, which means that nothing was wrong, and destroys it at once. If a part of the request's body is still to be written then, Node
 * (24.21) writes it for ever: the process stands still and its memory grows. With the code that is meant for this, it does not.
 *
 * @param client one that has just connected; with an undici that keeps its session elsewhere nothing is changed.
 */
export function cancelStreams(client: Client): void {
  sessionKey ??= Object.getOwnPropertySymbols(client).find(({ description }) => description === 'http2Session')
  const session = sessionKey === undefined ? undefined : (client as unknown as Record<symbol, ClientHttp2Session | null>)[sessionKey]
  if (typeof session?.request !== 'function') return
  const { request } = session
  session.request = (...options) => {
    const stream = request.apply(session, options)
    stream.close = closeAsCancelled
    return stream
  }
}

/** One for all streams. */
function closeAsCancelled(this: ClientHttp2Stream, code: number = constants.NGHTTP2_CANCEL, callback?: () => void): void {
  const { close } = Object.getPrototypeOf(this) as ClientHttp2Stream
  close.call(this, code, callback)
}
