import { type Classifier, verdicts } from './verdict.ts'

/** Statuses by which a gateway, or the server itself, says that it could not serve just now. */
function isGatewayError(status: number): boolean {
  return status === 502 || status === 503 || status === 504
}

/**
 * The judge that a service has unless it brings its own.
 *
 * - a status below 500 is a success: a 404 is an answer;
 * - 502, 503 and 504 are failures that may be repeated if the call is idempotent, other 5xx are failures that are not repeated;
 * - an attempt that was provably never processed is a failure that may always be repeated;
 * - a caller that left, or a request body that threw, is nobody's fault;
 * - every other error is a failure that may be repeated if the call is idempotent.
 */
export const defaultClassifier: Classifier = (outcome, _attempt) => {
  if (outcome.ok) {
    const { status } = outcome.reply
    if (status < 500) return verdicts.success
    return isGatewayError(status) ? verdicts.retryIfIdempotent : verdicts.retryNever
  }
  switch (outcome.error.code) {
    case 'ABORTED':
    case 'BODY_FAILED':
      return verdicts.ignored
    case 'INVALID_CALL':
    case 'UNKNOWN_SERVICE':
    case 'INTERNAL':
    case 'DEADLINE_EXCEEDED':
    case 'REPLY_TOO_LARGE':
      return verdicts.retryNever
    default:
      return outcome.error.facts.sent ? verdicts.retryIfIdempotent : verdicts.retryAlways
  }
}
