import type { Attempt } from '../../call/attempt.ts'
import { replyHeader } from '../../call/header-list.ts'
import type { Send } from '../../call/layer.ts'
import { failed, type Outcome, replied } from '../../call/outcome.ts'
import type { Reply } from '../../call/reply.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { ChosenFaults } from './chosen-faults.ts'
import { injectedCut, injectedRefusal, injectedReply, injectedReset, injectedTimeout } from './injected-fault.ts'
import { pause } from './pause.ts'
import { ShapedBody } from './shaped-body.ts'

/** A kind of fault, as events and spans name it. */
export type FaultKind = 'delay' | 'abort' | 'cut-body' | 'throttle'

/** Hears of each fault at the moment it takes hold. */
export type FaultListener = (kind: FaultKind, detail: string) => void

/** What faults are carried out with. */
export interface FaultMeans {
  /** Lets attempts wait. */
  readonly clock: Clock
  /** The longest that an attempt hangs which nobody ends, in milliseconds. */
  readonly maxDelayMs: number
}

/**
 * Makes an attempt with faults. First it waits, then it fails or goes to its server, then the body of its reply is spoiled.
 *
 * @param attempt the attempt.
 * @param faults what becomes of it.
 * @param next carries it to its server.
 * @param means see {@link FaultMeans}.
 * @param tell hears of each fault.
 */
export async function faultyAttempt(
  attempt: Attempt,
  faults: ChosenFaults,
  next: Send<Attempt>,
  means: FaultMeans,
  tell: FaultListener,
): Promise<Outcome> {
  const { delay, abort } = faults
  if (delay?.where === 'request') {
    tell('delay', `${Math.round(delay.ms)} ms`)
    const reason = await pause(delay.ms, means.clock, attempt.cancellation)
    if (reason !== undefined) return failed(reason)
  }
  if (abort !== undefined) tell('abort', String(abort))
  const outcome = abort === undefined ? await next(attempt) : await aborted(attempt, abort, means)
  if (!outcome.ok) return outcome
  const { reply } = outcome
  if (delay?.where === 'reply') {
    tell('delay', `${Math.round(delay.ms)} ms`)
    const reason = await pause(delay.ms, means.clock, attempt.cancellation)
    if (reason !== undefined) {
      reply.body.discard()
      return failed(reason)
    }
  }
  return abort === undefined ? shaped(attempt, outcome, faults, means, tell) : outcome
}

async function aborted(attempt: Attempt, abort: NonNullable<ChosenFaults['abort']>, { clock, maxDelayMs }: FaultMeans): Promise<Outcome> {
  if (typeof abort === 'number') return replied(injectedReply(abort, attempt.call.method))
  if (abort === 'reset') return failed(injectedReset(attempt))
  if (abort === 'refused') return failed(injectedRefusal(attempt))
  return failed((await pause(maxDelayMs, clock, attempt.cancellation)) ?? injectedTimeout(attempt, maxDelayMs))
}

function shaped(attempt: Attempt, outcome: Outcome & { ok: true }, faults: ChosenFaults, means: FaultMeans, tell: FaultListener): Outcome {
  const { reply } = outcome
  const length = lengthOf(reply)
  if (attempt.call.method === 'HEAD' || length === 0) return outcome
  const { cutAfterBytes, bytesPerSecond } = faults
  const cuts = cutAfterBytes !== undefined && cutAfterBytes < (length ?? Number.POSITIVE_INFINITY)
  if (!cuts && bytesPerSecond === undefined) return outcome
  if (cuts) tell('cut-body', `after ${cutAfterBytes} bytes`)
  if (bytesPerSecond !== undefined) tell('throttle', `${bytesPerSecond} bytes/s`)
  const shape = {
    cutAfterBytes: cuts ? cutAfterBytes : Number.POSITIVE_INFINITY,
    bytesPerSecond: bytesPerSecond ?? Number.POSITIVE_INFINITY,
  }
  const body = ShapedBody.over(reply.body, length, shape, means.clock, () => injectedCut(attempt, shape.cutAfterBytes))
  return replied({ ...reply, body })
}

/** How long the body is, if the reply says so or can have none. */
function lengthOf({ status, headers }: Reply): number | undefined {
  if (status === 204 || status === 205 || status === 304) return 0
  const announced = Number(replyHeader(headers, 'content-length') ?? Number.NaN)
  return Number.isNaN(announced) ? undefined : announced
}
