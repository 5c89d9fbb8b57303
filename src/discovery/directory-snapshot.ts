/**
 * What a directory knows: `'unresolved'`, no answer yet; `'resolved'`, at least one endpoint; `'empty'`, the service is there and nobody
 * serves it; `'absent'`, there is no such service.
 */
export type DirectoryState = 'unresolved' | 'resolved' | 'empty' | 'absent'

/** What is known about where a service's endpoints come from, as plain data. */
export interface DirectorySnapshot {
  /** See {@link DirectoryState}. */
  readonly state: DirectoryState
  /** The name of the resolver. */
  readonly resolver: string
  /** How many endpoints there are. */
  readonly endpoints: number
  /** When the resolver gave the answer that is in use, in milliseconds since the epoch; `undefined` before the first one. */
  readonly answeredAt: number | undefined
  /** How old that answer is, in milliseconds. */
  readonly ageMs: number | undefined
  /** How often the resolver failed in a row; 0 when its last word was an answer. */
  readonly failures: number
  /** What it threw last, while it fails. */
  readonly lastError: string | undefined
  /** Whether an empty answer is held because it came suddenly. */
  readonly held: boolean
  /** Whether the endpoints are those of the snapshot file, because the resolver has not answered in this process. */
  readonly fromFile: boolean
}
