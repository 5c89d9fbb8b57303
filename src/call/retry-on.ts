import type { MeshErrorCode } from '../errors/mesh-error.ts'
import type { Attempt } from './attempt.ts'
import { defaultClassifier } from './default-classifier.ts'
import type { Outcome } from './outcome.ts'
import { type Classifier, verdicts } from './verdict.ts'

/**
 * What may be repeated, by the names that Envoy gave it:
 *
 * - `5xx`: a status from 500 to 599, and every case in which no answer came (`reset`, `connect-failure` and `refused-stream`);
 * - `gateway-error`: the statuses 502, 503 and 504;
 * - `reset`: no usable answer came, and the request may have been sent: the connection broke, the attempt took too long, or it was not HTTP;
 * - `connect-failure`: no connection could be had, so nothing was sent;
 * - `refused-stream`: the server says that it did not process the request (HTTP/2 REFUSED_STREAM or GOAWAY);
 * - `retriable-4xx`: the status 409;
 * - `rate-limited`: the status 429.
 */
export type RetryClass = '5xx' | 'gateway-error' | 'reset' | 'connect-failure' | 'refused-stream' | 'retriable-4xx' | 'rate-limited'

/** Tells whether an outcome may be repeated. */
export type RetryPredicate = (outcome: Outcome, attempt: Attempt) => boolean

/** A class, a single status such as `408`, or a predicate of your own. */
export type RetryOn = RetryClass | number | RetryPredicate

/** Every {@link RetryClass}. */
export const retryClasses: readonly RetryClass[] = Object.freeze([
  '5xx',
  'gateway-error',
  'reset',
  'connect-failure',
  'refused-stream',
  'retriable-4xx',
  'rate-limited',
])

const withoutAnswer: ReadonlySet<MeshErrorCode> = new Set(['CONNECTION_LOST', 'ATTEMPT_TIMEOUT', 'BODY_TIMEOUT', 'BAD_REPLY'])
const withoutConnection: ReadonlySet<MeshErrorCode> = new Set([
  'CONNECT_FAILED',
  'CONNECT_TIMEOUT',
  'QUEUE_FULL',
  'QUEUE_TIMEOUT',
  'CLOSED',
])

function isReset(outcome: Outcome): boolean {
  return !outcome.ok && withoutAnswer.has(outcome.error.code)
}

function isConnectFailure(outcome: Outcome): boolean {
  return !outcome.ok && withoutConnection.has(outcome.error.code)
}

function isRefusal(outcome: Outcome): boolean {
  return !outcome.ok && outcome.error.code === 'REFUSED'
}

function hasStatus(outcome: Outcome, from: number, to: number): boolean {
  return outcome.ok && outcome.reply.status >= from && outcome.reply.status <= to
}

const matchers: Readonly<Record<RetryClass, (outcome: Outcome) => boolean>> = {
  '5xx': (outcome) => hasStatus(outcome, 500, 599) || isReset(outcome) || isConnectFailure(outcome) || isRefusal(outcome),
  'gateway-error': (outcome) => hasStatus(outcome, 502, 504),
  reset: isReset,
  'connect-failure': isConnectFailure,
  'refused-stream': isRefusal,
  'retriable-4xx': (outcome) => hasStatus(outcome, 409, 409),
  'rate-limited': (outcome) => hasStatus(outcome, 429, 429),
}

function matcher(on: RetryOn): RetryPredicate {
  if (typeof on === 'function') return on
  return typeof on === 'number' ? (outcome) => hasStatus(outcome, on, on) : matchers[on]
}

/**
 * Makes the one judge of a service out of a list of what may be repeated. Whatever is not on the list is not repeated, also not at another
 * endpoint.
 *
 * Without a classifier of the service's own, what is on the list is a failure that may be repeated: always if it was never sent, and
 * otherwise if the call is idempotent; the rest is judged as {@link defaultClassifier} does. Beside a classifier of the service's own, that one
 * has the last word, and the list narrows it: what it calls a success, nobody's fault, or never to be repeated stays that.
 *
 * @param list see {@link RetryOn}.
 * @param own the service's own classifier, if it has one.
 */
export function judgeRetryOn(list: readonly RetryOn[], own?: Classifier): Classifier {
  const all = list.map(matcher)
  const isListed: RetryPredicate = (outcome, attempt) => all.some((matches) => matches(outcome, attempt))
  return (outcome, attempt) => {
    const verdict = (own ?? defaultClassifier)(outcome, attempt)
    const { kind } = verdict
    if (kind === 'ignored' || (own !== undefined && (kind === 'success' || verdict.retry === 'never'))) return verdict
    if (isListed(outcome, attempt)) {
      if (own !== undefined) return verdict
      return !outcome.ok && !outcome.error.facts.sent ? verdicts.retryAlways : verdicts.retryIfIdempotent
    }
    return kind === 'failure' ? verdicts.retryNever : verdict
  }
}
