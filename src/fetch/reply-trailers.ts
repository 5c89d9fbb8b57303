import { LeanResponse } from './lean-response.ts'
import { toResponseHeaders } from './response-headers.ts'

/**
 * The trailers of a reply: headers that come after its body, such as a checksum or the status of a gRPC call. Fetch has no place for them.
 *
 * @param response what `net.fetch` resolved with, or a clone of it.
 * @returns the trailers, none if the server sent none; `undefined` while the body has not come to its end, and for a response of anybody else.
 * @example
 * ```ts
 * import { type Mesh, replyTrailers } from 'proxyless'
 *
 * async function checked(net: Mesh): Promise<[string, string | null | undefined]> {
 *   const response = await net.fetch('http://reports/v1/today')
 *   const text = await response.text()
 *   return [text, replyTrailers(response)?.get('x-checksum')]
 * }
 * ```
 */
export function replyTrailers(response: Response): Headers | undefined {
  const trailers = LeanResponse.trailersOf(response)
  return trailers === undefined ? undefined : toResponseHeaders(trailers)
}
