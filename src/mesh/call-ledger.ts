import type { CallCounts } from './snapshot.ts'

/** Counts the calls of one service, as long as it is part of the mesh. */
export class CallLedger {
  started = 0
  succeeded = 0
  failed = 0
  ignored = 0
  retried = 0

  /** Calls that have not ended. */
  get inFlight(): number {
    return this.started - this.succeeded - this.failed - this.ignored
  }

  /** The counts as plain data. */
  snapshot(): CallCounts {
    const { started, succeeded, failed, ignored, inFlight, retried } = this
    return { started, succeeded, failed, ignored, inFlight, retried }
  }
}
