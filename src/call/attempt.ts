import type { Endpoint } from '../endpoint/endpoint.ts'
import type { Call } from './call.ts'
import type { Cancellation } from './cancellation.ts'
import type { HeaderList } from './header-list.ts'

/** What a layer may change about an attempt. */
export interface AttemptChange {
  /** Path and query, beginning with `/`. */
  readonly path?: string
  /** Headers to send. */
  readonly headers?: HeaderList
  /** Ends this attempt alone; make it as a child of the attempt's own. */
  readonly cancellation?: Cancellation
}

/**
 * One try of a call at one endpoint.
 *
 * It never changes; a layer that wants something else passes a copy on: `next(attempt.with({ headers }))`.
 */
export class Attempt {
  /** The call that it belongs to. */
  readonly call: Call
  /** Where it goes. */
  readonly endpoint: Endpoint
  /** 1 for the first attempt of a call. */
  readonly number: number
  /** Path and query, beginning with `/`. */
  readonly path: string
  /** Headers to send. */
  readonly headers: HeaderList
  /** Ends when nobody waits for this attempt any more. */
  readonly cancellation: Cancellation

  /** @param change what differs from the call. */
  constructor(call: Call, endpoint: Endpoint, number: number, change?: AttemptChange) {
    this.call = call
    this.endpoint = endpoint
    this.number = number
    this.path = change?.path ?? call.path
    this.headers = change?.headers ?? call.headers
    this.cancellation = change?.cancellation ?? call.cancellation
  }

  /** A copy with something changed. */
  with(change: AttemptChange): Attempt {
    return new Attempt(this.call, this.endpoint, this.number, {
      path: change.path ?? this.path,
      headers: change.headers ?? this.headers,
      cancellation: change.cancellation ?? this.cancellation,
    })
  }
}
