import { type ReplyHeaders, replyHeader } from './header-list.ts'
import { type Classifier, verdicts } from './verdict.ts'

const decimal = /^\d+(?:\.\d+)?$/
const zone = /(?:[A-Z]{3}|[+-]\d{4})$/
const signed = /^-?\d+$/

/** From here on a number of seconds is a point in time: nobody asks to wait for thirty years. */
const firstEpochSecond = 1_000_000_000
const firstEpochMs = 1_000_000_000_000

/**
 * How long a reply asks not to be called again, in milliseconds from now.
 *
 * Read are, first one first: `grpc-retry-pushback-ms` (milliseconds; below 0 means never), `retry-after` (seconds, or an HTTP date) and, only
 * of a reply with status 429, since other replies carry them too, `ratelimit-reset` (seconds), `x-ratelimit-reset` (seconds, or seconds or
 * milliseconds since the epoch) and the `t` of `ratelimit`. What cannot be read is passed over.
 *
 * @param status of the reply.
 * @param headers of the reply.
 * @param wallTime milliseconds since the epoch.
 * @returns `undefined` when it asks for nothing, `Infinity` for never.
 */
export function pushbackMs(status: number, headers: ReplyHeaders, wallTime: number): number | undefined {
  const grpc = replyHeader(headers, 'grpc-retry-pushback-ms')
  if (grpc !== undefined && signed.test(grpc)) return Number(grpc) < 0 ? Number.POSITIVE_INFINITY : Number(grpc)
  const after = replyHeader(headers, 'retry-after')
  const afterMs = after === undefined ? undefined : retryAfterMs(after.trim(), wallTime)
  if (afterMs !== undefined || status !== 429) return afterMs
  return (
    resetMs(replyHeader(headers, 'ratelimit-reset'), wallTime) ??
    resetMs(replyHeader(headers, 'x-ratelimit-reset'), wallTime) ??
    resetMs(/;\s*t=(\d+)/.exec(replyHeader(headers, 'ratelimit') ?? '')?.[1], wallTime)
  )
}

function retryAfterMs(text: string, wallTime: number): number | undefined {
  // Whole seconds by the book; a fraction is meant as one, and to pass it over would be to come earlier than asked.
  if (decimal.test(text)) return Number(text) * 1_000
  // Date.parse reads nearly anything; a date has a month in letters. One that names no zone is in GMT, as the oldest form of HTTP's dates is.
  const at = /[A-Za-z]{3}/.test(text) ? Date.parse(zone.test(text) ? text : `${text} GMT`) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - wallTime)
}

/** Reads when a limit starts anew: seconds, or seconds or milliseconds since the epoch. It comes out in milliseconds from now. */
export function resetMs(text: string | undefined, wallTime: number): number | undefined {
  const trimmed = text?.trim()
  if (trimmed === undefined || !decimal.test(trimmed)) return undefined
  const value = Number(trimmed)
  if (value >= firstEpochMs) return Math.max(0, value - wallTime)
  return value >= firstEpochSecond ? Math.max(0, value * 1_000 - wallTime) : value * 1_000
}

/**
 * Makes a judge heed what servers say about when to come again: a failure that may be repeated says `notBeforeMs`, unless the judge has
 * said so itself. Who asks for more than a limit is not called again: to come earlier than asked would make things worse, and to wait so
 * long is of no use to the caller.
 *
 * @param judge the judge.
 * @param longestMs the longest wait that is heeded, in milliseconds.
 * @param clock tells the time of day, for dates.
 */
export function heedPushback(judge: Classifier, longestMs: number, clock: { wallTime(): number }): Classifier {
  return (outcome, attempt) => {
    const verdict = judge(outcome, attempt)
    if (!outcome.ok || verdict?.kind !== 'failure' || verdict.retry === 'never' || verdict.notBeforeMs !== undefined) return verdict
    const { status, headers } = outcome.reply
    const waitMs = pushbackMs(status, headers, clock.wallTime())
    if (waitMs === undefined) return verdict
    if (waitMs > longestMs) return verdict.soft === true ? verdicts.softNever : verdicts.retryNever
    return { ...verdict, notBeforeMs: waitMs }
  }
}
