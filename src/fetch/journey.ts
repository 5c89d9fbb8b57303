import type { Call } from '../call/call.ts'
import type { Cancellation } from '../call/cancellation.ts'
import type { AbortLink } from './abort-link.ts'

/** What stays the same over the redirects of one fetch. */
export interface Journey {
  readonly cancellation: Cancellation
  readonly link: AbortLink | undefined
  readonly startedAt: number
  readonly deadline: number
  /** The call of the last hop. */
  last: Call | undefined
  /** Redirects followed so far. */
  redirects: number
  /** What kind of response it will be: `cors` once a redirect led to another origin. */
  type: 'basic' | 'cors'
}
