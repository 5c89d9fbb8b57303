import type { Fleet } from './fleet.ts'
import type { Protocol } from './server-mode.ts'

/** Something that happens to the fleet. */
export interface ScenarioEvent {
  /** When, as a share of the run. */
  readonly at: number
  /** What, for the picture. */
  readonly label: string
  readonly run: (fleet: Fleet) => void | Promise<void>
}

/** What must hold for our mesh; a claim that is left out is not made. */
export interface Claims {
  /** Smallest share of the calls that may be repeated (GETs) that end well. */
  readonly success: number
  /** Smallest share of the calls that may not be repeated (POSTs) that end well: an instance that dies takes those that it holds with it. */
  readonly postSuccess: number
  /** Most times the healthy p99, while the fault lasts: once it was noticed, if `toEjectMs` is claimed, too. */
  readonly p99Times: number
  /** Most attempts for each call, the whole run over. */
  readonly amplification: number
  /** Longest time from the fault until the faulty endpoints get less than a fifth of their fair share, in milliseconds. */
  readonly toEjectMs?: number
  /** Longest time from the end of the fault until they get half of it again, in milliseconds. */
  readonly toReadmitMs?: number
}

/** A run against servers to which something happens. */
export interface Scenario {
  readonly name: string
  /** One sentence for the reader. */
  readonly title: string
  readonly protocol: Protocol
  /** The servers to which it happens. */
  readonly faulty: readonly number[]
  /** Begin and end of the fault, as shares of the run. */
  readonly fault: readonly [begin: number, end: number]
  readonly events: readonly ScenarioEvent[]
  /** Whether packets are dropped, for which a network of its own is needed. */
  readonly dropsPackets: boolean
  readonly claims: Claims
}

/** How many servers a fleet has. */
export const fleetSize = 6
