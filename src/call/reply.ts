import type { ReplyHeaders } from './header-list.ts'
import type { ReplyBody } from './reply-body.ts'

/** What a transport gives: the head of a response, and a body that has yet to be read. */
export interface Reply {
  /** 200-599. */
  readonly status: number
  /** May be empty; always is in HTTP/2. */
  readonly statusText: string
  /** Names in lower case. */
  readonly headers: ReplyHeaders
  /** Must be read or discarded, by whoever ends up with the reply. */
  readonly body: ReplyBody
}
