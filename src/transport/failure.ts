import type { Endpoint } from '../endpoint/endpoint.ts'
import { MeshError, type MeshErrorCode } from '../errors/mesh-error.ts'

/** HTTP/2's REFUSED_STREAM: the server says that it did not process the request. */
const refusedStream = 7

/** How far an attempt had come when it failed. */
export interface Progress {
  /** undici had begun to write the request. Until then nothing has left, whatever the error says. */
  readonly started: boolean
  /** The head of the reply had come. */
  readonly replied: boolean
}

interface Judgement {
  readonly code: MeshErrorCode
  readonly sent: boolean
  readonly text: string
}

/**
 * Turns an error of undici, or of the socket below it, into one of ours, and answers the question that decides about repeating it: may
 * the server have acted?
 *
 * @param error what undici reported.
 * @param progress how far the attempt had come.
 * @param service for the message.
 * @param endpoint for the message.
 */
export function toMeshError(error: unknown, progress: Progress, service: string, endpoint: Endpoint): MeshError {
  const { code, sent, text } = progress.started ? judgeStarted(error, progress) : judgeUnsent(error)
  const reason = describe(error)
  const message = `${text} (${endpoint.address}${reason === '' ? '' : `: ${reason}`})`
  return new MeshError(code, message, { service, endpoint: endpoint.address, sent }, error)
}

/**
 * The reason for which an attempt was cancelled before anything of it was written. Whoever cancelled could not know that, and said that it
 * may have been sent; we know better.
 */
export function cancelledUnsent(reason: MeshError): MeshError {
  if (!reason.facts.sent) return reason
  const text = reason.message.slice(reason.facts.service.length + 2)
  return new MeshError(reason.code, `${text}, and nothing was sent`, { ...reason.facts, sent: false }, reason)
}

function judgeUnsent(error: unknown): Judgement {
  switch (codeOf(error)) {
    case 'UND_ERR_INVALID_ARG':
    case 'UND_ERR_NOT_SUPPORTED':
    case 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH':
      return { code: 'INVALID_CALL', sent: false, text: 'the request cannot be sent' }
    case 'UND_ERR_CONNECT_TIMEOUT':
      return { code: 'CONNECT_TIMEOUT', sent: false, text: 'no connection in time' }
    case 'UND_ERR_CLOSED':
    case 'UND_ERR_DESTROYED':
      return { code: 'CLOSED', sent: false, text: 'the connection was closed before the request was sent' }
    default:
      return { code: 'CONNECT_FAILED', sent: false, text: 'cannot connect' }
  }
}

function judgeStarted(error: unknown, progress: Progress): Judgement {
  const code = codeOf(error)
  if (!progress.replied && isRefusal(error, code)) {
    return { code: 'REFUSED', sent: false, text: 'the endpoint refused the request without processing it' }
  }
  if (code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH') {
    return { code: 'INVALID_CALL', sent: true, text: 'the request body is not as long as its content-length says' }
  }
  if (
    code.startsWith('HPE_') ||
    code === 'UND_ERR_HEADERS_OVERFLOW' ||
    code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' ||
    isParserError(error)
  ) {
    return { code: 'BAD_REPLY', sent: true, text: 'the reply is not valid HTTP' }
  }
  return {
    code: 'CONNECTION_LOST',
    sent: true,
    text: progress.replied ? 'the reply was cut short' : 'the connection was lost before a reply came',
  }
}

/** Whether the peer said, in HTTP/2's words, that it did not process the stream. */
function isRefusal(error: unknown, code: string): boolean {
  if (code === 'ERR_HTTP2_STREAM_ERROR') return (error as { http2ErrorCode?: unknown }).http2ErrorCode === refusedStream
  // GOAWAY with code 0 and a last stream below ours. With a body that cannot be replayed undici reports it instead of repeating it; it has
  // no code of its own for that, and its message is all there is.
  return code === 'UND_ERR_INFO' && (error as Error).message === 'HTTP/2: "GOAWAY" frame received with code 0'
}

function isParserError(error: unknown): boolean {
  return error instanceof Error && error.name === 'HTTPParserError'
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : ''
}

/** The error in a few words; of an AggregateError (several addresses tried), the first member. */
function describe(error: unknown): string {
  const single = error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error
  return single instanceof Error ? single.message : String(single ?? '')
}
