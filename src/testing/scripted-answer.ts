import { endpointUrlExpectation, readEndpointAddress } from '../endpoint/endpoint-address.ts'
import type { MeshError, MeshErrorCode } from '../errors/mesh-error.ts'
import { printValue } from '../errors/print-value.ts'
import type { ScriptedAttempt } from './scripted-attempt.ts'

/** The beginning of a scripted reply. */
export interface ScriptedHead {
  /** @defaultValue `200` */
  readonly status?: number | undefined
  /** @defaultValue `''` */
  readonly statusText?: string | undefined
  /** In any case; they are given on in lower case. @defaultValue `{}` */
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined
}

/** A reply, whole. */
export interface ScriptedReply extends ScriptedHead {
  /** The body; a list is one whose length the reply does not announce, and comes piece by piece. @defaultValue none */
  readonly body?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined
  /** Informational replies before the reply, such as `{ status: 103, headers: { link: '</a.css>' } }`. @defaultValue none */
  readonly informational?: readonly ScriptedHead[] | undefined
  /** Trailers, after the body. @defaultValue none */
  readonly trailers?: Readonly<Record<string, string | readonly string[]>> | undefined
  /** Milliseconds from the end of the request to the head of the reply. @defaultValue `0` */
  readonly latencyMs?: number | undefined
  /** Milliseconds before each piece of the body. @defaultValue `0` */
  readonly pieceMs?: number | undefined
  /** What cuts the body short when its pieces have come. @defaultValue nothing: it ends as it should */
  readonly cut?: ScriptedFailure | undefined
}

/** An attempt that fails. */
export interface ScriptedFailure {
  /** Why: a code, or the error itself. */
  readonly error: MeshErrorCode | MeshError
  /** Whether the server may have acted. @defaultValue what the code says: not before there is a connection, nor when the server refused */
  readonly sent?: boolean | undefined
  /** Milliseconds from the beginning of the attempt. @defaultValue `0` */
  readonly latencyMs?: number | undefined
}

/** What becomes of an attempt; `'hang'` leaves it to whoever takes it with `next()`, or to nobody. */
export type ScriptedAnswer = ScriptedReply | ScriptedFailure | 'hang'

/** Answers attempts. Whatever time it takes before it answers goes by, too. */
export type AnswerFunction = (attempt: ScriptedAttempt) => ScriptedAnswer | Promise<ScriptedAnswer>

const neverSent: ReadonlySet<MeshErrorCode> = new Set([
  'UNKNOWN_SERVICE',
  'INVALID_CALL',
  'CIRCUIT_OPEN',
  'OVERLOADED',
  'NO_ENDPOINT',
  'CONNECT_FAILED',
  'CONNECT_TIMEOUT',
  'QUEUE_FULL',
  'QUEUE_TIMEOUT',
  'REFUSED',
  'CLOSED',
])

/** Whether an error with this code may have reached the server, unless the script says otherwise. */
export function sentByCode(code: MeshErrorCode): boolean {
  return !neverSent.has(code)
}

/**
 * Answers by the endpoint that an attempt goes to; nobody listens at an address that is not in the table.
 *
 * @param table answers by address, in any spelling that a resolver may use.
 * @throws TypeError when a key is not the address of an endpoint.
 * @example
 * ```ts
 * import { byEndpoint, scriptedTransport } from 'proxyless/testing'
 *
 * const transport = scriptedTransport(byEndpoint({ 'http://10.0.0.7:8080': { status: 503 }, 'http://10.0.0.8:8080': { status: 200 } }))
 * ```
 */
export function byEndpoint(table: Readonly<Record<string, ScriptedAnswer | AnswerFunction>>): AnswerFunction {
  const answers = new Map<string, ScriptedAnswer | AnswerFunction>()
  for (const [url, answer] of Object.entries(table)) {
    const address = readEndpointAddress(url, false)?.address
    if (address === undefined) throw new TypeError(`byEndpoint: expected ${endpointUrlExpectation}, got ${printValue(url)}`)
    answers.set(address, answer)
  }
  return (attempt) => {
    const answer = answers.get(attempt.endpoint.address) ?? { error: 'CONNECT_FAILED' }
    return typeof answer === 'function' ? answer(attempt) : answer
  }
}

/**
 * Answers in turn: the first attempt gets the first answer, and so on; the last one repeats.
 *
 * @param answers at least one.
 * @throws TypeError when there is none.
 * @example
 * ```ts
 * import { inTurn, scriptedTransport } from 'proxyless/testing'
 *
 * const transport = scriptedTransport(inTurn({ status: 503 }, { error: 'CONNECTION_LOST' }, { status: 200, body: 'at last' }))
 * ```
 */
export function inTurn(...answers: readonly (ScriptedAnswer | AnswerFunction)[]): AnswerFunction {
  if (answers.length === 0) throw new TypeError('inTurn: expected at least one answer, got none')
  let turn = 0
  return (attempt) => {
    const answer = answers[Math.min(turn, answers.length - 1)] as ScriptedAnswer | AnswerFunction
    turn += 1
    return typeof answer === 'function' ? answer(attempt) : answer
  }
}
