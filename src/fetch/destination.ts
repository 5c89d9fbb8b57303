/**
 * What the fetch door needs from the mesh: a way from a URL's host to whoever carries the call.
 *
 * The door turns a `Request`-like input into a call and a reply into a `Response`. It never knows services, endpoints, policies or
 * connections; it knows one {@link DestinationFinder}.
 */
import type { Call } from '../call/call.ts'
import type { Send } from '../call/layer.ts'
import type { MeshError } from '../errors/mesh-error.ts'
import type { CallTeller } from '../records/call-teller.ts'

/** Whoever carries the calls to one host. */
export interface Destination {
  /** The logical name of the service, or the host itself when no service declares it. */
  readonly service: string
  /** How long a call may take that does not say so itself, in milliseconds; `Infinity` for no limit. */
  readonly deadlineMs: number
  /** The `Host` that the server is told instead of the URL's, if any. */
  readonly authority: string | undefined
  /** Whether no service declares the host: then it is reached as the built-in fetch reaches it. */
  readonly outside?: boolean
  /** Tells of its calls afterwards, if anybody can. */
  readonly teller?: CallTeller | undefined
  /** Carries a call to its outcome. */
  readonly send: Send<Call>
}

/** Knows who carries the calls to a host. Asked once a call, and once more for each redirect: it must be cheap. */
export interface DestinationFinder {
  /**
   * @param protocol of the URL.
   * @param hostname of the URL, in lower case; an IPv6 address in brackets.
   * @param port of the URL; empty for the protocol's default.
   * @returns the destination, or why there is none, such as `UNKNOWN_SERVICE` or `CLOSED`.
   */
  find(protocol: 'http:' | 'https:', hostname: string, port: string): Destination | MeshError
}
