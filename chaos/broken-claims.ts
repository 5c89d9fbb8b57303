import type { Figures } from './figures.ts'
import type { Claims } from './scenario.ts'

/** Timers, and a busy machine, add this much to any p99, in milliseconds. */
const graceMs = 20

/**
 * Which claims a run does not keep.
 *
 * @returns a sentence for each.
 */
export function brokenClaims(figures: Figures, claims: Claims): string[] {
  const broken: string[] = []
  const least = (what: string, found: number, claimed: number): void => {
    if (found < claimed) broken.push(`${what}: at least ${claimed} claimed, ${found.toFixed(4)} found`)
  }
  const most = (what: string, found: number, claimed: number): void => {
    if (found > claimed) broken.push(`${what}: at most ${claimed} claimed, ${found.toFixed(2)} found`)
  }
  least('success of GETs', figures.success, claims.success)
  least('success of POSTs', figures.postSuccess, claims.postSuccess)
  most('p99 during the fault, against the healthy one', Math.max(0, figures.faultP99 - graceMs) / figures.healthyP99, claims.p99Times)
  most('attempts for each call', figures.amplification, claims.amplification)
  if (claims.toEjectMs !== undefined)
    most('ms until traffic left the faulty servers', figures.toEjectMs ?? Number.POSITIVE_INFINITY, claims.toEjectMs)
  if (claims.toReadmitMs !== undefined)
    most('ms until traffic came back', figures.toReadmitMs ?? Number.POSITIVE_INFINITY, claims.toReadmitMs)
  most('POSTs that were sent twice', figures.doubled, 0)
  most('connections left', figures.left.connections, 0)
  most('calls left in flight', figures.left.inFlight, 0)
  return broken
}
