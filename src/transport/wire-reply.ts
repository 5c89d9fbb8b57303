import type { ReplyHeaders } from '../call/header-list.ts'
import type { Reply } from '../call/reply.ts'
import type { ReplyBody } from '../call/reply-body.ts'

/** Headers as they came over the wire: names and values in turn, or, in HTTP/2, a record. */
export type RawHeaders = readonly Uint8Array[] | ReplyHeaders

/** A reply that came over a wire, and remembers how its headers were spelled there. */
export class WireReply implements Reply {
  readonly status: number
  readonly statusText: string
  readonly headers: ReplyHeaders
  readonly body: ReplyBody
  /** Private, so that a policy which copies a reply to change its headers (`{ ...reply, headers }`) does not copy those of the wire. */
  readonly #raw: RawHeaders | undefined

  constructor(status: number, statusText: string, headers: ReplyHeaders, body: ReplyBody, raw: RawHeaders | undefined) {
    this.status = status
    this.statusText = statusText
    this.headers = headers
    this.body = body
    this.#raw = raw
  }

  /** The headers as they came, if the reply came over a wire and nobody changed it. */
  static rawHeaders(reply: Reply): RawHeaders | undefined {
    return #raw in reply ? reply.#raw : undefined
  }
}
