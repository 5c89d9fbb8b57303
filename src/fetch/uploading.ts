/** Whatever reads the caller's stream for a call; told how the call ends. */
export interface Uploading {
  /** The caller left: its stream is cancelled with `reason`, begun or not. */
  stop(reason: unknown): void
  /** The call failed: the same, but a stream that was not begun is left as it is, for another call. */
  abandon(reason: unknown): void
  /** The reply is there: nothing is sent again, and nothing needs to be kept for that. */
  settle(): void
}
