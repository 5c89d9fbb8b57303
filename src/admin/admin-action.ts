import type { ForcedCircuit } from '../health/circuit-snapshot.ts'
import type { Duration } from '../runtime/duration.ts'

/** What can be done. */
export type AdminAction =
  | { readonly action: 'drain' | 'readmit'; readonly service: string; readonly endpoint: string }
  /** Without a `time`, until it is readmitted. */
  | { readonly action: 'eject'; readonly service: string; readonly endpoint: string; readonly time?: Duration }
  /** `free` lets the circuit go its own way again; without an `endpoint`, it is that of the service. */
  | { readonly action: 'circuit'; readonly service: string; readonly endpoint?: string; readonly state: ForcedCircuit | 'free' }
  /** A service that is split among versions: everything to the stable one, or on where it was. */
  | { readonly action: 'abort-split' | 'resume-split'; readonly service: string }
  | { readonly action: 'fault'; readonly service: string; readonly on: boolean }
