import type { ReplyHeaders } from './header-list.ts'

/** What a server says before its reply: a status of 1xx, such as 103 Early Hints. */
export interface InformationalReply {
  /** 100-199. */
  readonly status: number
  /** Names in lower case. */
  readonly headers: ReplyHeaders
}

/** Hears of informational replies. */
export type InformationalListener = (reply: InformationalReply) => void
