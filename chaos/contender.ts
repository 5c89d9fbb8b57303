import type { Fleet } from './fleet.ts'

/** One call of the load. */
export interface ChaosCall {
  /** Names the call; the server says it back. */
  readonly id: string
  readonly method: 'GET' | 'POST'
}

/** What came back. */
export interface ChaosReply {
  readonly status: number
  readonly text: string
}

/** Whoever makes the calls: our mesh, or one of those beside it. */
export interface Contender {
  /** Makes a call; throws when it cannot be answered, which includes two seconds without an answer. */
  call(call: ChaosCall): Promise<ChaosReply>
  /** Attempts so far by server, if it can tell. */
  attempts?(): readonly number[]
  /** Calls that it thinks are under way, if it can tell. */
  inFlight?(): number
  close(): Promise<void>
}

/** Starts a contender against a fleet. @throws NotHere when a part of it is not installed. */
export type StartContender = (fleet: Fleet) => Promise<Contender>

/** How long a call may take, in milliseconds. */
export const callTimeoutMs = 2_000
/** How long an attempt may take, in milliseconds. */
export const attemptTimeoutMs = 400
