import type { Attempt } from '../call/attempt.ts'
import type { Endpoint } from '../endpoint/endpoint.ts'
import type { MeshError, MeshErrorCode } from '../errors/mesh-error.ts'
import type { ScriptedFailure, ScriptedHead, ScriptedReply } from './scripted-answer.ts'

/** An attempt as the far side sees it: the request that came, and the means to answer it. */
export interface ScriptedAttempt {
  /** The attempt itself. */
  readonly attempt: Attempt
  /** Where the attempt went. */
  readonly endpoint: Endpoint
  /** `GET`, `POST`, ... */
  readonly method: string
  /** Path and query. */
  readonly path: string
  /** Whether the head of a reply, or a failure, was given. */
  readonly answered: boolean
  /** Whether the attempt is over: failed, cancelled, or its reply complete or given up. */
  readonly over: boolean
  /** Why the attempt failed or was cancelled, if it was. */
  readonly error: MeshError | undefined
  /** Whether the reader of the reply has enough for now: what is pushed waits. */
  readonly paused: boolean
  /** The first value of a header of the request, by its name in lower case. */
  header(name: string): string | undefined
  /** The body of the request; rejects when it failed, or when the attempt was over before all of it had come. */
  bodyBytes(): Promise<Uint8Array>
  /** The same as text. */
  bodyText(): Promise<string>
  /** Answers with a whole reply, an empty `200` by default; its `latencyMs` and `pieceMs` go by first. */
  reply(reply?: ScriptedReply): void
  /**
   * Says something before the reply, such as 103 Early Hints.
   *
   * @param head with a status of 100-199. @defaultValue `103` without headers
   * @throws Error when the attempt was answered before.
   */
  inform(head?: ScriptedHead): void
  /**
   * Answers with the head of a reply; the body follows with {@link ScriptedAttempt.push} and {@link ScriptedAttempt.end}.
   *
   * @param head see {@link ScriptedHead}.
   * @param length what the reply announces as its length in bytes, if it does.
   * @throws Error when the attempt was answered before.
   */
  begin(head?: ScriptedHead, length?: number): void
  /** Sends a piece of the body. */
  push(piece: string | Uint8Array): void
  /** Ends the body. */
  end(trailers?: Readonly<Record<string, string | readonly string[]>>): void
  /** Fails the attempt, or cuts the body of its reply short. Nothing happens when it is over. */
  fail(failure: ScriptedFailure | MeshErrorCode): void
}
