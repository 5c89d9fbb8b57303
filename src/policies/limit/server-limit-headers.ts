import { type ReplyHeaders, replyHeader } from '../../call/header-list.ts'
import { resetMs } from '../../call/pushback.ts'

/** What a server says of its own rate limit. */
export interface StatedLimit {
  /** Calls that it still takes. */
  readonly remaining: number
  /** When it takes more again, in milliseconds from now. */
  readonly resetMs: number
}

const number = /^\d+(?:\.\d+)?$/

/**
 * Reads what a server says of its own rate limit. Known are, first one first: `RateLimit` with `r` and `t` (the present draft of the IETF;
 * of several policies the one that has least left) or with `remaining` and `reset` (an earlier one), `RateLimit-Remaining` with
 * `RateLimit-Reset`, and `X-RateLimit-Remaining` with `X-RateLimit-Reset`, whose reset is in seconds, or a time since the epoch. What cannot
 * be read is passed over.
 *
 * @param headers of a reply.
 * @param wallTime milliseconds since the epoch.
 * @returns `undefined` when it says nothing.
 */
export function statedLimit(headers: ReplyHeaders, wallTime: number): StatedLimit | undefined {
  const combined = replyHeader(headers, 'ratelimit')
  return (
    (combined === undefined ? undefined : tightest(combined, wallTime)) ??
    pair(replyHeader(headers, 'ratelimit-remaining'), replyHeader(headers, 'ratelimit-reset'), wallTime) ??
    pair(replyHeader(headers, 'x-ratelimit-remaining'), replyHeader(headers, 'x-ratelimit-reset'), wallTime)
  )
}

function tightest(text: string, wallTime: number): StatedLimit | undefined {
  const old = pair(/\bremaining\s*=\s*(\d+)/.exec(text)?.[1], /\breset\s*=\s*(\d+)/.exec(text)?.[1], wallTime)
  if (old !== undefined) return old
  let least: StatedLimit | undefined
  for (const policy of text.split(',')) {
    const stated = pair(/;\s*r=(\d+)/.exec(policy)?.[1], /;\s*t=(\d+)/.exec(policy)?.[1], wallTime)
    if (stated !== undefined && (least === undefined || stated.remaining < least.remaining)) least = stated
  }
  return least
}

function pair(remaining: string | undefined, reset: string | undefined, wallTime: number): StatedLimit | undefined {
  const trimmed = remaining?.trim()
  const ms = resetMs(reset, wallTime)
  return trimmed === undefined || !number.test(trimmed) || ms === undefined ? undefined : { remaining: Number(trimmed), resetMs: ms }
}
