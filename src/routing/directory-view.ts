import type { Cancellation } from '../call/cancellation.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'

/** What routing needs to know of where a service's endpoints come from. */
export interface DirectoryView {
  /** `resolved`: there are endpoints; `empty`: there are none now; `absent`: there is no such service; `unresolved`: no answer yet. */
  readonly state: 'unresolved' | 'resolved' | 'empty' | 'absent'
  /** The endpoints that there are; frozen. */
  readonly endpoints: readonly Endpoint[]
  /** Another number whenever the endpoints, or anything about one of them, changed. */
  readonly version: number
  /** What the resolver threw last, if it has not answered since. */
  readonly lastError: unknown
  /** Resolves at the first answer, or when there is reason not to wait for one. */
  settled(cancellation: Cancellation): Promise<void>
  /** Says that a fresh answer would be welcome. */
  refresh(): void
}
