/** `closed` admits, `open` refuses, `half-open` admits one probe that decides. */
export type CircuitState = 'closed' | 'open' | 'half-open'

/** What a circuit can be forced to be: `open` keeps everything away, `closed` nothing, `observe` only counts what it would have done. */
export type ForcedCircuit = 'open' | 'closed' | 'observe'

/** Why a circuit opened. */
export type CircuitReason = 'consecutive-failures' | 'failure-share' | 'slow-share' | 'probe-failed' | 'forced'

/** What is known about one circuit, as plain data. */
export interface CircuitSnapshot {
  /** Whether it admits. */
  readonly state: CircuitState
  /** What somebody outside forces it to be, if anything. */
  readonly forced: ForcedCircuit | undefined
  /** Whether it keeps anything away while it is not closed; otherwise it only counts. */
  readonly enforced: boolean
  /** Why it is not closed. */
  readonly reason: CircuitReason | undefined
  /** When it opened, in milliseconds since the Unix epoch; `undefined` while it is closed. */
  readonly since: number | undefined
  /** How long it stays open, in milliseconds; `undefined` unless it is open, `Infinity` while that is forced. */
  readonly retryAfterMs: number | undefined
  /** What ended within the window. */
  readonly calls: number
  /** How much of it failed. */
  readonly failures: number
  /** How much of it was slow. */
  readonly slow: number
  /** How often it opened. */
  readonly openings: number
  /** How often it would have opened, had that been enforced. */
  readonly unenforced: number
}

/** What is known about the circuit of a service. */
export interface ServiceCircuitSnapshot extends CircuitSnapshot {
  /** Calls that it refused. */
  readonly refused: number
  /** Calls that it would have refused, had that been enforced. */
  readonly unenforcedRefusals: number
}
