import type { FaultInjector } from '../policies/fault/fault-injector.ts'
import type { Mirror } from '../policies/mirror/mirror.ts'
import type { FaultSnapshot, MirrorSnapshot } from './snapshot.ts'

/** What a mirror tells of itself. */
export function mirrorSnapshot(mirror: Mirror | undefined): MirrorSnapshot | undefined {
  return mirror && { ...mirror.counts, to: mirror.to, inFlight: mirror.inFlight }
}

/** What faults tell of themselves. */
export function faultSnapshot(fault: FaultInjector | undefined): FaultSnapshot | undefined {
  return fault && { ...fault.counts, enabled: fault.enabled, allowed: fault.allowed, active: fault.active }
}
