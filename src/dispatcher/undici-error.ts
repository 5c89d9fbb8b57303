import { MeshError } from '../errors/mesh-error.ts'
import { errors } from '../transport/load-undici.ts'

/**
 * An error as code written for undici expects it: with undici's class, name and `code`, or those of the system error beneath, and the
 * {@link MeshError} as its `cause`. What undici has no word for is the {@link MeshError} itself.
 *
 * | the mesh's code | what the handler gets |
 * | --- | --- |
 * | any with an error of undici or of the system beneath | the same class, name and code, such as `UND_ERR_SOCKET` or `ECONNREFUSED` |
 * | `CONNECT_TIMEOUT` | `UND_ERR_CONNECT_TIMEOUT` |
 * | `CONNECT_FAILED`, `CONNECTION_LOST`, `REFUSED` | `UND_ERR_SOCKET` |
 * | `ATTEMPT_TIMEOUT`, `DEADLINE_EXCEEDED` | `UND_ERR_HEADERS_TIMEOUT`, after the head of the reply `UND_ERR_BODY_TIMEOUT` |
 * | `BODY_TIMEOUT` | `UND_ERR_BODY_TIMEOUT` |
 * | `REPLY_TOO_LARGE` | `UND_ERR_RES_EXCEEDED_MAX_SIZE` |
 * | `NO_ENDPOINT` | `UND_ERR_BPL_MISSING_UPSTREAM` |
 * | `CLOSED` | `UND_ERR_CLOSED` |
 * | `INVALID_CALL` | `UND_ERR_INVALID_ARG` |
 * | `BODY_FAILED`, `ABORTED` | what the caller's own body threw; the caller's own reason |
 *
 * @param error what the mesh answers.
 * @param replied whether the head of the reply had come.
 */
export function toUndiciError(error: MeshError, replied: boolean): Error {
  const { cause, code, message } = error
  if ((code === 'BODY_FAILED' || code === 'ABORTED') && cause !== undefined && cause !== null) return cause as Error
  if (isKnown(cause) && !MeshError.is(cause)) return withCause(twin(cause, message), error)
  const counterpart = counterpartOf(error, replied)
  return counterpart === error ? error : withCause(counterpart, error)
}

/** A request that undici would not take either. */
export function invalidRequest(message: string, cause?: unknown): Error {
  const error = new errors.InvalidArgumentError(message)
  return cause === undefined ? error : withCause(error, cause)
}

function counterpartOf(error: MeshError, replied: boolean): Error {
  const { code, message } = error
  switch (code) {
    case 'CONNECT_TIMEOUT':
      return new errors.ConnectTimeoutError(message)
    case 'CONNECT_FAILED':
    case 'CONNECTION_LOST':
    case 'REFUSED':
      return new errors.SocketError(message)
    case 'ATTEMPT_TIMEOUT':
    case 'DEADLINE_EXCEEDED':
      return replied ? new errors.BodyTimeoutError(message) : new errors.HeadersTimeoutError(message)
    case 'BODY_TIMEOUT':
      return new errors.BodyTimeoutError(message)
    case 'REPLY_TOO_LARGE':
      return new errors.ResponseExceededMaxSizeError(message)
    case 'NO_ENDPOINT':
      return new errors.BalancedPoolMissingUpstreamError(message)
    case 'CLOSED':
      return new errors.ClientClosedError(message)
    case 'INVALID_CALL':
      return new errors.InvalidArgumentError(message)
    case 'ABORTED':
      return new errors.RequestAbortedError(message)
    default:
      return error
  }
}

/** Whether programs tell it from others: by its code or, where undici's parser has no code for what it saw, by its name. */
function isKnown(error: unknown): error is Error {
  return error instanceof Error && (typeof (error as { code?: unknown }).code === 'string' || error.name === 'HTTPParserError')
}

/** The same kind of error with other words. The original is not touched: it is the cause of the mesh's error, and may be shared. */
function twin(original: Error, message: string): Error {
  const copy: Error = Object.setPrototypeOf(new Error(message), Object.getPrototypeOf(original))
  const { stack: _, message: __, cause: ___, ...rest } = Object.getOwnPropertyDescriptors(original)
  return Object.defineProperties(copy, rest as PropertyDescriptorMap)
}

/** As an option of the constructor it would be lost: undici's errors take none. */
function withCause(error: Error, cause: unknown): Error {
  return Object.defineProperty(error, 'cause', { value: cause, writable: true, enumerable: false, configurable: true })
}
