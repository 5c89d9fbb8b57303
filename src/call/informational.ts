import { contextKey } from './context-values.ts'
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

/** Who hears of the informational replies to a call; a transport tells it, outside the callbacks of its wire. */
export const informationalListener = contextKey<InformationalListener | undefined>('informational listener', undefined)
