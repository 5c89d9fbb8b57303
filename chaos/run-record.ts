/** One call of the load, and how it ended. */
export interface CallRecord {
  /** When it began, in milliseconds since the run did. */
  readonly at: number
  readonly method: 'GET' | 'POST'
  /** How long it took, in milliseconds. */
  readonly ms: number
  /** `undefined` when it was answered as it should be; else what came instead. */
  readonly wrong: string | undefined
}

/** A request that reached a server. */
export interface ArrivalRecord {
  readonly at: number
  readonly server: number
  readonly method: string
  readonly call: string
}

/** Attempts by server since the run began, as the contender counts them. */
export interface AttemptSample {
  readonly at: number
  readonly attempts: readonly number[]
}

/** Everything that was seen in a run of one scenario with one contender. Times are in milliseconds since the run began. */
export interface RunRecord {
  readonly scenario: string
  readonly contender: string
  readonly seed: number
  readonly durationMs: number
  readonly events: readonly { readonly at: number; readonly label: string }[]
  readonly calls: readonly CallRecord[]
  readonly arrivals: readonly ArrivalRecord[]
  /** None when the contender cannot tell. */
  readonly samples: readonly AttemptSample[]
  /** What was left a second after it was closed: connections at the servers, and calls that it thought under way before. */
  readonly left: { readonly connections: number; readonly inFlight: number }
}

/** What `run-one.ts` writes: a record, or why there is none. */
export type RunResult = RunRecord | { readonly notHere: string }
