/**
 * A transport carries one attempt over the wire to the endpoint that was chosen, and answers with an outcome.
 *
 * It decides how connections are made, kept, shared and closed, and it answers one question for every failure: may the server have
 * acted (`error.facts.sent`)? It never knows about services' policies, other endpoints, retries or verdicts.
 *
 * The rules for an implementation:
 * - `send` resolves, always: a failure is `{ ok: false, error }`;
 * - it opens the call's body when it begins to write, not before;
 * - it stops as soon as `attempt.cancellation` is cancelled, and answers with that reason;
 * - informational replies (1xx) go to the listener in the call's context, if there is one, and are otherwise ignored;
 * - the reply's body goes through a `BodyFeed`, so that unread bodies are paused and dropped ones are released;
 * - nothing that is idle keeps the process alive.
 *
 * @example
 * ```ts
 * import { failed, MeshError, type Transport } from 'proxyless'
 *
 * export const nowhere: Transport = {
 *   name: 'nowhere',
 *   send: async ({ call, endpoint }) =>
 *     failed(new MeshError('CONNECT_FAILED', 'there is no wire', { service: call.service, endpoint: endpoint.address, sent: false })),
 *   close: async () => {},
 * }
 * ```
 */
import type { Attempt } from '../call/attempt.ts'
import type { Send } from '../call/layer.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'

/** See the top of this file. */
export interface Transport {
  /** For messages and the snapshot. */
  readonly name: string
  /** Carries one attempt. */
  readonly send: Send<Attempt>
  /** An endpoint left the service: what is in flight there ends, nothing idle is kept. */
  retire?(endpoint: Endpoint): void
  /** What it holds open at the moment, for the snapshot. */
  stats?(endpoint: Endpoint): TransportStats | undefined
  /** Most attempts that it carries to an endpoint at once, for the snapshot; `undefined` where there is no limit, or none that it knows of. */
  capacity?(endpoint: Endpoint): number | undefined
  /** What is spoken to an endpoint, by the connection that was made last; `undefined` where it cannot tell. */
  spoken?(endpoint: Endpoint): 'http/1.1' | 'h2' | undefined
  /**
   * Lets what is in flight end, then closes everything.
   *
   * @param graceMs how long that may take, in milliseconds; what is left then is cut off.
   */
  close(graceMs?: number): Promise<void>
}

/** What a transport holds open to one endpoint. */
export interface TransportStats {
  /** Connections that are open or being made. */
  readonly connections: number
  /** Connections that nobody uses just now. */
  readonly idle: number
  /** Attempts that wait for a connection. */
  readonly waiting: number
}
