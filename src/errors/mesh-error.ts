/**
 * Why a call failed, as a code that a program can switch on.
 *
 * | code | meaning |
 * | --- | --- |
 * | `UNKNOWN_SERVICE` | no service declares the host, and the mesh sends nothing to hosts it does not know |
 * | `INVALID_CALL` | the call itself is wrong: its URL, method, headers, body or options |
 * | `CIRCUIT_OPEN` | the circuit of the service is open: the call was refused and nothing of it was sent |
 * | `NO_ENDPOINT` | there is nobody to send it to; the message says why |
 * | `CONNECT_FAILED` | no connection could be made |
 * | `CONNECT_TIMEOUT` | no connection was made in time |
 * | `QUEUE_FULL` | too many calls already wait for a connection to the endpoint |
 * | `QUEUE_TIMEOUT` | the call waited too long for a connection |
 * | `REFUSED` | the endpoint said that it did not process the request (HTTP/2 REFUSED_STREAM or GOAWAY) |
 * | `CONNECTION_LOST` | the connection broke after the request was, or may have been, sent |
 * | `BAD_REPLY` | what came back is not HTTP, or cannot be used: a redirect to nowhere, a body that fails its integrity check |
 * | `REPLY_TOO_LARGE` | the reply is larger than the service allows |
 * | `ATTEMPT_TIMEOUT` | one attempt took longer than an attempt may |
 * | `BODY_TIMEOUT` | the body stood still for too long |
 * | `RATE_LIMITED` | the service's rate limit had no permit left; `facts.retryAfterMs` says when there is one |
 * | `OVERLOADED` | there was no room for the call: too many are in flight or wait, or the service refuses too many; nothing of it was sent |
 * | `DEADLINE_EXCEEDED` | the call's deadline passed |
 * | `BODY_FAILED` | the caller's own request body threw while it was read |
 * | `ABORTED` | the caller left |
 * | `CLOSED` | the mesh, or the connection pool, is closed |
 * | `INTERNAL` | a part threw; the cause says which |
 */
export type MeshErrorCode =
  | 'UNKNOWN_SERVICE'
  | 'INVALID_CALL'
  | 'CIRCUIT_OPEN'
  | 'NO_ENDPOINT'
  | 'CONNECT_FAILED'
  | 'CONNECT_TIMEOUT'
  | 'QUEUE_FULL'
  | 'QUEUE_TIMEOUT'
  | 'REFUSED'
  | 'CONNECTION_LOST'
  | 'BAD_REPLY'
  | 'REPLY_TOO_LARGE'
  | 'ATTEMPT_TIMEOUT'
  | 'BODY_TIMEOUT'
  | 'RATE_LIMITED'
  | 'OVERLOADED'
  | 'DEADLINE_EXCEEDED'
  | 'BODY_FAILED'
  | 'ABORTED'
  | 'CLOSED'
  | 'INTERNAL'

/** What is known about a failure beside its code. */
export interface MeshErrorFacts {
  /** The logical name of the service, or the host for a call to a host that no service declares. */
  readonly service: string
  /** The address of the endpoint, when one had been chosen. */
  readonly endpoint?: string | undefined
  /**
   * Whether the server may have acted on the request. `false` means that it provably has not: such an attempt may be repeated
   * elsewhere whatever its method.
   */
  readonly sent: boolean
  /** How long to wait before another call has a chance, in milliseconds, when that is known. */
  readonly retryAfterMs?: number | undefined
  /** The route of the service that the call took, if it took one; an error that comes after the head of the reply does not say so. */
  readonly route?: string | undefined
  /** The setting or argument that is at fault, when one is. */
  readonly field?: string | undefined
  /** `true` when no server failed: `.fault(...)` injected the failure. */
  readonly injected?: boolean | undefined
}

const brand: unique symbol = Symbol.for('proxyless.MeshError') as never

/**
 * The one error class of calls. `net.fetch` throws it as the `cause` of a `TypeError`, as fetch does with network errors.
 *
 * @example
 * ```ts
 * import { MeshError, type Mesh } from 'proxyless'
 *
 * async function order(net: Mesh, id: string): Promise<unknown> {
 *   try {
 *     return await (await net.fetch(`http://orders/v1/${id}`)).json()
 *   } catch (error) {
 *     const cause = MeshError.from(error)
 *     if (cause?.code === 'NO_ENDPOINT') return undefined
 *     throw error
 *   }
 * }
 * ```
 */
export class MeshError extends Error {
  /** Always `'MeshError'`. */
  override readonly name: string = 'MeshError'
  /** Why the call failed. */
  readonly code: MeshErrorCode
  /** What is known beside the code. */
  readonly facts: MeshErrorFacts

  /**
   * @param code see {@link MeshErrorCode}.
   * @param message a sentence without the service's name, which is put before it.
   * @param facts see {@link MeshErrorFacts}.
   * @param cause what lies underneath, if anything.
   */
  constructor(code: MeshErrorCode, message: string, facts: MeshErrorFacts, cause?: unknown) {
    super(
      `${facts.service}${facts.route === undefined ? '' : ` (route ${facts.route})`}: ${message}`,
      cause === undefined ? undefined : { cause },
    )
    this.code = code
    this.facts = facts
  }

  /** @internal marks the class across copies of this package */
  get [brand](): true {
    return true
  }

  /** Whether `value` is a MeshError, also one made by another copy of this package. */
  static is(value: unknown): value is MeshError {
    return typeof value === 'object' && value !== null && brand in value
  }

  /** The MeshError that `value` is, or that is somewhere among its causes. */
  static from(value: unknown): MeshError | undefined {
    let current = value
    for (let depth = 0; depth < 8 && typeof current === 'object' && current !== null; depth += 1) {
      if (MeshError.is(current)) return current
      current = (current as { cause?: unknown }).cause
    }
    return undefined
  }
}
