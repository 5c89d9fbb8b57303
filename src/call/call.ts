import type { Endpoint } from '../endpoint/endpoint.ts'
import type { MeshError, MeshErrorCode } from '../errors/mesh-error.ts'
import type { CallBody } from './call-body.ts'
import { callRoute } from './call-route.ts'
import type { Cancellation } from './cancellation.ts'
import type { ContextValues } from './context-values.ts'
import type { HeaderList } from './header-list.ts'
import type { Verdict } from './verdict.ts'

/** What a call is made of. */
export interface CallParts {
  /** The logical name of the service. */
  readonly service: string
  /** As it goes over the wire: `GET`, `POST`, ... */
  readonly method: string
  /** Path and query, beginning with `/`. */
  readonly path: string
  /** The value of the `Host` header (`:authority` in HTTP/2) unless the headers have one: host, with the port if it is not the default. */
  readonly authority: string
  /** Headers as the caller wrote them. */
  readonly headers: HeaderList
  /** The body; {@link noBody} for none. */
  readonly body: CallBody
  /** Whether sending it twice does no more than sending it once: by its method, or because the caller said so. */
  readonly idempotent: boolean
  /** Monotonic time at which it began, in milliseconds. */
  readonly startedAt: number
  /** Monotonic time by which the caller wants the whole answer, in milliseconds; `Infinity` for no limit. */
  readonly deadline: number
  /** Ends when nobody waits for the answer any more. */
  readonly cancellation: Cancellation
  /** Labels that the endpoint must carry, if any. */
  readonly subset: Readonly<Record<string, string>> | undefined
  /** Values that policies hand to each other. */
  readonly context: ContextValues
}

/** An attempt that is over, as the next one sees it. */
export interface SpentAttempt {
  /** Where it went. */
  readonly endpoint: Endpoint
  /** How it was judged. */
  readonly verdict: Verdict
  /** The status that came back, or the code of the error. */
  readonly result: number | string
  /** From its beginning to headers or failure, in milliseconds. */
  readonly latencyMs: number
  /** Whether the server may have acted on it. */
  readonly sent: boolean
  /** Whether, when it was over, there was an endpoint for this call that it had not tried yet. */
  readonly untriedLeft: boolean
  /** Monotonic time at which it began, in milliseconds. */
  readonly startedAt: number
  /** What it failed with, before the head of a reply. */
  readonly error?: MeshError | undefined
  /** How long the body took after the head, in milliseconds, once it is over. */
  readonly bodyMs?: number | undefined
  /** What the body broke with, if it did. */
  readonly bodyError?: MeshErrorCode | undefined
  /** The copy of the call that it was made with; only of attempts that ran side by side. */
  readonly copy?: Call
}

/** An attempt that has begun and is not over, as others see it. */
export interface UnderwayAttempt {
  /** Where it went. */
  readonly endpoint: Endpoint
  /** Monotonic time at which it began, in milliseconds. */
  readonly startedAt: number
}

/**
 * One logical request of the caller, from the door to the outcome, however many attempts it takes.
 *
 * It never changes; a layer that wants something else passes a copy on: `next(call.with({ headers }))`.
 */
export class Call implements CallParts {
  readonly service: string
  readonly method: string
  readonly path: string
  readonly authority: string
  readonly headers: HeaderList
  readonly body: CallBody
  readonly idempotent: boolean
  readonly startedAt: number
  readonly deadline: number
  readonly cancellation: Cancellation
  readonly subset: Readonly<Record<string, string>> | undefined
  readonly context: ContextValues
  /** Attempts already over, oldest first; copies of a call share it. Written by routing alone. */
  readonly spent: readonly SpentAttempt[]
  /** Attempts begun and not over: nearly always one at most. Copies of a call share it. Written by routing alone. */
  readonly underway: readonly UnderwayAttempt[]

  /**
   * @param parts see {@link CallParts}.
   * @param spent attempts that a copy shares with its original.
   * @param underway the same for attempts that are not over.
   */
  constructor(parts: CallParts, spent: readonly SpentAttempt[] = roomForOne(), underway: readonly UnderwayAttempt[] = roomForOne()) {
    this.service = parts.service
    this.method = parts.method
    this.path = parts.path
    this.authority = parts.authority
    this.headers = parts.headers
    this.body = parts.body
    this.idempotent = parts.idempotent
    this.startedAt = parts.startedAt
    this.deadline = parts.deadline
    this.cancellation = parts.cancellation
    this.subset = parts.subset
    this.context = parts.context
    this.spent = spent
    this.underway = underway
  }

  /** The name of the route of its service that it took; `undefined` if it took none. Set before any policy sees the call. */
  get route(): string | undefined {
    return this.context.get(callRoute)?.name
  }

  /** A copy with some parts changed. */
  with(change: Partial<CallParts>): Call {
    return new Call({ ...this.#parts(), ...change }, this.spent, this.underway)
  }

  #parts(): CallParts {
    const { service, method, path, authority, headers, body, idempotent, startedAt, deadline, cancellation, subset, context } = this
    return { service, method, path, authority, headers, body, idempotent, startedAt, deadline, cancellation, subset, context }
  }
}

/** A list with room for one: nearly every call is over with one attempt, and a list that grows makes room for seventeen. */
function roomForOne<T>(): T[] {
  const list: (T | undefined)[] = [undefined]
  list.pop()
  return list as T[]
}
