import type { Call } from './call.ts'
import { contextKey } from './context-values.ts'

/** A fault that was put into an attempt to rehearse an outage. */
export interface InjectedFault {
  /** The number of the attempt. */
  readonly attempt: number
  /** What was done to it, in words. */
  readonly what: string
}

/** The faults that were put into the attempts of a call; empty for nearly every call. */
export const injectedFaults = contextKey<readonly InjectedFault[]>('injected faults', Object.freeze([]))

/** Notes that an attempt got a fault. */
export function noteFault(call: Call, fault: InjectedFault): void {
  call.context.set(injectedFaults, [...call.context.get(injectedFaults), fault])
}
